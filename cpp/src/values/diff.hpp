// The operations between two values at one path.
#pragma once

#include <string_view>

#include "statelink/patch.hpp"

namespace statelink {

/// Appends to `out` the operations that make `to` of `from`, both at `path`; see make_patch().
void diff(std::string_view path, value const& from, value const& to, patch& out);

}  // namespace statelink
