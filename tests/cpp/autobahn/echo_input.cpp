// In place of cpp/src/net/websocket_input.cpp: a message is sent back as it came. All else, from the
// handshake to the close, is what the server does.
#include "net/websocket_connection.hpp"

namespace statelink {

void websocket_connection::take_input(ws_input const& input) {
  using kind = ws_input::kind;
  bool const is_message = input.what == kind::text || input.what == kind::binary;
  if (is_message && session_.at() < session::stage::closing) {
    push_control(input.what == kind::text ? ws_opcode::text : ws_opcode::binary, input.payload);
  } else {
    carry_out(session_.received(input, desk_.parser, desk_.now()));
  }
}

}  // namespace statelink
