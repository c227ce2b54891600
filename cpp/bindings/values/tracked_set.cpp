#include "tracked.hpp"

#include "counters.hpp"
#include "own_method.hpp"
#include "tracked_set.hpp"
#include "undo_log.hpp"

namespace statelink::python {

PyTypeObject* tracked_set_type = nullptr;

namespace {

PyObject* base_update = nullptr;
// set's own, without the search of the class that PySet_Add makes for subclasses.
PyCFunction base_add = nullptr, base_discard = nullptr;

tracked_set& of(PyObject* self) { return *reinterpret_cast<tracked_set*>(self); }

bool begin(PyObject* self, place& at) {
  of(self).n.self = self;
  of(self).n.kind = node_kind::set;
  // The order of the last commit must be known before the set differs from it.
  return begin_write(of(self).n, at) && order_of(of(self));
}

void note(tracked_set& s, place const& at, list_change::kind what, std::size_t index,
          PyObject* value, PyObject* before) {
  touch(at);
  if (is_unnoted(s.n, at)) return;
  change_log& log = changes_of(s.n, at);
  if (!log.note_edit(what, static_cast<Py_ssize_t>(index), Py_XNewRef(value), Py_XNewRef(before),
                     static_cast<Py_ssize_t>(s.order->items.size()))) {
    log.collapse(s.order->items);
  }
}

}  // namespace

int add_element(tracked_set& s, place const& at, PyObject* element) {
  auto* const set = reinterpret_cast<PyObject*>(&s);
  Py_ssize_t const size = PySet_GET_SIZE(set);
  ref const added = ref::take(base_add(set, element));
  if (!added) return -1;
  if (PySet_GET_SIZE(set) == size) return 0;
  std::size_t const index = s.order->items.size();
  push_element(*s.order, element);
  note(s, at, list_change::insert, index, element, nullptr);
  return 1;
}

int discard_element(tracked_set& s, place const& at, PyObject* element) {
  auto* const set = reinterpret_cast<PyObject*>(&s);
  // Sets look for an unhashable set as the frozenset of its elements.
  ref key = ref::share(element);
  if (Py_TYPE(element)->tp_hash == PyObject_HashNotImplemented && PySet_Check(element)) {
    key = ref::take(PyFrozenSet_New(element));
    if (!key) return -1;
  }
  Py_ssize_t const had = PySet_GET_SIZE(set);
  ref const discarded = ref::take(base_discard(set, key.get()));
  if (!discarded) return -1;
  if (PySet_GET_SIZE(set) == had) return 0;
  set_order& order = *s.order;
  Py_ssize_t const found = place_of_element(order, key.get());
  if (found < 0) return PyErr_Occurred() ? -1 : 1;
  auto const index = static_cast<std::size_t>(found);
  std::size_t const last = order.items.size() - 1;
  ref const moved = ref::share(order.items[last]);
  ref const gone = ref::take(take_element(order, index));
  // Two edits that only together lead from one order to the next: the log must not count in
  // between.
  touch(at);
  if (is_unnoted(s.n, at)) return 1;
  change_log& log = changes_of(s.n, at);
  auto const size = static_cast<Py_ssize_t>(last);
  if (index != last) {
    log.note_edit(list_change::set, static_cast<Py_ssize_t>(index), Py_NewRef(moved.get()),
                  Py_NewRef(gone.get()), size);
  }
  if (!log.note_edit(list_change::remove, size, nullptr,
                     Py_NewRef(index != last ? moved.get() : gone.get()), size)) {
    log.collapse(order.items);
  }
  return 1;
}

namespace {

PyObject* none_if(int result) { return result < 0 ? nullptr : Py_NewRef(Py_None); }

int add_all(PyObject* self, place const& at, PyObject* iterable) {
  ref const elements = ref::take(PySequence_List(iterable));
  if (!elements) return -1;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(elements.get()); ++i) {
    if (add_element(of(self), at, PyList_GET_ITEM(elements.get(), i)) < 0) return -1;
  }
  return 0;
}

int discard_all(PyObject* self, place const& at, PyObject* iterable) {
  ref const elements = ref::take(PySequence_List(iterable));
  if (!elements) return -1;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(elements.get()); ++i) {
    if (discard_element(of(self), at, PyList_GET_ITEM(elements.get(), i)) < 0) return -1;
  }
  return 0;
}

int keep_only(PyObject* self, place const& at, PyObject* iterable) {
  ref const kept = ref::take(PySet_New(iterable));
  ref const elements = ref::take(kept ? PySequence_List(self) : nullptr);
  if (!elements) return -1;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(elements.get()); ++i) {
    PyObject* const element = PyList_GET_ITEM(elements.get(), i);
    int const keep = PySet_Contains(kept.get(), element);
    if (keep < 0 || (!keep && discard_element(of(self), at, element) < 0)) return -1;
  }
  return 0;
}

