// Methods of the built-in containers, for the native subclasses.
#pragma once

#include <Python.h>

#include <string_view>

namespace statelink::python {

/// A method as a built-in type has it. The interpreter calls a method quickly where it is of the
/// object's own class: ours name the usual ones again.
inline PyMethodDef own_method(PyTypeObject const& of, std::string_view name) noexcept {
  PyMethodDef* method = of.tp_methods;
  while (method->ml_name != name) ++method;
  return *method;
}

}  // namespace statelink::python
