// How values get under a node: plain containers as tracked copies, objects in place, nodes that are
// owned elsewhere as copies.
#pragma once

#include <Python.h>

#include "node.hpp"

namespace statelink::python {

/// What is to stand in `parent` for `value`: a new reference, already owned by `parent`; or null
/// with an exception set and nothing changed. `fresh`: it will be encoded whole at the next commit.
/// May run code of the user's (copying objects).
PyObject* adopt(node& parent, PyObject* value, place const& at, PyObject* key, Py_ssize_t index,
                bool fresh = true);

/// A tracked copy that nobody owns (or the value itself where it cannot change). Null with an
/// exception set.
PyObject* detached_copy(PyObject* value);

/// copy.deepcopy.
PyObject* deep_copy(PyObject* value);

/// Whether `value` is exactly a str, int, float or bool, or None: never tracked, taken as it is.
inline bool is_scalar(PyObject* value) noexcept {
  PyTypeObject* const type = Py_TYPE(value);
  return type == &PyUnicode_Type || type == &PyLong_Type || type == &PyFloat_Type ||
         type == &PyBool_Type || value == Py_None;
}

/// Whether both are scalars of the same type and equal: one in the other's place changes nothing.
bool same_scalar(PyObject* a, PyObject* b) noexcept;

int init_adopt();

}  // namespace statelink::python
