// One operation done to a document, remembered so that it can be taken back.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "statelink/patch.hpp"

namespace statelink {

struct edit {
  /// What was done, where an `add` onto an existing member is a `replace`, and so is a move onto an
  /// ancestor.
  op_kind kind = op_kind::add;
  std::string path;              ///< in canonical form: `-` has become an index
  std::string from;              ///< move: likewise
  bool in_array = false;         ///< `path` names an element of an array
  std::optional<value> before;   ///< what was at `path` (append: not kept)
  std::size_t before_bytes = 0;  ///< append: the string's size before
};

/// Does `o` to `root`. When it fails, `root` is unchanged and `done` means nothing. Old values are
/// moved, not copied.
errc perform(value& root, op const& o, edit& done);

/// Takes back `done`. REQUIRES: it was the last edit of `root` that has not been taken back.
void take_back(value& root, edit&& done);

}  // namespace statelink
