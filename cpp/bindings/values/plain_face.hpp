// Stores and undo logs as plain Python functions (`_values` in the extension module), for tests and
// experiments.
#pragma once

#include <Python.h>

namespace statelink::python {

/// 0, or -1 with an exception set.
int register_plain_face(PyObject* module);

}  // namespace statelink::python
