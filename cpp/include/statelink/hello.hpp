// What a client says first: docs/protocol.md, "hello".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "statelink/ids.hpp"

namespace statelink {

/// What a reconnecting client says of itself.
struct resume_request {
  std::string client_token;
  std::string secret;
  std::string boot;                     ///< the server's boot id that the client knows
  std::vector<instance_revision> have;  ///< what it holds
  event_id acked = 0;                   ///< every event up to this one was answered
};

struct hello_frame {
  std::string path = "/";  ///< of the page, with its query
  bool understands_append = false;
  bool understands_storage = false;  ///< keeps values for the server, and says them: `stored`
  std::optional<resume_request> resume;
};

}  // namespace statelink
