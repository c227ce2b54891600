// RFC 6901 pointers: the text, and the place in a document that it names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "statelink/patch.hpp"

namespace statelink {

/// Where an operation acts.
struct place {
  value* parent = nullptr;  ///< the container; null for the root
  std::string key;          ///< parent is an object: the member's name
  std::size_t index = 0;    ///< parent is an array: the element's index, at most its size
  value* target = nullptr;  ///< what is there; null when nothing is (yet)

  bool in_array() const noexcept { return parent != nullptr && parent->is_array(); }
};

/// Finds the place that `pointer` names in `root`. Fails when the way to it does not exist.
errc locate(value& root, std::string_view pointer, place& out);

/// `pointer` without its last token. REQUIRES: not the root.
inline std::string_view parent_of(std::string_view pointer) noexcept {
  return pointer.substr(0, pointer.rfind('/'));
}

/// Whether `inner` names something inside `outer`, not `outer` itself. For pointers in canonical
/// form (without `-`).
inline bool is_inside(std::string_view inner, std::string_view outer) noexcept {
  return inner.size() > outer.size() && inner[outer.size()] == '/' && inner.starts_with(outer);
}

/// Appends "/" and the escaped token.
void append_token(std::string& pointer, std::string_view key);
void append_token(std::string& pointer, std::size_t index);

}  // namespace statelink
