// Reads a client's WebSocket frames out of the bytes of its socket (RFC 6455). No I/O in here.
//
// The bytes belong to a buffer that all connections share: a message that is complete in it is
// unmasked there and given out as a view; only what is incomplete is kept per connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "wire/utf8.hpp"
#include "wire/ws_frame.hpp"

namespace statelink {

/// What a client said: a message, a control frame, or a breach of the rules.
struct ws_input {
  enum class kind : std::uint8_t {
    more,    ///< nothing complete: more bytes are needed
    text,    ///< `payload` is a whole message, valid UTF-8
    binary,  ///< `payload` is a whole message
    ping,
    pong,
    close,  ///< `code`, 0 where it said none; `payload` is the reason. Nothing follows.
    error,  ///< the connection must be failed with `code`; `payload` is a sentence. Nothing
            ///< follows.
  };
  kind what = kind::more;
  std::string_view
      payload;  ///< good until the next call of next(), while the bytes given to it are
  std::uint16_t code = 0;
};

class ws_reader {
 public:
  /// `message_bytes`: size of the largest message that is taken.
  explicit ws_reader(std::size_t message_bytes) : message_bytes_(message_bytes) {}

  /// Takes the next input out of `bytes`, whose front moves past what was used; call it until it
  /// gives `more`, which has used everything. The bytes are changed (unmasked). After `close` or
  /// `error` it uses up everything and gives `more`.
  ws_input next(std::span<char>& bytes);

 private:
  /// Completes header_ from `bytes`; false while it is incomplete.
  bool read_header(std::span<char>& bytes);
  /// Judges the header that is complete: an error, or `more` where the payload may be read.
  ws_input begin_payload();
  ws_input read_data(std::span<char>& bytes);
  ws_input read_control(std::span<char>& bytes);
  ws_input read_close(std::string_view payload);
  ws_input fail(close_code code, std::string_view sentence);

  bool fin() const noexcept { return (header_[0] & 0x80) != 0; }
  auto opcode() const noexcept { return static_cast<ws_opcode>(header_[0] & 0x0F); }
  bool is_control() const noexcept { return (header_[0] & 0x08) != 0; }
  /// Unmasks up to `payload_left_` of the first bytes and takes them off the front.
  std::string_view take_payload(std::span<char>& bytes);

  std::size_t message_bytes_;
  std::string message_;             // fragments of a message, or a frame that came in pieces
  std::uint64_t payload_size_ = 0;  // of the current frame
  std::uint64_t payload_left_ = 0;
  utf8_checker utf8_;
  std::uint8_t header_[14];
  std::uint8_t header_have_ = 0;
  std::uint8_t mask_[4];
  std::uint8_t control_have_ = 0;
  bool in_payload_ = false;
  bool in_message_ = false;  // the frames so far want a continuation
  bool is_text_ = false;     // the message is
  bool given_ = false;       // message_ was given out by the last call
  bool ended_ = false;
  char control_[125];
};

}  // namespace statelink
