// WebSocket frames (RFC 6455) as a client writes and reads them. Unfragmented frames only: no server
// that we measure sends others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace statelink::benchmarks {

enum class ws_opcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Appends one masked frame.
void append_masked(ws_opcode opcode, std::string_view payload, std::string& out);

struct ws_frame {
  ws_opcode opcode;
  std::string_view payload;
  std::size_t size;  ///< header included
};

/// Whether `bytes` begin with a whole frame, which `frame` then is.
bool next_frame(std::string_view bytes, ws_frame& frame) noexcept;

}  // namespace statelink::benchmarks
