// What changed in one node since the last commit: enough to tell it to clients and to take it back.
#pragma once

#include <Python.h>

#include <cstdint>
#include <vector>

namespace statelink::python {

/// One edit of a list, or of the order of a set. Edits apply one after the other.
struct list_change {
  enum kind : std::uint8_t { set, insert, remove };
  kind what;
  Py_ssize_t index;
  PyObject* value;   // strong; what was put; null for remove
  PyObject* before;  // strong; what stood there; null for insert
};

struct change_log {
  // Of a list or set.
  std::vector<list_change> edits;
  /// Too many edits: only `image`, the items of the last commit, is kept (strong).
  bool whole = false;
  std::vector<PyObject*> image;

  // Of a dict or object: key or attribute to its value at the last commit, or to `missing`.
  PyObject* keys = nullptr;
  PyObject* last_key = nullptr;  // the last one noted; borrowed from `keys`
  /// Of a pydantic instance: copy of its set of fields set.
  PyObject* fields_set = nullptr;

  static change_log* make();
  static void destroy(change_log* log) noexcept;

  /// Notes an edit of items that number `size` afterwards; takes both references. False: too many
  /// edits now, call `collapse`.
  bool note_edit(list_change::kind what, Py_ssize_t index, PyObject* value, PyObject* before,
                 Py_ssize_t size);
  /// Goes over to `whole`. `present`: the items as the edits left them (borrowed).
  void collapse(std::vector<PyObject*> present);
  /// Notes that `key` had `before` (null: was missing), unless an older value is noted. -1 with an
  /// exception set.
  int note_key(PyObject* key, PyObject* before);
  /// Edits that put `value` put `successor` from now on.
  void rename(PyObject* value, PyObject* successor);
  /// A copy with references of its own, without what only undo needs.
  change_log* copy() const;
};

/// Stands for "no value".
extern PyObject* missing;
int init_change_log();

}  // namespace statelink::python
