// The order in which clients hold a set, and the edits of it.
#include "list_edits.hpp"
#include "tracked.hpp"
#include "undo_log.hpp"

namespace statelink::python {
namespace {

int set_index(set_order& order, PyObject* element, std::size_t index) {
  ref const number = ref::take(PyLong_FromSize_t(index));
  return number ? PyDict_SetItem(order.index_of, element, number.get()) : -1;
}

/// Elements are looked for by their place when one is taken out: what is only added costs nothing
/// here.
bool index_all(set_order& order) {
  if (!order.index_of && !(order.index_of = PyDict_New())) return false;
  for (; order.indexed < order.items.size(); ++order.indexed) {
    ref const element = ref::share(order.items[order.indexed]);
    if (set_index(order, element.get(), order.indexed) < 0) return false;
  }
  return true;
}

// Adds what the set has beyond its order and takes out what it lacks: after the first use only
// where somebody went behind our back.
bool reconcile(set_order& order, PyObject* set) {
  for (std::size_t i = order.items.size(); i-- > 0;) {
    ref const element = ref::share(order.items[i]);
    int const has = PySet_Contains(set, element.get());
    if (has < 0) return false;
    if (!has) Py_DECREF(take_element(order, i));
  }
  ref const elements = ref::take(PySequence_List(set));
  if (!elements) return false;
  bool const is_new = order.items.empty();
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(elements.get()); ++i) {
    PyObject* const element = PyList_GET_ITEM(elements.get(), i);
    if (!is_new) {
      if (place_of_element(order, element) >= 0) continue;
      if (PyErr_Occurred()) return false;
    }
    push_element(order, element);
  }
  return true;
}

}  // namespace

set_order::~set_order() {
  Py_XDECREF(index_of);
  for (PyObject* element : items) Py_DECREF(element);
}

void push_element(set_order& order, PyObject* element) {
  order.items.push_back(Py_NewRef(element));
}

Py_ssize_t place_of_element(set_order& order, PyObject* element) {
  if (!order.items.empty() && order.items.back() == element)
    return static_cast<Py_ssize_t>(order.items.size() - 1);
  if (!index_all(order)) return -1;
  PyObject* const number = PyDict_GetItemWithError(order.index_of, element);
  return number ? PyLong_AsSsize_t(number) : -1;
}

PyObject* take_element(set_order& order, std::size_t index) {
  std::size_t const last = order.items.size() - 1;
  std::swap(order.items[index], order.items[last]);
  PyObject* const gone = order.items.back();  // its reference is the caller's
  order.items.pop_back();
  if (index < order.indexed) {
    bool const is_right = PyDict_DelItem(order.index_of, gone) == 0 &&
                          (index == last || set_index(order, order.items[index], index) == 0);
    order.indexed = std::min(order.indexed, last);
    if (!is_right) {  // it can be made anew
      PyErr_Clear();
      Py_CLEAR(order.index_of);
      order.indexed = 0;
    }
  }
  return gone;
}

void drop_order(tracked_set& s) noexcept { delete std::exchange(s.order, nullptr); }

set_order* order_of(tracked_set& s) {
  auto* const set = reinterpret_cast<PyObject*>(&s);
  if (!s.order) s.order = new set_order;
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
  ref const kept = ref::take(PySet_New(nullptr));
  drop_order(s);
  if (!gone || !kept) return PyErr_Clear();
  s.order = new set_order;
  for (PyObject* element : changes.image) {
    push_element(*s.order, element);
    PySet_Add(kept.get(), element);
    PySet_Add(set, element);
  }
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(gone.get()); ++i) {
    PyObject* const element = PyList_GET_ITEM(gone.get(), i);
    if (PySet_Contains(kept.get(), element) == 0) PySet_Discard(set, element);
  }
  PyErr_Clear();
}

}  // namespace statelink::python
