// The key of a WebSocket handshake (RFC 6455, section 4.2.2).
#pragma once

#include <string>
#include <string_view>

namespace statelink {

/// Whether `key` is the base64 text of 16 bytes, as Sec-WebSocket-Key must be.
bool is_websocket_key(std::string_view key) noexcept;

/// Sec-WebSocket-Accept, which answers `key`: proves that the server speaks WebSocket; no secret is
/// involved.
std::string websocket_accept(std::string_view key);

}  // namespace statelink
