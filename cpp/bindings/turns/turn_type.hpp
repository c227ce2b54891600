// The Python type Turn: what views and the asyncio side ask of a turn.
#pragma once

#include <Python.h>

namespace statelink::python {

/// A new reference, or null with an exception set.
PyTypeObject* turn_type_new();

}  // namespace statelink::python
