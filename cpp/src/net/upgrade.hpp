// Whether an HTTP request becomes a WebSocket session (RFC 6455, section 4.2; docs/protocol.md,
// "Transport").
#pragma once

#include <string>
#include <string_view>

#include "statelink/config.hpp"

namespace statelink {

inline constexpr std::string_view websocket_path = "/_statelink/ws";
inline constexpr std::string_view subprotocol = "statelink.v1.json";

/// The header fields that decide, empty where absent; lists that came in several fields are joined
/// by commas.
struct upgrade_request {
  bool is_get = false;
  bool is_http_1_1 = false;
  std::string_view connection;
  std::string_view upgrade;
  std::string_view version;    ///< Sec-WebSocket-Version
  std::string_view key;        ///< Sec-WebSocket-Key
  std::string_view protocols;  ///< Sec-WebSocket-Protocol
  std::string_view origin;
  std::string_view host;
};

struct upgrade_verdict {
  unsigned status = 101;  ///< 101, or an HTTP error
  std::string text;       ///< the whole response to 101, else a sentence for people
};

upgrade_verdict judge_upgrade(upgrade_request const& request, config const& limits);

/// Whether the comma-separated header `list` has `item`, in any case of letters.
bool list_has(std::string_view list, std::string_view item) noexcept;

}  // namespace statelink
