#include <algorithm>

#include "adopt.hpp"
#include "class_info.hpp"
#include "list_edits.hpp"
#include "own_method.hpp"
#include "reassign.hpp"
#include "small_int.hpp"
#include "tracked.hpp"
#include "undo_log.hpp"

namespace statelink::python {

PyTypeObject* tracked_list_type = nullptr;

namespace {

PyObject* base_sort = nullptr;
/// The list that is being sorted: it is empty meanwhile, and must not be changed.
PyObject* sorting = nullptr;

tracked_list& of(PyObject* self) { return *reinterpret_cast<tracked_list*>(self); }

bool begin(PyObject* self, place& at) {
  if (self == sorting) {
    PyErr_SetString(PyExc_ValueError, "list modified during sort");
    return false;
  }
  of(self).n.self = self;
  return begin_write(of(self).n, at);
}

/// For values that adopting has put under the list, when they do not go in after all.
PyObject* give_up(PyObject* self, PyObject* adopted) {
  let_go(of(self).n, adopted);
  Py_DECREF(adopted);
  return nullptr;
}

int insert_at(PyObject* self, Py_ssize_t index, PyObject* value) {
  place at;
  if (!begin(self, at)) return -1;
  tracked_list& l = of(self);
  if (is_scalar(value) && index == PyList_GET_SIZE(self)) {
    if (PyList_Append(self, value) < 0) return -1;
    note_edit(l, at, list_change::insert, index, Py_NewRef(value), nullptr);
    return 0;
  }
  PyObject* const item = adopt(l.n, value, at, nullptr, index);
  if (!item) return -1;
  index = std::min(index, PyList_GET_SIZE(self));
  if (PyList_Insert(self, index, item) < 0) {
    give_up(self, item);
    return -1;
  }
  note_edit(l, at, list_change::insert, index, item, nullptr);
  return 0;
}

/// Takes item `index` out; new reference.
PyObject* take_out(PyObject* self, place const& at, Py_ssize_t index) {
  tracked_list& l = of(self);
  PyObject* const item = Py_NewRef(PyList_GET_ITEM(self, index));
  if (index == PyList_GET_SIZE(self) - 1) {
    Py_SET_SIZE(reinterpret_cast<PyVarObject*>(self),
                index);  // the reference that the list had goes to the log
    note_edit(l, at, list_change::remove, index, nullptr, item);
    release(l.n, item, at);
    return item;
  }
  if (PyList_SetSlice(self, index, index + 1, nullptr) < 0) {
    Py_DECREF(item);
    return nullptr;
  }
  note_edit(l, at, list_change::remove, index, nullptr, Py_NewRef(item));
  release(l.n, item, at);
  return item;
}

int set_at(PyObject* self, Py_ssize_t index, PyObject* value) {
  place at;
  if (!begin(self, at)) return -1;
  if (index < 0 || index >= PyList_GET_SIZE(self)) {
    PyErr_SetString(PyExc_IndexError, "list assignment index out of range");
    return -1;
  }
  if (!value) {
    ref const item = ref::take(take_out(self, at, index));
    return item ? 0 : -1;
  }
  tracked_list& l = of(self);
  PyObject* const present = PyList_GET_ITEM(self, index);
  if (is_scalar(present) && is_scalar(value)) {  // nobody's code runs
    if (same_scalar(present, value)) return 0;
    PyList_SET_ITEM(self, index, Py_NewRef(value));
    // The reference that the list had goes to the log.
    note_edit(l, at, list_change::set, index, Py_NewRef(value), present);
    return 0;
  }
  ref const old = ref::share(present);
  if (old.get() == value) {
    int const opaque = is_opaque(value);
    if (opaque <= 0) return opaque;
  }
  PyObject* const item = succeed(l.n, old.get(), value, at, nullptr, index);
  if (!item) return -1;
  if (index >= PyList_GET_SIZE(self) || PyList_GET_ITEM(self, index) != old.get()) {
    PyErr_SetString(PyExc_RuntimeError, "list changed while a value was copied into it");
    give_up(self, item);
    return -1;
  }
  PyList_SET_ITEM(self, index, item);
  Py_DECREF(old.get());
  note_edit(l, at, list_change::set, index, Py_NewRef(item), Py_NewRef(old.get()));
  release(l.n, old.get(), at);
  return 0;
}

int extend_by(PyObject* self, PyObject* iterable) {
  place at;
  if (!begin(self, at)) return -1;
  ref const items = ref::take(PySequence_List(iterable));
  if (!items) return -1;
  tracked_list& l = of(self);
  Py_ssize_t const start = PyList_GET_SIZE(self);
  Py_ssize_t const size = PyList_GET_SIZE(items.get());
  for (Py_ssize_t i = 0; i < size; ++i) {
    PyObject* const item = PyList_GET_ITEM(items.get(), i);
    if (is_scalar(item)) continue;
    PyObject* const adopted = adopt(l.n, item, at, nullptr, start + i);
    if (!adopted) {
      while (i-- > 0) let_go(l.n, PyList_GET_ITEM(items.get(), i));
      return -1;
    }
    PyList_SET_ITEM(items.get(), i, adopted);
    Py_DECREF(item);
  }
  Py_ssize_t const first = PyList_GET_SIZE(self);
  if (PyList_SetSlice(self, first, first, items.get()) < 0) {
    for (Py_ssize_t i = 0; i < size; ++i) let_go(l.n, PyList_GET_ITEM(items.get(), i));
    return -1;
  }
  note_appended(l, at, first);
  return 0;
}

int replace_range(PyObject* self, Py_ssize_t low, Py_ssize_t high, PyObject* iterable) {
  place at;
  if (!begin(self, at)) return -1;
  ref const items = ref::take(iterable ? PySequence_Tuple(iterable) : PyTuple_New(0));
  if (!items) {
    if (PyErr_ExceptionMatches(PyExc_TypeError))
      PyErr_SetString(PyExc_TypeError, "can only assign an iterable");
    return -1;
  }
  low = std::min(low, PyList_GET_SIZE(self));
  high = std::min(std::max(low, high), PyList_GET_SIZE(self));
  return edit_range(of(self), at, low, high, items.get());
}

/// Slices with a step other than 1.
int assign_stepped(PyObject* self, PyObject* slice, PyObject* value) {
  place at;
  if (!begin(self, at)) return -1;
  tracked_list& l = of(self);
  auto const base_assign = PyList_Type.tp_as_mapping->mp_ass_subscript;
  ref const removed = ref::take(PyList_Type.tp_as_mapping->mp_subscript(self, slice));
  if (!removed) return -1;
  ref items;
  if (value) {
    items = ref::take(PySequence_List(value));
    if (!items) return -1;
    if (PyList_GET_SIZE(items.get()) != PyList_GET_SIZE(removed.get()))
      return base_assign(self, slice, items.get());
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items.get()); ++i) {
      PyObject* const item = PyList_GET_ITEM(items.get(), i);
      PyObject* const adopted = adopt(l.n, item, at, nullptr, i);
      if (!adopted) {
        while (i-- > 0) let_go(l.n, PyList_GET_ITEM(items.get(), i));
        return -1;
      }
      PyList_SET_ITEM(items.get(), i, adopted);
      Py_DECREF(item);
    }
  }
  list_image const before(self);
  if (base_assign(self, slice, items.get()) < 0) {
    for (Py_ssize_t i = 0; items && i < PyList_GET_SIZE(items.get()); ++i)
      let_go(l.n, PyList_GET_ITEM(items.get(), i));
    return -1;
  }
  note_rearranged(l, at, before.items());
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(removed.get()); ++i)
    release(l.n, PyList_GET_ITEM(removed.get(), i), at);
  return 0;
}

