// Dataclass and pydantic instances: their class's __setattr__ and __delattr__ are wrapped, the
// first time that the class is seen, by ones that look the instance up in the table of tracked
// objects and call what was there.
#include <Python.h>
#include <structmember.h>

#include <algorithm>

#include "adopt.hpp"
#include "object_attributes.hpp"
#include "reassign.hpp"
#include "tracked.hpp"
#include "undo_log.hpp"

namespace statelink::python {
namespace {

PyTypeObject* hook_type = nullptr;

/// Stands in a class's dict as `__setattr__` or `__delattr__`.
struct attribute_hook {
  PyObject_HEAD vectorcallfunc call;
  PyObject* original;  // strong
  bool is_plain;       // the original is object's own
  bool is_delete;
};

attribute_hook& hook_of(PyObject* self) { return *reinterpret_cast<attribute_hook*>(self); }

int note(object_node& n, place const& at, PyObject* name, PyObject* before) {
  touch(at);
  if (is_unnoted(n, at)) return 0;
  return changes_of(n, at).note_key(name, before);
}

/// Whether setting `name` does nothing but to put the value into the instance.
bool is_stored_plainly(PyObject* object, PyObject* name) {
  PyObject* const found = _PyType_Lookup(Py_TYPE(object), name);
  return !found || !Py_TYPE(found)->tp_descr_set || Py_TYPE(found) == &PyMemberDescr_Type;
}

/// object.__setattr__ and __delattr__, noted.
int write_plainly(object_node& n, place const& at, PyObject* name, PyObject* value) {
  ref const object = ref::share(n.self);
  attribute_place const here(n.self, *n.info, name);
  ref const before = ref::take(here.get());
  if (before && value) {
    if (is_scalar(before.get()) && is_scalar(value)) {
      if (here.set(value) < 0) return -1;
      return same_scalar(before.get(), value) ? 0 : note(n, at, name, before.get());
    }
    if (before.get() == value) {
      int const opaque = is_opaque(value);
      if (opaque <= 0) return opaque;
    }
  }
  held_node const held(n);
  ref item;
  if (value) {
    item = ref::take(before ? succeed(n, before.get(), value, at, name, 0)
                            : adopt(n, value, at, name, 0));
    if (!item) return -1;
  }
  if (PyObject_GenericSetAttr(n.self, name, item.get()) < 0 ||
      note(n, at, name, before.get()) < 0) {
    if (item) let_go(n, item.get());
    return -1;
  }
  if (before) release(n, before.get(), at);
  return 0;
}

ref find(std::vector<attribute> const& attributes, PyObject* name) {
  for (attribute const& a : attributes) {
    if (a.name.get() == name || PyUnicode_Compare(a.name.get(), name) == 0) return a.value;
  }
  return {};
}

/// Takes in what the class's own __setattr__ made of the instance. -1 with an exception set; the
/// attribute has its old value then.
int take_in(object_node& n, place const& at, PyObject* name, ref const& before, ref const& after) {
  ref item;
  if (after) {
    item = ref::take(before && before.get() != after.get()
                         ? succeed(n, before.get(), after.get(), at, name, 0)
                         : adopt(n, after.get(), at, name, 0));
    if (!item) {
      PyObject *type, *value, *trace;
      PyErr_Fetch(&type, &value, &trace);
      if (set_raw(n.self, *n.info, name, before.get()) < 0) PyErr_Clear();
      PyErr_Restore(type, value, trace);
      return -1;
    }
    if (item.get() != after.get() && set_raw(n.self, *n.info, name, item.get()) < 0) return -1;
  }
  if (note(n, at, name, before.get()) < 0) return -1;
  if (before) release(n, before.get(), at);
  return 0;
}

/// Runs a class's own way of setting or deleting (`write`, which gives a new reference or null),
/// which may do anything to the instance, and notes what it did.
template <class Write>
PyObject* write_through(object_node& n, place const& at, PyObject* name, PyObject* set,
                        Write write) {
  ref const object = ref::share(n.self);
  held_node const held(n);
  std::vector<attribute> before, after;
  if (read_attributes(n.self, *n.info, before) < 0) return nullptr;
  if (n.info->is_pydantic && !is_unnoted(n, at)) {
    change_log& changes = changes_of(n, at);
    if (!changes.fields_set) changes.fields_set = copy_fields_set(n.self);
  }
  n.busy = true;
  ref result = ref::take(write());
  n.busy = false;
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  bool failed = read_attributes(n.self, *n.info, after) < 0;
  // A value that nobody can see into counts as changed where it is set again.
  PyObject* const again = set && is_opaque(set) == 1 ? name : nullptr;
  for (attribute const& now : after) {
    if (failed) break;
    ref const was = find(before, now.name.get());
    bool const is_again =
        again && PyUnicode_Check(again) && PyUnicode_Compare(again, now.name.get()) == 0;
    if (was.get() == now.value.get() && !is_again) continue;
    if (was && same_scalar(was.get(), now.value.get())) continue;
    failed = take_in(n, at, now.name.get(), was, now.value) < 0;
  }
  for (attribute const& was : before) {
    if (failed) break;
    if (!find(after, was.name.get())) failed = take_in(n, at, was.name.get(), was.value, {}) < 0;
  }
  if (!failed) {
    PyErr_Clear();
    PyErr_Restore(type, value, trace);
    return result.release();
  }
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(trace);
  return nullptr;
}

PyObject* call_hook(PyObject* self, PyObject* const* arguments, std::size_t flags,
                    PyObject* keywords) {
  attribute_hook& hook = hook_of(self);
  Py_ssize_t const count = PyVectorcall_NARGS(flags);
  if (keywords || count != (hook.is_delete ? 2 : 3) || !PyUnicode_Check(arguments[1])) {
    return PyObject_Vectorcall(hook.original, arguments, flags, keywords);
  }
  PyObject *const object = arguments[0], *const name = arguments[1],
                  *const value = hook.is_delete ? nullptr : arguments[2];
  auto const write = [&] {
    // object's own, without the way over its wrapper.
    if (hook.is_plain)
      return PyObject_GenericSetAttr(object, name, value) < 0 ? nullptr : Py_NewRef(Py_None);
    return PyObject_Vectorcall(hook.original, arguments, flags, nullptr);
  };
  object_node* const n = find_object(object);
  if (!n || n->busy) return write();
  place at;
  if (!begin_write(*n, at)) return nullptr;
  if (hook.is_plain && is_stored_plainly(object, name)) {
    return write_plainly(*n, at, name, value) < 0 ? nullptr : Py_NewRef(Py_None);
  }
  return write_through(*n, at, name, value, write);
}

PyObject* bind(PyObject* self, PyObject* object, PyObject*) {
  return object ? PyMethod_New(self, object) : Py_NewRef(self);
}

/// Looks like what it wraps: __name__, __doc__, __wrapped__ and the like.
PyObject* get_attribute(PyObject* self, PyObject* name) {
  if (PyUnicode_CompareWithASCIIString(name, "__wrapped__") == 0)
    return Py_NewRef(hook_of(self).original);
  PyObject* const found = PyObject_GenericGetAttr(self, name);
  if (found || !PyErr_ExceptionMatches(PyExc_AttributeError)) return found;
  PyErr_Clear();
  return PyObject_GetAttr(hook_of(self).original, name);
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(hook_of(self).original);
  return 0;
}

int clear(PyObject* self) {
  Py_CLEAR(hook_of(self).original);
  return 0;
}

void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  clear(self);
  type->tp_free(self);
  Py_DECREF(type);
}

PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(attribute_hook, call), READONLY, nullptr}, {}};

