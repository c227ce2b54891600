#include "list_edits.hpp"

#include "counters.hpp"
#include "undo_log.hpp"

namespace statelink::python {
namespace {

std::vector<PyObject*> items_of(PyObject* list) {
  auto* const items = reinterpret_cast<PyListObject*>(list)->ob_item;
  return {items, items + PyList_GET_SIZE(list)};
}

void drop_references(std::vector<list_change> const& edits) {
  for (list_change const& edit : edits) {
    Py_XDECREF(edit.value);
    Py_XDECREF(edit.before);
  }
}

bool is_too_many(std::size_t edits, Py_ssize_t size) {
  return edits > static_cast<std::size_t>(32 + size);
}

}  // namespace

list_image::list_image(PyObject* list) : items_(items_of(list)) {
  for (PyObject* item : items_) Py_INCREF(item);
}

list_image::~list_image() {
  for (PyObject* item : items_) Py_DECREF(item);
}

void note_edit(tracked_list& l, place const& at, list_change::kind what, Py_ssize_t index,
               PyObject* value, PyObject* before) {
  touch(at);
  if (is_unnoted(l.n, at)) {
    Py_XDECREF(value);
    Py_XDECREF(before);
    return;
  }
  auto* const list = reinterpret_cast<PyObject*>(&l);
  change_log& log = changes_of(l.n, at);
  if (!log.note_edit(what, index, value, before, PyList_GET_SIZE(list)))
    log.collapse(items_of(list));
}

void note_appended(tracked_list& l, place const& at, Py_ssize_t first) {
  auto* const list = reinterpret_cast<PyObject*>(&l);
  Py_ssize_t const size = PyList_GET_SIZE(list);
  if (first == size) return;
  touch(at);
  if (is_unnoted(l.n, at)) return;
  change_log& log = changes_of(l.n, at);
  if (log.whole) return;
  std::size_t const noted = log.edits.size();
  log.edits.resize(noted + static_cast<std::size_t>(size - first));
  for (Py_ssize_t i = first; i < size; ++i) {
    log.edits[noted + static_cast<std::size_t>(i - first)] = {
        list_change::insert, i, Py_NewRef(PyList_GET_ITEM(list, i)), nullptr};
  }
  if (is_too_many(log.edits.size(), size)) log.collapse(items_of(list));
}

void note_edits(tracked_list& l, place const& at, std::vector<list_change> const& edits,
                std::vector<PyObject*> const& before) {
  if (edits.empty()) return;
  touch(at);
  if (is_unnoted(l.n, at)) return drop_references(edits);
  auto* const list = reinterpret_cast<PyObject*>(&l);
  change_log& log = changes_of(l.n, at);
  Py_ssize_t const size = PyList_GET_SIZE(list);
  if (log.whole || is_too_many(log.edits.size() + edits.size(), size)) {
    if (!log.whole) log.collapse(before);
    return drop_references(edits);
  }
  // The limit was checked above; the size is the final one, not that after each edit.
  for (list_change const& edit : edits)
    log.note_edit(edit.what, edit.index, edit.value, edit.before, size);
}

void note_rearranged(tracked_list& l, place const& at, std::vector<PyObject*> const& before) {
  auto* const list = reinterpret_cast<PyObject*>(&l);
  PyObject* const* const now = reinterpret_cast<PyListObject*>(list)->ob_item;
  auto old_end = static_cast<Py_ssize_t>(before.size());
  Py_ssize_t new_end = PyList_GET_SIZE(list);
  Py_ssize_t start = 0;
  while (start < old_end && start < new_end &&
         before[static_cast<std::size_t>(start)] == now[start])
    ++start;
  while (old_end > start && new_end > start &&
         before[static_cast<std::size_t>(old_end - 1)] == now[new_end - 1]) {
    --old_end;
    --new_end;
  }
  counted.slots_visited += before.size();
  if (start == old_end && start == new_end) return;
  std::vector<list_change> edits;
  Py_ssize_t const common = std::min(old_end, new_end);
  for (Py_ssize_t i = start; i < common; ++i) {
    PyObject* const was = before[static_cast<std::size_t>(i)];
    if (was == now[i]) continue;
    if (node* n = node_of(now[i]); n && owner_of(*n) == &l.n) {
      n->placed = at.epoch;
      n->index = i;
    }
    edits.push_back({list_change::set, i, Py_NewRef(now[i]), Py_NewRef(was)});
  }
  for (Py_ssize_t i = old_end; i-- > common;) {
    edits.push_back(
        {list_change::remove, i, nullptr, Py_NewRef(before[static_cast<std::size_t>(i)])});
  }
  note_edits(l, at, edits, before);
}

}  // namespace statelink::python
