// Whose pages may connect: a browser says where its page comes from, and lets any page try.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace statelink {

/// Whether a request with this Origin and this Host header may be upgraded: it has no Origin (no
/// browser), its origin is the host that it asks, or it is in `allowed` (scheme://host[:port], or
/// "*" for all). A scheme's usual port may be written or not.
bool may_connect(std::string_view origin, std::string_view host,
                 std::vector<std::string> const& allowed);

}  // namespace statelink
