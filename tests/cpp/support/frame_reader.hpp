// The receiving end of a server's WebSocket: bytes in any pieces become messages.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace statelink::test {

/// What the server sent is not what it may send.
struct protocol_violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class frame_reader {
 public:
  struct message {
    int opcode = 0;
    std::string payload;
  };

  void feed(std::string_view bytes) { buffer_ += bytes; }

  /// The next whole message, if there is one. Throws protocol_violation where the bytes are not an
  /// unmasked, unfragmented frame.
  std::optional<message> next() {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(buffer_[i]); };
    if (buffer_.size() < 2) return std::nullopt;
    if ((byte(0) & 0xF0) != 0x80) throw protocol_violation("fragmented, or reserved bits set");
    if (byte(1) & 0x80) throw protocol_violation("masked");
    std::size_t head = 2;
    std::size_t size = byte(1);
    if (size >= 126) {
      head = size == 126 ? 4 : 10;
      if (buffer_.size() < head) return std::nullopt;
      size = 0;
      for (std::size_t i = 2; i < head; ++i) size = size << 8 | byte(i);
    }
    if (buffer_.size() < head + size) return std::nullopt;
    message m{byte(0) & 0x0F, buffer_.substr(head, size)};
    buffer_.erase(0, head + size);
    return m;
  }

  /// Bytes of a message that is not whole yet.
  std::size_t pending() const noexcept { return buffer_.size(); }
  void clear() noexcept { buffer_.clear(); }

 private:
  std::string buffer_;
};

}  // namespace statelink::test
