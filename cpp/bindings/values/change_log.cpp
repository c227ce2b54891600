#include "change_log.hpp"

#include <algorithm>
#include <utility>

namespace statelink::python {

PyObject* missing = nullptr;

namespace {

constexpr std::size_t most_spare_logs = 256;
constexpr std::size_t largest_spare_capacity = 64;

std::vector<change_log*>& spare_logs() {
  static auto* logs = new std::vector<change_log*>;
  return *logs;
}

}  // namespace

int init_change_log() {
  if (!missing) missing = PyObject_CallNoArgs(reinterpret_cast<PyObject*>(&PyBaseObject_Type));
  return missing ? 0 : -1;
}

change_log* change_log::make() {
  auto& spare = spare_logs();
  if (spare.empty()) return new change_log;
  change_log* log = spare.back();
  spare.pop_back();
  return log;
}

void change_log::destroy(change_log* log) noexcept {
  // References are dropped last: dropping may run code that makes or destroys other logs.
  auto edits = std::move(log->edits);
  auto image = std::move(log->image);
  PyObject* keys = std::exchange(log->keys, nullptr);
  PyObject* fields_set = std::exchange(log->fields_set, nullptr);
  log->last_key = nullptr;
  log->whole = false;
  for (list_change const& edit : edits) {
    Py_XDECREF(edit.value);
    Py_XDECREF(edit.before);
  }
  for (PyObject* item : image) Py_DECREF(item);
  Py_XDECREF(keys);
  Py_XDECREF(fields_set);
  auto& spare = spare_logs();
  if (spare.size() >= most_spare_logs) {
    delete log;
    return;
  }
  edits.clear();
  if (edits.capacity() <= largest_spare_capacity) log->edits = std::move(edits);
  spare.push_back(log);
}

bool change_log::note_edit(list_change::kind what, Py_ssize_t index, PyObject* value,
                           PyObject* before, Py_ssize_t size) {
  if (whole) {
    Py_XDECREF(value);
    Py_XDECREF(before);
    return true;
  }
  if (!edits.empty() && edits.back().index == index) {
    list_change& last = edits.back();
    if (last.what != list_change::remove && what == list_change::set) {
      Py_SETREF(last.value, value);
      Py_XDECREF(before);
      return true;
    }
    if (last.what == list_change::insert && what == list_change::remove) {
      PyObject* put = last.value;
      edits.pop_back();
      Py_DECREF(put);
      Py_XDECREF(before);
      return true;
    }
    if (last.what == list_change::set && what == list_change::remove) {
      last.what = list_change::remove;
      Py_CLEAR(last.value);
      Py_XDECREF(before);
      return true;
    }
  }
  edits.push_back({what, index, value, before});
  return edits.size() <= static_cast<std::size_t>(32 + size);
}

void change_log::collapse(std::vector<PyObject*> present) {
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
    auto const at = present.begin() + edit->index;
    switch (edit->what) {
      case list_change::set:
        *at = edit->before;
        break;
      case list_change::insert:
        present.erase(at);
        break;
      case list_change::remove:
        present.insert(at, edit->before);
        break;
    }
  }
  for (PyObject* item : present) Py_INCREF(item);
  image = std::move(present);
  whole = true;
  auto const old = std::move(edits);
  edits.clear();
  for (list_change const& edit : old) {
    Py_XDECREF(edit.value);
    Py_XDECREF(edit.before);
  }
}

int change_log::note_key(PyObject* key, PyObject* before) {
  if (key == last_key) return 0;
  if (!keys && !(keys = PyDict_New())) return -1;
  Py_ssize_t const size = PyDict_GET_SIZE(keys);
  if (!PyDict_SetDefault(keys, key, before ? before : missing)) return -1;
  if (PyDict_GET_SIZE(keys) != size) last_key = key;
  return 0;
}

void change_log::rename(PyObject* value, PyObject* successor) {
  for (list_change& edit : edits) {
    if (edit.value == value) Py_SETREF(edit.value, Py_NewRef(successor));
  }
}

change_log* change_log::copy() const {
  change_log* log = make();
  log->edits = edits;
  for (list_change const& edit : edits) {
    Py_XINCREF(edit.value);
    Py_XINCREF(edit.before);
  }
  log->whole = whole;
  if (keys) log->keys = PyDict_Copy(keys);
  return log;
}

}  // namespace statelink::python
