// Whether a value in the place of another changes anything that travels. A user's __eq__ is never
// asked about what is tracked.
#pragma once

#include <Python.h>

#include "class_info.hpp"
#include "node.hpp"

namespace statelink::python {

enum class sameness { failed = -1, differs, keep, renew };
/// Same type and equal encoding: `keep` the old one, or `renew`: objects inside are other
/// instances, which must go in.
sameness compare(PyObject* old, PyObject* value, place const& at);

/// While one is alive, attributes of an object are compared that goes in as it is: a set in it
/// would bring another order than clients have, and counts as different.
class open_object {
 public:
  open_object() noexcept;
  open_object(open_object const&) = delete;
  open_object& operator=(open_object const&) = delete;
  ~open_object();
};

bool is_kind(PyObject* value, value_kind kind);
/// Whether nothing inside `n` has changed since the last commit, as far as that is cheap to know.
bool is_clean(node const& n, place const& at);
/// Whether every element of a set is found by value and type alike: 1 and True are one element, but
/// two texts.
bool are_plain_elements(PyObject* set);

}  // namespace statelink::python