PyType_Slot slots[] = {{Py_tp_descr_get, reinterpret_cast<void*>(bind)},
                       {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
                       {Py_tp_getattro, reinterpret_cast<void*>(get_attribute)},
                       {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
                       {Py_tp_clear, reinterpret_cast<void*>(clear)},
                       {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
                       {Py_tp_members, members},
                       {}};

PyType_Spec spec = {"statelink.AttributeHook", sizeof(attribute_hook), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                        Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                    slots};

int wrap(PyTypeObject* type, char const* name, bool is_delete) {
  ref const interned = ref::take(PyUnicode_InternFromString(name));
  ref const original =
      ref::take(PyObject_GetAttr(reinterpret_cast<PyObject*>(type), interned.get()));
  if (!original) return -1;
  if (Py_TYPE(original.get()) == hook_type) return 0;  // inherited from a class that is wrapped
  ref const own =
      ref::take(PyObject_GetAttr(reinterpret_cast<PyObject*>(&PyBaseObject_Type), interned.get()));
  auto* const hook = PyObject_GC_New(attribute_hook, hook_type);
  if (!own || !hook) return -1;
  hook->call = call_hook;
  hook->original = Py_NewRef(original.get());
  hook->is_plain = own.get() == original.get();
  hook->is_delete = is_delete;
  ref const held = ref::take(reinterpret_cast<PyObject*>(hook));
  PyObject_GC_Track(hook);
  // type's own: a metaclass is not asked. As an attribute and not as a slot: object.__setattr__
  // refuses classes with a slot of their own, and a subclass's super().__setattr__ would pass a
  // slot by.
  return PyType_Type.tp_setattro(reinterpret_cast<PyObject*>(type), interned.get(), held.get());
}

}  // namespace

int wrap_class(class_info& info) {
  if (wrap(info.type, "__setattr__", false) < 0 || wrap(info.type, "__delattr__", true) < 0)
    return -1;
  info.is_wrapped = true;
  return 0;
}

int init_tracked_object() {
  hook_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return hook_type ? 0 : -1;
}

void restore_object(object_node& n, undo_log& log) {
  PyObject *name, *before;
  for (Py_ssize_t i = 0; n.changes->keys && PyDict_Next(n.changes->keys, &i, &name, &before);) {
    PyObject* const wanted = before == missing ? nullptr : before;
    ref const now = ref::take(get_raw(n.self, *n.info, name));
    if (wanted) take_back(n, wanted, name, 0, &log);
    if (set_raw(n.self, *n.info, name, wanted) < 0) PyErr_Clear();
    if (now) let_go(n, now.get(), &log);
  }
  if (n.changes->fields_set) restore_fields_set(n.self, n.changes->fields_set);
}

}  // namespace statelink::python
