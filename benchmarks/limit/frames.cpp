#include "limit/frames.hpp"

#include "limit/sha1.hpp"

namespace statelink::benchmarks {
namespace {

std::string base64_of_digest(std::array<std::uint8_t, 20> const& digest) {
  constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < 21; i += 3) {
    auto const byte = [&](std::size_t k) { return k < 20 ? unsigned{digest[k]} : 0U; };
    unsigned const three = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (unsigned shift : {18U, 12U, 6U, 0U}) text += letters[three >> shift & 63];
  }
  text.back() = '=';
  return text;
}

}  // namespace

std::string accept_reply(std::string_view key) {
  std::string const seed = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         base64_of_digest(sha1(seed)) + "\r\n\r\n";
}

void append_counter(std::uint64_t n, std::string& out) {
  std::string const digits = std::to_string(n);
  out += '\x81';
  out += static_cast<char>(digits.size() + 6);
  out += "{\"c\":";
  out += digits;
  out += '}';
}

int take_messages(std::string& bytes) {
  constexpr std::uint8_t close = 8;
  int count = 0;
  std::size_t done = 0;
  for (;;) {
    auto const* const u = reinterpret_cast<std::uint8_t const*>(bytes.data()) + done;
    std::size_t const left = bytes.size() - done;
    if (left < 6) break;
    std::size_t size = u[1] & 127U;  // nobody sends us more than 64 KiB
    std::size_t head = 6;
    if (size == 126) {
      if (left < 8) break;
      size = std::size_t{u[2]} << 8 | u[3];
      head = 8;
    }
    if (left < head + size) break;
    if ((u[0] & 15U) == close) return -1;
    done += head + size;
    ++count;
  }
  bytes.erase(0, done);
  return count;
}

}  // namespace statelink::benchmarks
