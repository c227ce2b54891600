// Python integers that fit one machine word of CPython's own, read without a call.
#pragma once

#include <Python.h>

namespace statelink::python {

/// Whether `exact_int` (an exact int) is so small (at least 30 bits are) that its value is at hand.
inline bool is_small(PyObject* exact_int) noexcept {
#if PY_VERSION_HEX >= 0x030C0000
  return PyUnstable_Long_IsCompact(reinterpret_cast<PyLongObject*>(exact_int));
#else
  return static_cast<std::size_t>(Py_SIZE(exact_int) + 1) < 3;
#endif
}

/// REQUIRES: is_small.
inline Py_ssize_t small_value(PyObject* exact_int) noexcept {
#if PY_VERSION_HEX >= 0x030C0000
  return PyUnstable_Long_CompactValue(reinterpret_cast<PyLongObject*>(exact_int));
#else
  return Py_SIZE(exact_int) *
         static_cast<Py_ssize_t>(reinterpret_cast<PyLongObject*>(exact_int)->ob_digit[0]);
#endif
}

}  // namespace statelink::python
