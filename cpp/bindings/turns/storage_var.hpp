// Vars that the client's browser keeps. Their values are in the client's own instance of the class,
// wherever the state is linked to, in a slot that does not travel; what the client sees is a
// personal computed var of the same name.
#pragma once

#include <Python.h>

namespace statelink::python {

/// Adds StorageVar to the module. 0, or -1 with an exception set.
int register_storage_vars(PyObject* module);

}  // namespace statelink::python
