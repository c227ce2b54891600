// What becomes of what was read. A file of its own, so that the Autobahn echo server
// (tests/cpp/autobahn) can link another definition in its place.
#include "net/websocket_connection.hpp"

namespace statelink {

void websocket_connection::take_input(ws_input const& input) {
  carry_out(session_.received(input, desk_.parser, desk_.now()));
}

}  // namespace statelink
