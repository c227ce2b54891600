// The two pieces of JSON that our own writers need: strings and integers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace statelink {

/// Appends `text` as a JSON string, in quotes. Characters beyond ASCII stay as they are. REQUIRES:
/// valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

void append_json_integer(std::string& out, std::uint64_t number);

}  // namespace statelink