/// list's own, with a shorter way for the usual index: the interpreter has one for exact lists only.
PyObject* subscript_of(PyObject* self, PyObject* subscript) {
  if (PyLong_CheckExact(subscript) && is_small(subscript)) {
    Py_ssize_t index = small_value(subscript);
    if (index < 0) index += PyList_GET_SIZE(self);
    if (index >= 0 && index < PyList_GET_SIZE(self)) return Py_NewRef(PyList_GET_ITEM(self, index));
  }
  return PyList_Type.tp_as_mapping->mp_subscript(self, subscript);
}

int assign_subscript(PyObject* self, PyObject* subscript, PyObject* value) {
  if (PyLong_CheckExact(subscript) && is_small(subscript)) {
    Py_ssize_t const index = small_value(subscript);
    return set_at(self, index < 0 ? index + PyList_GET_SIZE(self) : index, value);
  }
  if (PyIndex_Check(subscript)) {
    Py_ssize_t index = PyNumber_AsSsize_t(subscript, PyExc_IndexError);
    if (index == -1 && PyErr_Occurred()) return -1;
    if (index < 0) index += PyList_GET_SIZE(self);
    return set_at(self, index, value);
  }
  if (!PySlice_Check(subscript))
    return PyList_Type.tp_as_mapping->mp_ass_subscript(self, subscript, value);
  Py_ssize_t start, stop, step;
  if (PySlice_Unpack(subscript, &start, &stop, &step) < 0) return -1;
  if (step != 1) return assign_stepped(self, subscript, value);
  PySlice_AdjustIndices(PyList_GET_SIZE(self), &start, &stop, step);
  return replace_range(self, start, stop, value);
}

