// Unguessable names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace statelink {

/// `bytes` random bytes of the system, as text of [0-9a-zA-Z_-] with 6 bits a character.
std::string random_name(std::size_t bytes);

/// Compares in a time that does not tell where the texts differ.
bool same_secret(std::string_view a, std::string_view b) noexcept;

}  // namespace statelink
