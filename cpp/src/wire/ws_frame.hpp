// WebSocket frames that the server writes (RFC 6455): unmasked, one frame per message, so the same
// bytes go to everyone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace statelink {

enum class ws_opcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA,
};

/// Close codes of docs/protocol.md.
enum class close_code : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  binary_refused = 1003,
  not_utf8 = 1007,
  too_big = 1009,
  restart = 1012,
  overload = 1013,
  bad_frame = 4400,
  no_hello = 4408,
  superseded = 4409,
};

/// Begins a text frame at the end of `out`: whatever is appended next is its payload. Returns the
/// mark for end_frame.
std::size_t begin_frame(std::string& out);
/// Ends the frame that begins at `mark`: writes its header (2, 4 or 10 bytes) right before the
/// payload. What was appended after begin_frame moves by a few bytes, so offsets into the frame are
/// only good afterwards.
void end_frame(std::string& out, std::size_t mark);

/// A whole frame. REQUIRES for ping and pong: at most 125 bytes.
void append_frame(std::string& out, ws_opcode opcode, std::string_view payload);
/// A close frame; `reason` is cut to the 123 bytes that fit. Code 0: a close frame without a code.
void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason);

/// Applies the mask `key` to `size` bytes, the first of which is byte `offset` of the frame's
/// payload.
void unmask(char* bytes, std::size_t size, std::uint8_t const (&key)[4],
            std::size_t offset) noexcept;

/// Whether a peer may send this close code: those of RFC 6455 and its registry, and 3000 to 4999.
constexpr bool may_be_sent(std::uint16_t code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

}  // namespace statelink