PyObject* none_if(int result) { return result < 0 ? nullptr : Py_NewRef(Py_None); }

PyObject* append(PyObject* self, PyObject* value) {
  return none_if(insert_at(self, PyList_GET_SIZE(self), value));
}

PyObject* extend(PyObject* self, PyObject* iterable) { return none_if(extend_by(self, iterable)); }

PyObject* insert(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  if (count != 2)
    return PyErr_Format(PyExc_TypeError, "insert expected 2 arguments, got %zd", count);
  Py_ssize_t index = PyNumber_AsSsize_t(arguments[0], nullptr);
  if (index == -1 && PyErr_Occurred()) return nullptr;
  Py_ssize_t const size = PyList_GET_SIZE(self);
  if (index < 0) index = std::max<Py_ssize_t>(0, index + size);
  return none_if(insert_at(self, std::min(index, size), arguments[1]));
}

PyObject* pop(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  if (count > 1)
    return PyErr_Format(PyExc_TypeError, "pop expected at most 1 argument, got %zd", count);
  Py_ssize_t index = -1;
  if (count == 1) {
    index = PyNumber_AsSsize_t(arguments[0], PyExc_IndexError);
    if (index == -1 && PyErr_Occurred()) return nullptr;
  }
  place at;
  if (!begin(self, at)) return nullptr;
  Py_ssize_t const size = PyList_GET_SIZE(self);
  if (size == 0) return PyErr_Format(PyExc_IndexError, "pop from empty list");
  if (index < 0) index += size;
  if (index < 0 || index >= size) return PyErr_Format(PyExc_IndexError, "pop index out of range");
  return take_out(self, at, index);
}

PyObject* remove(PyObject* self, PyObject* value) {
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(self); ++i) {
    ref const item = ref::share(PyList_GET_ITEM(self, i));
    int const equal = PyObject_RichCompareBool(item.get(), value, Py_EQ);
    if (equal < 0) return nullptr;
    if (!equal) continue;
    place at;
    if (!begin(self, at)) return nullptr;
    if (i >= PyList_GET_SIZE(self)) break;
    ref const taken = ref::take(take_out(self, at, i));
    return none_if(taken ? 0 : -1);
  }
  return PyErr_Format(PyExc_ValueError, "list.remove(x): x not in list");
}

