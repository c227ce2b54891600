// BaseVar and ComputedVar: what the name of a var in a state class is.
#include "computed/reading.hpp"
#include "runtime/client_record.hpp"
#include "turns/background.hpp"
#include "turns/var_object.hpp"
#include "values/ref.hpp"

namespace statelink::python {

namespace {

/// The store in which the view finds this var; null with an exception set.
store* var_store(var_object const* var, PyObject* object) {
  return is_asked_of_view(var, object) ? store_at(as_view(object), var->depth) : nullptr;
}

PyObject* base_var_get(PyObject* self, PyObject* object, PyObject*) {
  if (!object || object == Py_None) return Py_NewRef(self);
  var_object const* var = as_var(self);
  store* const s = var_store(var, object);
  if (!s) return nullptr;
  recorder::note(s, var->place);
  return Py_XNewRef(store_get(s, var->place));
}

bool fits(var_object const* var, PyObject* value) {
  if (var->definition == Py_None) return true;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(var->definition); ++i) {
    if (reinterpret_cast<PyObject*>(Py_TYPE(value)) == PyTuple_GET_ITEM(var->definition, i))
      return true;
  }
  return PyObject_IsInstance(value, var->definition) == 1;
}

int base_var_set(PyObject* self, PyObject* object, PyObject* value) {
  var_object const* var = as_var(self);
  if (is_view(object) && is_outside(as_view(object))) {
    raise_outside_block(as_view(object), var->name);
    return -1;
  }
  store* const s = var_store(var, object);
  if (!s) return -1;
  if (!value) {
    PyErr_Format(PyExc_AttributeError, "var %U cannot be deleted: assign a value", var->name);
    return -1;
  }
  if (!fits(var, value)) {
    if (!PyErr_Occurred()) {
      PyErr_Format(PyExc_TypeError, "%s.%U is declared %U: a value of type %s does not fit",
                   Py_TYPE(object)->tp_name, var->name, var->annotation, Py_TYPE(value)->tp_name);
    }
    return -1;
  }
  return store_set(s, var->place, value);
}

PyObject* var_repr(PyObject* self) {
  return PyUnicode_FromFormat("<%s %U>", Py_TYPE(self)->tp_name, as_var(self)->name);
}

PyObject* base_var_new(PyTypeObject* type, PyObject* args, PyObject*) {
  PyObject *name, *types, *annotation, *owner;
  Py_ssize_t depth, slot;
  if (!PyArg_ParseTuple(args, "UOUO!nn", &name, &types, &annotation, &PyType_Type, &owner, &depth,
                        &slot))
    return nullptr;
  return var_new(type, name, owner, types, annotation, depth, slot);
}

PyObject* base_var_annotation(PyObject* self, void*) { return Py_NewRef(as_var(self)->annotation); }
PyGetSetDef base_var_getset[] = {{"name", var_name, nullptr, nullptr, nullptr},
                                 {"owner", var_owner, nullptr, nullptr, nullptr},
                                 {"annotation", base_var_annotation, nullptr, nullptr, nullptr},
                                 {nullptr, nullptr, nullptr, nullptr, nullptr}};

/// reset(view): a fresh copy of the default.
PyObject* base_var_reset(PyObject* self, PyObject* object) {
  var_object const* var = as_var(self);
  if (is_view(object) && is_outside(as_view(object))) {
    raise_outside_block(as_view(object), var->name);
    return nullptr;
  }
  store* const s = var_store(var, object);
  if (!s || store_reset(s, var->place) < 0) return nullptr;
  Py_RETURN_NONE;
}
PyMethodDef base_var_methods[] = {{"reset", base_var_reset, METH_O, nullptr},
                                  {nullptr, nullptr, 0, nullptr}};

PyType_Slot base_var_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(var_dealloc)},
                                {Py_tp_traverse, reinterpret_cast<void*>(var_traverse)},
                                {Py_tp_clear, reinterpret_cast<void*>(var_clear)},
                                {Py_tp_descr_get, reinterpret_cast<void*>(base_var_get)},
                                {Py_tp_descr_set, reinterpret_cast<void*>(base_var_set)},
                                {Py_tp_repr, reinterpret_cast<void*>(var_repr)},
                                {Py_tp_new, reinterpret_cast<void*>(base_var_new)},
                                {Py_tp_getset, base_var_getset},
                                {Py_tp_methods, base_var_methods},
                                {0, nullptr}};
PyType_Spec base_var_spec = {"statelink._core.BaseVar", sizeof(var_object), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, base_var_slots};

PyObject* computed_var_get(PyObject* self, PyObject* object, PyObject*) {
  var_object const* var = as_var(self);
  if (!object || object == Py_None) return Py_NewRef(self);
  store* const s = var_store(var, object);
  if (!s) return nullptr;
  instance_values* const values = instance_values::of(s);
  computed_var const& of = values->cls().computed[var->place];
  PyObject* const value = values->computed(var->place, !as_view(object)->turn);
  if (value) {
    recorder::note(s, of.slot);
    return of.is_async ? ready_new(value) : Py_NewRef(value);
  }
  return PyErr_Occurred() ? nullptr : personal_value(as_view(object), *values, var->place);
}

int computed_var_set(PyObject* self, PyObject* object, PyObject*) {
  PyErr_Format(PyExc_AttributeError, "%s.%U is a computed var: change the vars that it reads",
               Py_TYPE(object)->tp_name, as_var(self)->name);
  return -1;
}

PyObject* computed_var_new(PyTypeObject* type, PyObject* args, PyObject*) {
  PyObject *name, *var_of, *owner;
  Py_ssize_t depth, index;
  if (!PyArg_ParseTuple(args, "UOO!nn", &name, &var_of, &PyType_Type, &owner, &depth, &index))
    return nullptr;
  return var_new(type, name, owner, var_of, nullptr, depth, index);
}

PyGetSetDef computed_var_getset[] = {{"name", var_name, nullptr, nullptr, nullptr},
                                     {"owner", var_owner, nullptr, nullptr, nullptr},
                                     {"definition", var_definition, nullptr, nullptr, nullptr},
                                     {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyType_Slot computed_var_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(var_dealloc)},
                                    {Py_tp_traverse, reinterpret_cast<void*>(var_traverse)},
                                    {Py_tp_clear, reinterpret_cast<void*>(var_clear)},
                                    {Py_tp_descr_get, reinterpret_cast<void*>(computed_var_get)},
                                    {Py_tp_descr_set, reinterpret_cast<void*>(computed_var_set)},
                                    {Py_tp_repr, reinterpret_cast<void*>(var_repr)},
                                    {Py_tp_new, reinterpret_cast<void*>(computed_var_new)},
                                    {Py_tp_getset, computed_var_getset},
                                    {0, nullptr}};
PyType_Spec computed_var_spec = {"statelink._core.ComputedVar", sizeof(var_object), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, computed_var_slots};

int add_type(PyObject* module, PyType_Spec& spec, char const* name) {
  ref const type = ref::take(PyType_FromSpec(&spec));
  return type ? PyModule_AddObjectRef(module, name, type.get()) : -1;
}

}  // namespace

int register_vars(PyObject* module) {
  if (add_type(module, base_var_spec, "BaseVar") < 0) return -1;
  return add_type(module, computed_var_spec, "ComputedVar");
}

}  // namespace statelink::python
