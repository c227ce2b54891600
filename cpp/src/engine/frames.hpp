// The server's frames as whole WebSocket messages: framed once, sent as they are to everybody.
#pragma once

#include <string>

#include "wire/server_frames.hpp"
#include "wire/ws_frame.hpp"

namespace statelink {

/// Appends a text message whose payload `write` appends to `out`.
template <class Write>
void append_message(std::string& out, Write write) {
  std::size_t const mark = begin_frame(out);
  write();
  end_frame(out, mark);
}

}  // namespace statelink