PyObject* clear(PyObject* self, PyObject*) {
  return none_if(replace_range(self, 0, PyList_GET_SIZE(self), nullptr));
}

PyObject* reverse(PyObject* self, PyObject*) {
  place at;
  if (!begin(self, at)) return nullptr;
  list_image const before(self);
  if (PyList_Reverse(self) < 0) return nullptr;
  note_rearranged(of(self), at, before.items());
  return Py_NewRef(Py_None);
}

PyObject* sort(PyObject* self, PyObject* arguments, PyObject* keywords) {
  place at;
  if (!begin(self, at)) return nullptr;
  list_image const before(self);
  ref const with_self = ref::take(PyTuple_New(PyTuple_GET_SIZE(arguments) + 1));
  if (!with_self) return nullptr;
  PyTuple_SET_ITEM(with_self.get(), 0, Py_NewRef(self));
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(arguments); ++i) {
    PyTuple_SET_ITEM(with_self.get(), i + 1, Py_NewRef(PyTuple_GET_ITEM(arguments, i)));
  }
  PyObject* const outer = std::exchange(sorting, self);
  PyObject* const result = PyObject_Call(base_sort, with_self.get(), keywords);
  sorting = outer;
  // Also a sort that failed half-way has moved items.
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  note_rearranged(of(self), at, before.items());
  PyErr_Restore(type, value, trace);
  return result;
}

PyObject* add_in_place(PyObject* self, PyObject* iterable) {
  return extend_by(self, iterable) < 0 ? nullptr : Py_NewRef(self);
}

PyObject* repeat_in_place(PyObject* self, Py_ssize_t times) {
  if (times == 1) return Py_NewRef(self);
  if (times <= 0)
    return replace_range(self, 0, PyList_GET_SIZE(self), nullptr) < 0 ? nullptr : Py_NewRef(self);
  ref const more = ref::take(PySequence_Repeat(self, times - 1));
  return more ? add_in_place(self, more.get()) : nullptr;
}

int init(PyObject* self, PyObject* arguments, PyObject* keywords) {
  PyObject* iterable = nullptr;
  if (keywords && PyDict_GET_SIZE(keywords) != 0) {
    PyErr_SetString(PyExc_TypeError, "list() takes no keyword arguments");
    return -1;
  }
  if (!PyArg_UnpackTuple(arguments, "list", 0, 1, &iterable)) return -1;
  return replace_range(self, 0, PyList_GET_SIZE(self), iterable);
}

/// Called by its name, the class makes a plain one (dataclasses.asdict does that).
PyObject* make_plain(PyTypeObject*, PyObject* arguments, PyObject* keywords) {
  return PyObject_Call(reinterpret_cast<PyObject*>(&PyList_Type), arguments, keywords);
}

PyObject* reduce(PyObject* self, PyObject*) {
  PyObject* const plain = PyList_GetSlice(self, 0, PyList_GET_SIZE(self));
  return plain ? Py_BuildValue("O(N)", &PyList_Type, plain) : nullptr;
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  if (int const stop = visit_objects(of(self).n, visit, arg)) return stop;
  return PyList_Type.tp_traverse(self, visit, arg);
}

void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_TRASHCAN_BEGIN(self, dealloc) dispose(of(self).n);
  PyList_Type.tp_dealloc(self);
  Py_DECREF(type);
  Py_TRASHCAN_END
}

PyMethodDef methods[] = {
    own_method(PyList_Type, "count"),
    own_method(PyList_Type, "index"),
    {"append", append, METH_O, nullptr},
    {"extend", extend, METH_O, nullptr},
    {"insert", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(insert)), METH_FASTCALL,
     nullptr},
    {"pop", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(pop)), METH_FASTCALL,
     nullptr},
    {"remove", remove, METH_O, nullptr},
    {"clear", clear, METH_NOARGS, nullptr},
    {"reverse", reverse, METH_NOARGS, nullptr},
    {"sort", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(sort)),
     METH_VARARGS | METH_KEYWORDS, nullptr},
    {"__reduce__", reduce, METH_NOARGS, nullptr},
    {"__reduce_ex__", reduce, METH_O, nullptr},
    {}};

