#include "adopt.hpp"
#include "class_info.hpp"
#include "own_method.hpp"
#include "reassign.hpp"
#include "tracked.hpp"
#include "undo_log.hpp"

namespace statelink::python {

PyTypeObject* tracked_dict_type = nullptr;

namespace {

tracked_dict& of(PyObject* self) { return *reinterpret_cast<tracked_dict*>(self); }

bool begin(PyObject* self, place& at) {
  of(self).n.self = self;
  return begin_write(of(self).n, at);
}

/// -1 with an exception set; what is noted then is still right.
int note(tracked_dict& d, place const& at, PyObject* key, PyObject* before) {
  touch(at);
  if (is_unnoted(d.n, at)) return 0;
  return changes_of(d.n, at).note_key(key, before);
}

int put(PyObject* self, place const& at, PyObject* key, PyObject* value) {
  tracked_dict& d = of(self);
  ref const old = ref::share(PyDict_GetItemWithError(self, key));
  if (!old) {
    if (PyErr_Occurred()) return -1;
    bool const is_usual = !d.names && PyUnicode_CheckExact(key);
    if (!is_usual && admit_key(d, key, travels(at)) < 0) return -1;
  }
  if (is_scalar(value) && (!old || is_scalar(old.get()))) {
    if (old && same_scalar(old.get(), value)) return 0;
    return note(d, at, key, old.get()) < 0 ? -1 : PyDict_SetItem(self, key, value);
  }
  if (old) {
    if (old.get() == value) {
      int const opaque = is_opaque(value);
      if (opaque <= 0) return opaque;
    }
  }
  ref const item =
      ref::take(old ? succeed(d.n, old.get(), value, at, key, 0) : adopt(d.n, value, at, key, 0));
  if (!item) return -1;
  if (note(d, at, key, old.get()) < 0 || PyDict_SetItem(self, key, item.get()) < 0) {
    let_go(d.n, item.get());
    return -1;
  }
  if (old) release(d.n, old.get(), at);
  return 0;
}

int take_out(PyObject* self, place const& at, PyObject* key) {
  tracked_dict& d = of(self);
  ref const old = ref::share(PyDict_GetItemWithError(self, key));
  if (!old) {
    if (!PyErr_Occurred()) set_key_error(key);
    return -1;
  }
  if (note(d, at, key, old.get()) < 0 || PyDict_DelItem(self, key) < 0) return -1;
  forget_key(d, key);
  release(d.n, old.get(), at);
  return 0;
}

int assign_subscript(PyObject* self, PyObject* key, PyObject* value) {
  place at;
  if (!begin(self, at)) return -1;
  return value ? put(self, at, key, value) : take_out(self, at, key);
}

PyObject* none_if(int result) { return result < 0 ? nullptr : Py_NewRef(Py_None); }

PyObject* pop(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  if (count < 1 || count > 2)
    return PyErr_Format(PyExc_TypeError, "pop expected 1 or 2 arguments, got %zd", count);
  place at;
  if (!begin(self, at)) return nullptr;
  ref value = ref::share(PyDict_GetItemWithError(self, arguments[0]));
  if (!value) {
    if (PyErr_Occurred()) return nullptr;
    if (count == 2) return Py_NewRef(arguments[1]);
    set_key_error(arguments[0]);
    return nullptr;
  }
  return take_out(self, at, arguments[0]) < 0 ? nullptr : value.release();
}

PyObject* popitem(PyObject* self, PyObject*) {
  place at;
  if (!begin(self, at)) return nullptr;
  PyObject *key = nullptr, *value = nullptr;
  if (PyDict_GET_SIZE(self) == 0)
    return PyErr_Format(PyExc_KeyError, "popitem(): dictionary is empty");
  // The last item, found without walking: a reversed iterator starts there.
  ref const keys = ref::take(PyObject_CallMethod(self, "__reversed__", nullptr));
  ref const last = ref::take(keys ? PyIter_Next(keys.get()) : nullptr);
  if (!last) return nullptr;
  key = last.get();
  value = PyDict_GetItemWithError(self, key);
  if (!value) return nullptr;
  ref const item = ref::take(PyTuple_Pack(2, key, value));
  if (!item || take_out(self, at, key) < 0) return nullptr;
  return Py_NewRef(item.get());
}

PyObject* setdefault(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  if (count < 1 || count > 2) {
    return PyErr_Format(PyExc_TypeError, "setdefault expected 1 or 2 arguments, got %zd", count);
  }
  PyObject* found = PyDict_GetItemWithError(self, arguments[0]);
  if (found || PyErr_Occurred()) return Py_XNewRef(found);
  place at;
  if (!begin(self, at) || put(self, at, arguments[0], count == 2 ? arguments[1] : Py_None) < 0)
    return nullptr;
  return Py_XNewRef(PyDict_GetItemWithError(self, arguments[0]));
}

PyObject* clear(PyObject* self, PyObject*) {
  place at;
  if (!begin(self, at)) return nullptr;
  ref const keys = ref::take(PyDict_Keys(self));
  if (!keys) return nullptr;
  for (Py_ssize_t i = PyList_GET_SIZE(keys.get()); i-- > 0;) {
    if (take_out(self, at, PyList_GET_ITEM(keys.get(), i)) < 0) return nullptr;
  }
  return Py_NewRef(Py_None);
}

/// As dict.update: everything is read into a plain dict first, so that what is put is known before
/// anything changes.
int merge(PyObject* self, PyObject* arguments, PyObject* keywords) {
  place at;
  if (!begin(self, at)) return -1;
  ref const plain =
      ref::take(PyObject_Call(reinterpret_cast<PyObject*>(&PyDict_Type), arguments, keywords));
  if (!plain) return -1;
  PyObject *key, *value;
  for (Py_ssize_t i = 0; PyDict_Next(plain.get(), &i, &key, &value);) {
    if (put(self, at, key, value) < 0) return -1;
  }
  return 0;
}

PyObject* update(PyObject* self, PyObject* arguments, PyObject* keywords) {
  if (PyTuple_GET_SIZE(arguments) > 1) {
    return PyErr_Format(PyExc_TypeError, "update expected at most 1 argument, got %zd",
                        PyTuple_GET_SIZE(arguments));
  }
  return none_if(merge(self, arguments, keywords));
}

PyObject* or_in_place(PyObject* self, PyObject* other) {
  ref const arguments = ref::take(PyTuple_Pack(1, other));
  return arguments && merge(self, arguments.get(), nullptr) == 0 ? Py_NewRef(self) : nullptr;
}

int init(PyObject* self, PyObject* arguments, PyObject* keywords) {
  return merge(self, arguments, keywords);
}

/// Called by its name, the class makes a plain one (dataclasses.asdict does that).
PyObject* make_plain(PyTypeObject*, PyObject* arguments, PyObject* keywords) {
  return PyObject_Call(reinterpret_cast<PyObject*>(&PyDict_Type), arguments, keywords);
}

PyObject* reduce(PyObject* self, PyObject*) {
  PyObject* const plain = PyDict_Copy(self);
  return plain ? Py_BuildValue("O(N)", &PyDict_Type, plain) : nullptr;
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(of(self).names);
  if (int const stop = visit_objects(of(self).n, visit, arg)) return stop;
  return PyDict_Type.tp_traverse(self, visit, arg);
}

void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_TRASHCAN_BEGIN(self, dealloc) dispose(of(self).n);
  Py_CLEAR(of(self).names);
  PyDict_Type.tp_dealloc(self);
  Py_DECREF(type);
  Py_TRASHCAN_END
}

template <class Function>
PyCFunction as_method(Function f) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(f));
}

