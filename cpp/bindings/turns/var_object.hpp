// What the descriptors of vars have in common: BaseVar, ComputedVar (vars.cpp), StorageVar
// (storage_var.cpp).
#pragma once

#include <Python.h>

#include <cstddef>

#include "turns/view.hpp"

namespace statelink::python {

struct var_object {
  PyObject_HEAD PyObject* name;
  PyObject* owner;  ///< the state class
  PyObject*
      definition;  ///< BaseVar: tuple of types that a value may have, or None; else the Python
                   ///< object of the var
  PyObject* annotation;  ///< BaseVar: text, for messages; else null
  std::size_t depth;     ///< of the store in a view
  std::size_t place;     ///< ComputedVar: among the class's computed vars; else the store's slot
};

inline var_object* as_var(PyObject* object) noexcept {
  return reinterpret_cast<var_object*>(object);
}

/// A new var of a type with these slots; takes references of its own, `annotation` may be null. Null
/// with an exception set.
PyObject* var_new(PyTypeObject* type, PyObject* name, PyObject* owner, PyObject* definition,
                  PyObject* annotation, Py_ssize_t depth, Py_ssize_t place);
void var_dealloc(PyObject* self);
int var_traverse(PyObject* self, visitproc visit, void* arg);
int var_clear(PyObject* self);
PyObject* var_name(PyObject* self, void*);
PyObject* var_owner(PyObject* self, void*);
PyObject* var_definition(PyObject* self, void*);

/// Whether a var is asked of a view; else with an exception set.
bool is_asked_of_view(var_object const* var, PyObject* object);

/// Adds BaseVar and ComputedVar to the module. 0, or -1 with an exception set.
int register_vars(PyObject* module);

}  // namespace statelink::python
