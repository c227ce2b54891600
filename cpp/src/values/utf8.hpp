// Whether text is UTF-8.
#pragma once

#include <string_view>

namespace statelink {

/// RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

}  // namespace statelink