PyType_Slot slots[] = {
    {Py_tp_doc, const_cast<char*>("A list in a var: a list that notes its changes.")},
    {Py_tp_new, reinterpret_cast<void*>(make_plain)},
    {Py_tp_init, reinterpret_cast<void*>(init)},
    {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
    {Py_tp_methods, methods},
    {Py_sq_ass_item, reinterpret_cast<void*>(set_at)},
    {Py_sq_inplace_concat, reinterpret_cast<void*>(add_in_place)},
    {Py_sq_inplace_repeat, reinterpret_cast<void*>(repeat_in_place)},
    {Py_mp_subscript, reinterpret_cast<void*>(subscript_of)},
    {Py_mp_ass_subscript, reinterpret_cast<void*>(assign_subscript)},
    {}};

PyType_Spec spec = {"statelink.TrackedList", sizeof(tracked_list), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};

}  // namespace

int init_tracked_list(PyObject* module) {
  base_sort = PyObject_GetAttrString(reinterpret_cast<PyObject*>(&PyList_Type), "sort");
  if (!base_sort) return -1;
  tracked_list_type = reinterpret_cast<PyTypeObject*>(
      PyType_FromSpecWithBases(&spec, reinterpret_cast<PyObject*>(&PyList_Type)));
  return tracked_list_type ? PyModule_AddObjectRef(module, "TrackedList",
                                                   reinterpret_cast<PyObject*>(tracked_list_type))
                           : -1;
}

tracked_list* new_tracked_list(PyObject* source, place const& at) {
  static PyObject* const nothing = PyTuple_New(0);
  PyObject* const made = PyList_Type.tp_new(tracked_list_type, nothing, nullptr);
  if (!made) return nullptr;
  tracked_list& l = of(made);
  l.n.self = made;
  l.n.kind = node_kind::list;
  l.n.born = at.log ? at.log->stretch() : 0;
  if (source && PyList_SetSlice(made, 0, 0, source) < 0) {
    Py_DECREF(made);
    return nullptr;
  }
  return &l;
}

// Takes back before it lets go: a node that stays must not be without an owner in between.
void restore_list(tracked_list& l, undo_log& log) {
  auto* const list = reinterpret_cast<PyObject*>(&l);
  change_log const& changes = *l.n.changes;
  if (changes.whole) {
    list_image const now(list);
    ref const items = ref::take(PyList_New(static_cast<Py_ssize_t>(changes.image.size())));
    for (std::size_t i = 0; i < changes.image.size(); ++i) {
      PyList_SET_ITEM(items.get(), static_cast<Py_ssize_t>(i), Py_NewRef(changes.image[i]));
      take_back(l.n, changes.image[i], nullptr, static_cast<Py_ssize_t>(i), &log);
    }
    PyList_SetSlice(list, 0, PyList_GET_SIZE(list), items.get());
    for (PyObject* item : now.items()) let_go(l.n, item, &log);
    return;
  }
  for (auto edit = changes.edits.rbegin(); edit != changes.edits.rend(); ++edit) {
    if (edit->before) take_back(l.n, edit->before, nullptr, edit->index, &log);
    if (edit->what == list_change::remove) {
      PyList_Insert(list, edit->index, edit->before);
      continue;
    }
    if (edit->index >= PyList_GET_SIZE(list)) continue;  // somebody went behind our back
    ref const gone = ref::share(PyList_GET_ITEM(list, edit->index));
    if (edit->what == list_change::insert)
      PyList_SetSlice(list, edit->index, edit->index + 1, nullptr);
    else
      PyList_SetItem(list, edit->index, Py_NewRef(edit->before));
    let_go(l.n, gone.get(), &log);
  }
}

}  // namespace statelink::python
