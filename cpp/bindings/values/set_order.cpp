// The order in which clients hold a set, and the edits of it.
#include "list_edits.hpp"
#include "tracked.hpp"
#include "undo_log.hpp"

namespace statelink::python {
namespace {

bool push(set_order& order, PyObject* element) {
  ref const index = ref::take(PyLong_FromSsize_t(static_cast<Py_ssize_t>(order.items.size())));
  if (!index || PyDict_SetItem(order.index_of, element, index.get()) < 0) return false;
  order.items.push_back(element);
  return true;
}

// Adds what the set has beyond its order and takes out what it lacks: after the first use only
// where somebody went behind our back.
bool reconcile(set_order& order, PyObject* set) {
  for (std::size_t i = order.items.size(); i-- > 0;) {
    ref const element = ref::share(order.items[i]);
    int const has = PySet_Contains(set, element.get());
    if (has < 0) return false;
    if (has) continue;
    PyObject* const last = order.items.back();
    order.items.pop_back();
    if (i < order.items.size()) {
      order.items[i] = last;
      ref const index = ref::take(PyLong_FromSize_t(i));
      if (!index || PyDict_SetItem(order.index_of, last, index.get()) < 0) return false;
    }
    if (PyDict_DelItem(order.index_of, element.get()) < 0) return false;
  }
  ref const elements = ref::take(PySequence_List(set));
  if (!elements) return false;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(elements.get()); ++i) {
    PyObject* const element = PyList_GET_ITEM(elements.get(), i);
    int const has = PyDict_Contains(order.index_of, element);
    if (has < 0 || (!has && !push(order, element))) return false;
  }
  return true;
}

}  // namespace

void drop_order(tracked_set& s) noexcept {
  if (!s.order) return;
  set_order* const order = std::exchange(s.order, nullptr);
  Py_XDECREF(order->index_of);
  delete order;
}

set_order* order_of(tracked_set& s) {
  auto* const set = reinterpret_cast<PyObject*>(&s);
  if (!s.order) {
    PyObject* const index_of = PyDict_New();
    if (!index_of) return nullptr;
    s.order = new set_order{{}, index_of};
  }
  if (static_cast<Py_ssize_t>(s.order->items.size()) != PySet_GET_SIZE(set) &&
      !reconcile(*s.order, set)) {
    drop_order(s);
    return nullptr;
  }
  return s.order;
}

void restore_set(tracked_set& s, undo_log&) {
  auto* const set = reinterpret_cast<PyObject*>(&s);
  change_log& changes = *s.n.changes;
  if (!s.order) return;
  // The order of the last commit, then a set that has just these elements.
  if (!changes.whole) changes.collapse(s.order->items);
  ref const gone = ref::take(PySequence_List(set));
  drop_order(s);
  PyObject* const index_of = PyDict_New();
  if (!index_of || !gone) {
    Py_XDECREF(index_of);
    return PyErr_Clear();
  }
  s.order = new set_order{{}, index_of};
  for (PyObject* element : changes.image) {
    push(*s.order, element);
    PySet_Add(set, element);
  }
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(gone.get()); ++i) {
    PyObject* const element = PyList_GET_ITEM(gone.get(), i);
    if (PyDict_Contains(index_of, element) == 0) PySet_Discard(set, element);
  }
  PyErr_Clear();
}

}  // namespace statelink::python
