// The values of the C++ API: JSON, as nlohmann/json holds it. The Python package has none of these.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace statelink {

/// nlohmann::json with its plain std::map: an object's members are in the order of their keys, not
/// of their insertion.
using value = nlohmann::json;

/// Whether two values are of one type and have one encoding: 1, 1.0 and true differ, so do 0.0 and
/// -0.0; an integer is one type, signed or not. All non-finite floats are the same. (operator==
/// says that 1 and 1.0 are equal.)
bool same(value const& a, value const& b) noexcept;

/// Makes `v` what the wire can say: a non-finite float becomes null. False, where `v` may have been
/// changed in part, when it has text (also a key) that is not UTF-8, or is or contains what is not
/// JSON (nlohmann's binary and discarded).
bool make_encodable(value& v);

/// Appends `v` as compact JSON. A non-finite float is null; what is not UTF-8 becomes U+FFFD.
void encode(value const& v, std::string& out);

}  // namespace statelink
