#include "turns/storage_var.hpp"

#include "computed/reading.hpp"
#include "runtime/client_record.hpp"
#include "runtime/runtime.hpp"
#include "turns/background.hpp"
#include "turns/turn.hpp"
#include "turns/var_object.hpp"

namespace statelink::python {

namespace {

bool is_view_of(var_object const* var, PyObject* object) {
  return is_asked_of_view(var, object) && is_usable(as_view(object));
}

class_no class_of(var_object const* var, view_object const* view) {
  state_class_record const* cls = view->cls;
  while (cls->depth > var->depth) cls = cls->parent.get();
  return view_runtime(view).class_number(*cls);
}

/// The client's own instance, for code that has a view; null with an exception set.
instance_values* own_values(var_object const* var, view_object* view) {
  client_record* const c = view_client(view, PyUnicode_AsUTF8(var->name));
  if (!c) return nullptr;
  runtime& run_by = view_runtime(view);
  class_no const cls = class_of(var, view);
  if (view->turn) return run_by.own_values(view->turn, cls);
  instance_values& own = run_by.own_values(*c, cls);
  if (run_by.is_readable(own)) return &own;
  if (view->reading) {
    reading_wait_for(reinterpret_cast<reading_object*>(view->reading), own);
  } else {
    raise_being_changed(view->background, own);
  }
  return nullptr;
}

PyObject* var_get(PyObject* self, PyObject* object, PyObject*) {
  if (!object || object == Py_None) return Py_NewRef(self);
  var_object const* var = as_var(self);
  if (!is_view_of(var, object)) return nullptr;
  instance_values* const own = own_values(var, as_view(object));
  if (!own) return nullptr;
  recorder::note(own->values(), var->place);
  return Py_XNewRef(store_get(own->values(), var->place));
}

/// `value` null: the default.
int set(var_object const* var, PyObject* object, PyObject* value) {
  if (!is_view_of(var, object)) return -1;
  view_object* const view = as_view(object);
  if (is_outside(view)) {
    raise_outside_block(view, var->name);
    return -1;
  }
  instance_values* const own = own_values(var, view);
  if (!own) return -1;
  return value ? store_set(own->values(), var->place, value)
               : store_reset(own->values(), var->place);
}

int var_set(PyObject* self, PyObject* object, PyObject* value) {
  var_object const* var = as_var(self);
  if (!value) {
    PyErr_Format(PyExc_AttributeError, "var %U cannot be deleted: assign a value", var->name);
    return -1;
  }
  if (!PyUnicode_Check(value)) {
    PyErr_Format(PyExc_TypeError,
                 "%s.%U is kept by the browser, as a str: a value of type %s does not fit",
                 Py_TYPE(object)->tp_name, var->name, Py_TYPE(value)->tp_name);
    return -1;
  }
  return set(var, object, value);
}

/// reset(view)
PyObject* method_reset(PyObject* self, PyObject* object) {
  var_object const* var = as_var(self);
  // A room that no client is at has none.
  bool const no_client = is_view(object) && as_view(object)->turn && as_view(object)->stores &&
                         !as_view(object)->client;
  if (!no_client && set(var, object, nullptr) < 0) return nullptr;
  Py_RETURN_NONE;
}

/// store(turn, value): None, or a future to await before asking again.
PyObject* method_store(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (count != 2 || !is_turn(args[0]) || !PyUnicode_Check(args[1])) {
    PyErr_SetString(PyExc_TypeError, "store(turn, value)");
    return nullptr;
  }
  var_object const* var = as_var(self);
  auto* const t = reinterpret_cast<turn_object*>(args[0]);
  if (t->state->over || !t->state->client) {
    PyErr_Format(PyExc_RuntimeError, "%s has no client", turn_handler(t));
    return nullptr;
  }
  runtime& run_by = *t->state->run_by;
  class_no const cls = run_by.class_number(var->owner);
  PyObject* const wait = cls ? run_by.enter_own(t, cls) : nullptr;
  if (wait != Py_None) return wait;
  running_turn const now(t);
  instance_values* const own = run_by.own_values(t, cls);
  if (!own || store_set(own->values(), var->place, args[1]) < 0) return nullptr;
  Py_RETURN_NONE;
}

PyObject* var_repr(PyObject* self) {
  return PyUnicode_FromFormat("<StorageVar %U>", as_var(self)->name);
}

PyObject* storage_var_new(PyTypeObject* type, PyObject* args, PyObject*) {
  PyObject *name, *definition, *owner;
  Py_ssize_t depth, slot;
  if (!PyArg_ParseTuple(args, "UOO!nn", &name, &definition, &PyType_Type, &owner, &depth, &slot))
    return nullptr;
  return var_new(type, name, owner, definition, nullptr, depth, slot);
}

PyGetSetDef getset[] = {{"name", var_name, nullptr, nullptr, nullptr},
                        {"definition", var_definition, nullptr, nullptr, nullptr},
                        {"owner", var_owner, nullptr, nullptr, nullptr},
                        {nullptr, nullptr, nullptr, nullptr, nullptr}};
PyMethodDef methods[] = {
    {"reset", method_reset, METH_O, nullptr},
    {"store", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(method_store)),
     METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr}};
PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(var_dealloc)},
                       {Py_tp_traverse, reinterpret_cast<void*>(var_traverse)},
                       {Py_tp_clear, reinterpret_cast<void*>(var_clear)},
                       {Py_tp_descr_get, reinterpret_cast<void*>(var_get)},
                       {Py_tp_descr_set, reinterpret_cast<void*>(var_set)},
                       {Py_tp_repr, reinterpret_cast<void*>(var_repr)},
                       {Py_tp_new, reinterpret_cast<void*>(storage_var_new)},
                       {Py_tp_getset, getset},
                       {Py_tp_methods, methods},
                       {0, nullptr}};
PyType_Spec spec = {"statelink._core.StorageVar", sizeof(var_object), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};

}  // namespace

int register_storage_vars(PyObject* module) {
  ref const type = ref::take(PyType_FromSpec(&spec));
  return type ? PyModule_AddObjectRef(module, "StorageVar", type.get()) : -1;
}

}  // namespace statelink::python
