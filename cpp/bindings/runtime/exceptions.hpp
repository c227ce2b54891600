// What the runtime does with exceptions of user code: takes them, keeps them, raises them again.
#pragma once

#include <Python.h>

#include "values/ref.hpp"

namespace statelink::python {

/// The set exception, normalised and cleared.
inline ref take_exception() {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  if (trace) PyException_SetTraceback(value, trace);
  Py_XDECREF(type);
  Py_XDECREF(trace);
  return ref::take(value);
}

inline void raise(ref const& error) {
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.get())), error.get());
}

}  // namespace statelink::python
