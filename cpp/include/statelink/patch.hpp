// Patches: RFC 6902 operations on a value, and one more that appends to a string.
//
// Pure functions on data; any thread. No exception leaves them but std::bad_alloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "statelink/error.hpp"
#include "statelink/value.hpp"

namespace statelink {

enum class op_kind : std::uint8_t {
  add,      ///< RFC 6902: inserts into an array, sets a member of an object
  replace,  ///< RFC 6902
  remove,   ///< RFC 6902
  move,     ///< RFC 6902: remove at `from`, then add at `path`
  append,   ///< ours (docs/protocol.md): appends `operand` to the string at `path`
};

/// One edit at a path.
struct op {
  op_kind kind = op_kind::add;
  std::string path;    ///< RFC 6901 text
  std::string from{};  ///< move only: RFC 6901 text
  value operand{};     ///< add, replace: the new value; append: a string
};

bool operator==(op const& a, op const& b) noexcept;

/// Operations that apply in order, all or none.
using patch = std::vector<op>;

/// The operations (add, replace, remove) that make `to` of `from`; none when they are the same().
/// Objects are compared by key. Arrays are trimmed of their common head and tail, and what is left
/// is compared element by element, the surplus removed or inserted: linear, but no search for moved
/// elements. A container is replaced as a whole where that is fewer bytes; an object at the root
/// never is.
patch make_patch(value const& from, value const& to);

/// Applies all operations, or none: where one fails, `target` is as it was before.
/// (Not `apply`: std::apply would be the better match for a patch that is not const.)
[[nodiscard]] errc apply_patch(value& target, patch const& operations);

/// The patch that leads back to `before` once `operations` have been applied to it; nothing when
/// they do not apply.
std::optional<patch> invert(value const& before, patch const& operations);

/// The RFC 6902 document.
value to_json(patch const& operations);

/// Reads an RFC 6902 document. Nothing when it is not one, or has `copy`, `test` or an unknown
/// operation. Members that RFC 6902 does not know are ignored; whether the paths exist is found by
/// apply_patch().
std::optional<patch> from_json(value const& document);

/// Appends the operation as one JSON object.
void encode(op const& o, std::string& out);

/// `key` as one reference token of an RFC 6901 pointer: ~ is ~0, / is ~1.
std::string escape(std::string_view key);

}  // namespace statelink
