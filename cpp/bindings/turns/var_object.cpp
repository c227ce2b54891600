#include "turns/var_object.hpp"

namespace statelink::python {

PyObject* var_new(PyTypeObject* type, PyObject* name, PyObject* owner, PyObject* definition,
                  PyObject* annotation, Py_ssize_t depth, Py_ssize_t place) {
  PyObject* const self = type->tp_alloc(type, 0);
  if (!self) return nullptr;
  var_object* const var = as_var(self);
  var->name = Py_NewRef(name);
  PyUnicode_InternInPlace(&var->name);
  var->owner = Py_NewRef(owner);
  var->definition = Py_NewRef(definition);
  var->annotation = Py_XNewRef(annotation);
  var->depth = static_cast<std::size_t>(depth);
  var->place = static_cast<std::size_t>(place);
  return self;
}

void var_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_CLEAR(as_var(self)->name);
  Py_CLEAR(as_var(self)->owner);
  Py_CLEAR(as_var(self)->definition);
  Py_CLEAR(as_var(self)->annotation);
  type->tp_free(self);
  Py_DECREF(type);
}

int var_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(as_var(self)->owner);
  Py_VISIT(as_var(self)->definition);
  Py_VISIT(Py_TYPE(self));
  return 0;
}

int var_clear(PyObject* self) {
  Py_CLEAR(as_var(self)->owner);
  Py_CLEAR(as_var(self)->definition);
  return 0;
}

PyObject* var_name(PyObject* self, void*) { return Py_NewRef(as_var(self)->name); }
PyObject* var_owner(PyObject* self, void*) { return Py_NewRef(as_var(self)->owner); }
PyObject* var_definition(PyObject* self, void*) { return Py_NewRef(as_var(self)->definition); }

bool is_asked_of_view(var_object const* var, PyObject* object) {
  if (is_view(object)) return true;
  PyErr_Format(PyExc_TypeError, "var %R is of a state, not of a %s", var->name,
               Py_TYPE(object)->tp_name);
  return false;
}

}  // namespace statelink::python
