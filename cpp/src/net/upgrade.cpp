#include "net/upgrade.hpp"

#include <algorithm>
#include <cctype>

#include "net/origin.hpp"
#include "wire/ws_handshake.hpp"

namespace statelink {
namespace {

bool same_letters(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view space = " \t";
  std::size_t const begin = std::min(text.find_first_not_of(space), text.size());
  return text.substr(begin, text.find_last_not_of(space) + 1 - begin);
}

}  // namespace

bool list_has(std::string_view list, std::string_view item) noexcept {
  while (!list.empty()) {
    std::size_t const comma = std::min(list.find(','), list.size());
    if (same_letters(trimmed(list.substr(0, comma)), item)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

upgrade_verdict judge_upgrade(upgrade_request const& r, config const& limits) {
  if (!r.is_get) return {405, "a WebSocket begins with GET"};
  if (!r.is_http_1_1 || !list_has(r.connection, "upgrade") || !list_has(r.upgrade, "websocket")) {
    return {426, "this address speaks WebSocket"};
  }
  if (r.version != "13") return {426, "the version of WebSocket is 13"};
  if (!is_websocket_key(r.key)) return {400, "Sec-WebSocket-Key is not a key"};
  if (!may_connect(r.origin, r.host, limits.allowed_origins))
    return {403, "pages of this origin may not connect"};
  if (!r.protocols.empty() && !list_has(r.protocols, subprotocol)) {
    return {400, "the subprotocol is " + std::string(subprotocol)};
  }
  std::string response =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: " +
      websocket_accept(r.key) + "\r\n";
  if (!r.protocols.empty())
    response += "Sec-WebSocket-Protocol: " + std::string(subprotocol) + "\r\n";
  return {101, response + "\r\n"};
}

}  // namespace statelink
