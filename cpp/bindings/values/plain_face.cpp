#include "plain_face.hpp"

#include "store.hpp"

namespace statelink::python {
namespace {

constexpr char layout_name[] = "statelink.layout";
constexpr char log_name[] = "statelink.undo_log";

using shared_layout = std::shared_ptr<layout const>;

PyObject* asked = nullptr;  // the Python function behind may_write

bool ask(store* s) {
  ref const answer = ref::take(PyObject_CallOneArg(asked, as_object(s)));
  return static_cast<bool>(answer);
}

store* store_in(PyObject* object) {
  store* const s = as_store(object);
  if (!s) PyErr_SetString(PyExc_TypeError, "not a store");
  return s;
}

undo_log* log_in(PyObject* object) {
  return static_cast<undo_log*>(PyCapsule_GetPointer(object, log_name));
}

PyObject* none_if(int result) { return result < 0 ? nullptr : Py_NewRef(Py_None); }

PyObject* make_layout(PyObject*, PyObject* specs) {
  ref const items = ref::take(PySequence_List(specs));
  if (!items) return nullptr;
  std::vector<slot_spec> slots;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
    char const* name;
    int travels, computed;
    PyObject* value;
    if (!PyArg_ParseTuple(PyList_GET_ITEM(items.get(), i), "sppO", &name, &travels, &computed,
                          &value))
      return nullptr;
    slots.push_back({name, travels != 0, computed != 0, ref::share(value)});
  }
  shared_layout made = layout_new(std::move(slots));
  if (!made) return nullptr;
  return PyCapsule_New(new shared_layout(std::move(made)), layout_name, [](PyObject* capsule) {
    delete static_cast<shared_layout*>(PyCapsule_GetPointer(capsule, layout_name));
  });
}

PyObject* make_store(PyObject*, PyObject* capsule) {
  auto* const shape = static_cast<shared_layout*>(PyCapsule_GetPointer(capsule, layout_name));
  return shape ? as_object(store_new(*shape)) : nullptr;
}

PyObject* make_log(PyObject*, PyObject*) {
  return PyCapsule_New(new undo_log, log_name, [](PyObject* capsule) {
    delete static_cast<undo_log*>(PyCapsule_GetPointer(capsule, log_name));
  });
}

template <void (undo_log::*Verb)(store*)>
PyObject* with_store(PyObject*, PyObject* arguments) {
  PyObject *capsule, *object;
  if (!PyArg_ParseTuple(arguments, "OO", &capsule, &object)) return nullptr;
  undo_log* const log = log_in(capsule);
  store* const s = log ? store_in(object) : nullptr;
  if (!s) return nullptr;
  (log->*Verb)(s);
  return Py_NewRef(Py_None);
}

template <void (undo_log::*Verb)()>
PyObject* with_log(PyObject*, PyObject* capsule) {
  undo_log* const log = log_in(capsule);
  if (!log) return nullptr;
  (log->*Verb)();
  return Py_NewRef(Py_None);
}

/// The store and slot that a call names, and a value where `value` is given.
store* parse(PyObject* arguments, std::size_t& slot, PyObject** value) {
  PyObject* object;
  Py_ssize_t number;
  if (!(value ? PyArg_ParseTuple(arguments, "OnO", &object, &number, value)
              : PyArg_ParseTuple(arguments, "On", &object, &number))) {
    return nullptr;
  }
  slot = static_cast<std::size_t>(number);
  return store_in(object);
}

PyObject* get(PyObject*, PyObject* arguments) {
  std::size_t slot;
  store* const s = parse(arguments, slot, nullptr);
  if (!s) return nullptr;
  PyObject* const value = store_get(s, slot);
  return value || PyErr_Occurred() ? Py_XNewRef(value) : Py_NewRef(Py_None);
}

PyObject* set(PyObject*, PyObject* arguments) {
  std::size_t slot;
  PyObject* value;
  store* const s = parse(arguments, slot, &value);
  return s ? none_if(store_set(s, slot, value)) : nullptr;
}

PyObject* reset(PyObject*, PyObject* arguments) {
  std::size_t slot;
  store* const s = parse(arguments, slot, nullptr);
  return s ? none_if(store_reset(s, slot)) : nullptr;
}

PyObject* set_computed(PyObject*, PyObject* arguments) {
  std::size_t slot;
  PyObject* value;
  store* const s = parse(arguments, slot, &value);
  int const result = s ? store_set_computed(s, slot, value) : -1;
  return result < 0 ? nullptr : PyBool_FromLong(result);
}

PyObject* slot_version(PyObject*, PyObject* arguments) {
  std::size_t slot;
  store* const s = parse(arguments, slot, nullptr);
  return s ? PyLong_FromUnsignedLongLong(store_slot_version(s, slot)) : nullptr;
}

PyObject* is_changed(PyObject*, PyObject* object) {
  store* const s = store_in(object);
  return s ? PyBool_FromLong(store_is_changed(s)) : nullptr;
}

PyObject* changed_slots(PyObject*, PyObject* object) {
  store* const s = store_in(object);
  if (!s) return nullptr;
  std::vector<std::size_t> slots;
  store_changed_slots(s, slots);
  ref list = ref::take(PyList_New(0));
  for (std::size_t slot : slots) {
    ref const number = ref::take(PyLong_FromSize_t(slot));
    if (!list || !number || PyList_Append(list.get(), number.get()) < 0) return nullptr;
  }
  return list.release();
}

PyObject* commit_ops(PyObject*, PyObject* arguments) {
  PyObject* object;
  int append_allowed;
  if (!PyArg_ParseTuple(arguments, "Op", &object, &append_allowed)) return nullptr;
  store* const s = store_in(object);
  std::string out;
  int const result = s ? store_commit_ops(s, out, append_allowed != 0) : -1;
  if (result < 0) return nullptr;
  return result ? PyBytes_FromStringAndSize(out.data(), static_cast<Py_ssize_t>(out.size()))
                : Py_NewRef(Py_None);
}

PyObject* snapshot(PyObject*, PyObject* object) {
  store* const s = store_in(object);
  std::string out;
  if (!s || store_encode_snapshot(s, out) < 0) return nullptr;
  return PyBytes_FromStringAndSize(out.data(), static_cast<Py_ssize_t>(out.size()));
}

PyObject* set_may_write(PyObject*, PyObject* function) {
  Py_XSETREF(asked, function == Py_None ? nullptr : Py_NewRef(function));
  may_write = asked ? ask : nullptr;
  return Py_NewRef(Py_None);
}

PyMethodDef functions[] = {
    {"layout", make_layout, METH_O, "layout([(name, travels, computed, default), ...])"},
    {"store", make_store, METH_O, "store(layout)"},
    {"log", make_log, METH_NOARGS, "log()"},
    {"enter", with_store<&undo_log::enter>, METH_VARARGS, "enter(log, store)"},
    {"leave", with_store<&undo_log::leave>, METH_VARARGS, "leave(log, store)"},
    {"discard", with_log<&undo_log::discard>, METH_O, "discard(log)"},
    {"rollback", with_log<&undo_log::rollback>, METH_O, "rollback(log)"},
    {"get", get, METH_VARARGS, "get(store, slot)"},
    {"set", set, METH_VARARGS, "set(store, slot, value)"},
    {"reset", reset, METH_VARARGS, "reset(store, slot)"},
    {"set_computed", set_computed, METH_VARARGS, "set_computed(store, slot, value) -> bool"},
    {"slot_version", slot_version, METH_VARARGS, "slot_version(store, slot) -> int"},
    {"is_changed", is_changed, METH_O, "is_changed(store) -> bool"},
    {"changed_slots", changed_slots, METH_O, "changed_slots(store) -> list[int]"},
    {"commit_ops", commit_ops, METH_VARARGS, "commit_ops(store, append_allowed) -> bytes | None"},
    {"snapshot", snapshot, METH_O, "snapshot(store) -> bytes"},
    {"set_may_write", set_may_write, METH_O, "set_may_write(function | None)"},
    {}};

PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_values", nullptr, -1, functions, nullptr, nullptr, nullptr, nullptr};

}  // namespace

int register_plain_face(PyObject* module) {
  ref const face = ref::take(PyModule_Create(&definition));
  return face ? PyModule_AddObjectRef(module, "_values", face.get()) : -1;
}

}  // namespace statelink::python