int toggle_all(PyObject* self, place const& at, PyObject* iterable) {
  ref const other = ref::take(PySet_New(iterable));
  ref const elements = ref::take(other ? PySequence_List(other.get()) : nullptr);
  if (!elements) return -1;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(elements.get()); ++i) {
    PyObject* const element = PyList_GET_ITEM(elements.get(), i);
    int const had = discard_element(of(self), at, element);
    if (had < 0 || (!had && add_element(of(self), at, element) < 0)) return -1;
  }
  return 0;
}

using bulk_function = int (*)(PyObject*, place const&, PyObject*);

template <bulk_function Apply>
PyObject* apply_each(PyObject* self, PyObject* const* others, Py_ssize_t count) {
  place at;
  if (!begin(self, at)) return nullptr;
  for (Py_ssize_t i = 0; i < count; ++i) {
    if (Apply(self, at, others[i]) < 0) return nullptr;
  }
  return Py_NewRef(Py_None);
}

template <bulk_function Apply>
PyObject* apply_one(PyObject* self, PyObject* other) {
  place at;
  return begin(self, at) ? none_if(Apply(self, at, other)) : nullptr;
}

template <bulk_function Apply>
PyObject* apply_operator(PyObject* self, PyObject* other) {
  if (!PyAnySet_Check(other)) Py_RETURN_NOTIMPLEMENTED;
  ref const done = ref::take(apply_one<Apply>(self, other));
  return done ? Py_NewRef(self) : nullptr;
}

PyObject* add(PyObject* self, PyObject* element) {
  place at;
  return begin(self, at) ? none_if(add_element(of(self), at, element)) : nullptr;
}

PyObject* discard(PyObject* self, PyObject* element) {
  place at;
  return begin(self, at) ? none_if(discard_element(of(self), at, element)) : nullptr;
}

PyObject* remove(PyObject* self, PyObject* element) {
  place at;
  if (!begin(self, at)) return nullptr;
  int const had = discard_element(of(self), at, element);
  if (had == 0) set_key_error(element);
  return had == 1 ? Py_NewRef(Py_None) : nullptr;
}

PyObject* pop(PyObject* self, PyObject*) {
  place at;
  if (!begin(self, at)) return nullptr;
  if (of(self).order->items.empty()) return PyErr_Format(PyExc_KeyError, "pop from an empty set");
  PyObject* const element = Py_NewRef(of(self).order->items.back());
  if (discard_element(of(self), at, element) == 1) return element;
  Py_DECREF(element);
  return nullptr;
}

PyObject* clear(PyObject* self, PyObject*) {
  place at;
  return begin(self, at) ? none_if(discard_all(self, at, self)) : nullptr;
}

int init(PyObject* self, PyObject* arguments, PyObject* keywords) {
  PyObject* iterable = nullptr;
  if (keywords && PyDict_GET_SIZE(keywords) != 0) {
    PyErr_SetString(PyExc_TypeError, "set() takes no keyword arguments");
    return -1;
  }
  if (!PyArg_UnpackTuple(arguments, "set", 0, 1, &iterable)) return -1;
  place at;
  ref const wanted = ref::take(PySet_New(iterable));
  if (!wanted || !begin(self, at)) return -1;
  return keep_only(self, at, wanted.get()) < 0 ? -1 : add_all(self, at, wanted.get());
}

// Some of set's own methods would make an instance of this class; these give a plain set.

PyObject* copy(PyObject* self, PyObject*) { return PySet_New(self); }

template <binaryfunc PyNumberMethods::* Slot>
PyObject* plain_operator(PyObject* left, PyObject* right) {
  ref const plain =
      ref::take(Py_TYPE(left) == tracked_set_type ? PySet_New(left) : Py_NewRef(left));
  return plain ? (PySet_Type.tp_as_number->*Slot)(plain.get(), right) : nullptr;
}

PyObject* plain_method(PyObject* self, char const* name, PyObject* arguments) {
  ref const plain = ref::take(PySet_New(self));
  ref const method = ref::take(plain ? PyObject_GetAttrString(plain.get(), name) : nullptr);
  return method ? PyObject_CallObject(method.get(), arguments) : nullptr;
}
PyObject* union_of(PyObject* self, PyObject* others) { return plain_method(self, "union", others); }
PyObject* intersection(PyObject* self, PyObject* others) {
  return plain_method(self, "intersection", others);
}
PyObject* difference(PyObject* self, PyObject* others) {
  return plain_method(self, "difference", others);
}
PyObject* symmetric_difference(PyObject* self, PyObject* others) {
  return plain_method(self, "symmetric_difference", others);
}

/// As of a plain set: set's own would name this class.
PyObject* repr(PyObject* self) {
  ref const plain = ref::take(PySet_New(self));
  return plain ? PyObject_Repr(plain.get()) : nullptr;
}

/// Called by its name, the class makes a plain one (dataclasses.asdict does that).
PyObject* make_plain(PyTypeObject*, PyObject* arguments, PyObject* keywords) {
  return PyObject_Call(reinterpret_cast<PyObject*>(&PySet_Type), arguments, keywords);
}