PyMethodDef methods[] = {own_method(PyDict_Type, "get"),
                         own_method(PyDict_Type, "keys"),
                         own_method(PyDict_Type, "items"),
                         own_method(PyDict_Type, "values"),
                         {"pop", as_method(pop), METH_FASTCALL, nullptr},
                         {"popitem", popitem, METH_NOARGS, nullptr},
                         {"setdefault", as_method(setdefault), METH_FASTCALL, nullptr},
                         {"clear", clear, METH_NOARGS, nullptr},
                         {"update", as_method(update), METH_VARARGS | METH_KEYWORDS, nullptr},
                         {"__reduce__", reduce, METH_NOARGS, nullptr},
                         {"__reduce_ex__", reduce, METH_O, nullptr},
                         {}};

PyType_Slot slots[] = {
    {Py_tp_doc, const_cast<char*>("A dict in a var: a dict that notes its changes.")},
    {Py_tp_new, reinterpret_cast<void*>(make_plain)},
    {Py_tp_init, reinterpret_cast<void*>(init)},
    {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
    {Py_tp_methods, methods},
    {Py_mp_ass_subscript, reinterpret_cast<void*>(assign_subscript)},
    {Py_nb_inplace_or, reinterpret_cast<void*>(or_in_place)},
    {}};

PyType_Spec spec = {"statelink.TrackedDict", sizeof(tracked_dict), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};

}  // namespace

int init_tracked_dict(PyObject* module) {
  tracked_dict_type = reinterpret_cast<PyTypeObject*>(
      PyType_FromSpecWithBases(&spec, reinterpret_cast<PyObject*>(&PyDict_Type)));
  return tracked_dict_type ? PyModule_AddObjectRef(module, "TrackedDict",
                                                   reinterpret_cast<PyObject*>(tracked_dict_type))
                           : -1;
}

tracked_dict* new_tracked_dict(PyObject* source, place const& at) {
  static PyObject* const nothing = PyTuple_New(0);
  PyObject* const made = PyDict_Type.tp_new(tracked_dict_type, nothing, nullptr);
  if (!made) return nullptr;
  tracked_dict& d = of(made);
  d.n.self = made;
  d.n.kind = node_kind::dict;
  d.n.born = at.log ? at.log->stretch() : 0;
  if (source && PyDict_Update(made, source) < 0) {
    Py_DECREF(made);
    return nullptr;
  }
  return &d;
}

void restore_dict(tracked_dict& d, undo_log& log) {
  auto* const dict = reinterpret_cast<PyObject*>(&d);
  PyObject *key, *before;
  for (Py_ssize_t i = 0; d.n.changes->keys && PyDict_Next(d.n.changes->keys, &i, &key, &before);) {
    ref const now = ref::share(PyDict_GetItemWithError(dict, key));
    if (before == missing) {
      if (now) {
        PyDict_DelItem(dict, key);
        forget_key(d, key);
      }
    } else {
      take_back(d.n, before, key, 0, &log);
      if (!now) admit_key(d, key, false);
      PyDict_SetItem(dict, key, before);
    }
    if (now) let_go(d.n, now.get(), &log);
    PyErr_Clear();
  }
}

}  // namespace statelink::python