PyObject* reduce(PyObject* self, PyObject*) {
  PyObject* const elements = PySequence_List(self);
  return elements ? Py_BuildValue("O(N)", &PySet_Type, elements) : nullptr;
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  if (set_order const* const order = of(self).order) {
    Py_VISIT(order->index_of);
    for (PyObject* element : order->items) Py_VISIT(element);
  }
  return PySet_Type.tp_traverse(self, visit, arg);
}

void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  Py_TRASHCAN_BEGIN(self, dealloc) dispose(of(self).n);
  drop_order(of(self));
  PySet_Type.tp_dealloc(self);
  Py_DECREF(type);
  Py_TRASHCAN_END
}

template <class Function>
PyCFunction as_method(Function f) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(f));
}

PyMethodDef methods[] = {
    {"add", add, METH_O, nullptr},
    {"discard", discard, METH_O, nullptr},
    {"remove", remove, METH_O, nullptr},
    {"pop", pop, METH_NOARGS, nullptr},
    {"clear", clear, METH_NOARGS, nullptr},
    {"update", as_method(apply_each<add_all>), METH_FASTCALL, nullptr},
    {"difference_update", as_method(apply_each<discard_all>), METH_FASTCALL, nullptr},
    {"intersection_update", as_method(apply_each<keep_only>), METH_FASTCALL, nullptr},
    {"symmetric_difference_update", apply_one<toggle_all>, METH_O, nullptr},
    {"copy", copy, METH_NOARGS, nullptr},
    {"union", union_of, METH_VARARGS, nullptr},
    {"intersection", intersection, METH_VARARGS, nullptr},
    {"difference", difference, METH_VARARGS, nullptr},
    {"symmetric_difference", symmetric_difference, METH_VARARGS, nullptr},
    {"__reduce__", reduce, METH_NOARGS, nullptr},
    {"__reduce_ex__", reduce, METH_O, nullptr},
    {}};

template <class Function>
void* slot_of(Function f) {
  return reinterpret_cast<void*>(f);
}

PyType_Slot slots[] = {
    {Py_tp_doc, const_cast<char*>("A set in a var: a set that notes its changes.")},
    {Py_tp_new, slot_of(make_plain)},
    {Py_tp_init, slot_of(init)},
    {Py_tp_repr, slot_of(repr)},
    {Py_tp_dealloc, slot_of(dealloc)},
    {Py_tp_traverse, slot_of(traverse)},
    {Py_tp_methods, methods},
    {Py_nb_inplace_or, slot_of(apply_operator<add_all>)},
    {Py_nb_inplace_and, slot_of(apply_operator<keep_only>)},
    {Py_nb_inplace_subtract, slot_of(apply_operator<discard_all>)},
    {Py_nb_inplace_xor, slot_of(apply_operator<toggle_all>)},
    {Py_nb_or, slot_of(plain_operator<&PyNumberMethods::nb_or>)},
    {Py_nb_and, slot_of(plain_operator<&PyNumberMethods::nb_and>)},
    {Py_nb_subtract, slot_of(plain_operator<&PyNumberMethods::nb_subtract>)},
    {Py_nb_xor, slot_of(plain_operator<&PyNumberMethods::nb_xor>)},
    {}};

PyType_Spec spec = {"statelink.TrackedSet", sizeof(tracked_set), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};

}  // namespace

int init_tracked_set(PyObject* module) {
  base_update = PyObject_GetAttrString(reinterpret_cast<PyObject*>(&PySet_Type), "update");
  if (!base_update) return -1;
  base_add = own_method(PySet_Type, "add").ml_meth;
  base_discard = own_method(PySet_Type, "discard").ml_meth;
  tracked_set_type = reinterpret_cast<PyTypeObject*>(
      PyType_FromSpecWithBases(&spec, reinterpret_cast<PyObject*>(&PySet_Type)));
  return tracked_set_type ? PyModule_AddObjectRef(module, "TrackedSet",
                                                  reinterpret_cast<PyObject*>(tracked_set_type))
                          : -1;
}

tracked_set* new_tracked_set(PyObject* source, place const& at) {
  static PyObject* const nothing = PyTuple_New(0);
  PyObject* const made = PySet_Type.tp_new(tracked_set_type, nothing, nullptr);
  if (!made) return nullptr;
  tracked_set& s = of(made);
  s.n.self = made;
  s.n.kind = node_kind::set;
  s.n.born = at.log ? at.log->stretch() : 0;
  ref const done =
      ref::take(source ? PyObject_CallFunctionObjArgs(base_update, made, source, nullptr)
                       : Py_NewRef(Py_None));
  // A copy keeps the order: clients may hold the pattern of a default in it.
  if (tracked_set* const original = done && source ? as_tracked_set(source) : nullptr;
      original && original->order) {
    s.order = new set_order;
    for (PyObject* element : original->order->items) push_element(*s.order, element);
  }
  if (!done || PyErr_Occurred()) {
    Py_DECREF(made);
    return nullptr;
  }
  return &s;
}

}  // namespace statelink::python
