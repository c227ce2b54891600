// The tracked containers: native subclasses of list, dict and set. Called from Python they make
// plain ones.
#pragma once

#include <Python.h>

#include <vector>

#include "node.hpp"
#include "ref.hpp"

namespace statelink::python {

struct tracked_list {
  PyListObject base;
  node n;
};

struct tracked_dict {
  PyDictObject base;
  node n;
  PyObject*
      names;      // null while all keys are exact str; else JSON text of each key (str) to the key
  bool odd_keys;  // has, or had, a key that is neither exact str nor exact int
};

/// The order in which clients hold the elements of a set.
struct set_order {
  set_order() = default;
  set_order(set_order const&) = delete;
  set_order& operator=(set_order const&) = delete;
  ~set_order();

  std::vector<PyObject*> items;  // strong
  PyObject* index_of = nullptr;  // dict: element to its place, of the first `indexed` ones; or null
  std::size_t indexed = 0;
};

/// Puts a new element at the end of the order.
void push_element(set_order& order, PyObject* element);
/// Where an element is; -1 with an exception set, or without one where it is not there.
Py_ssize_t place_of_element(set_order& order, PyObject* element);
/// Takes the element at `index` out: the last one takes its place. New reference.
PyObject* take_element(set_order& order, std::size_t index);

struct tracked_set {
  PySetObject base;
  node n;
  set_order* order;  // null until the first change or encoding
};

extern PyTypeObject* tracked_list_type;
extern PyTypeObject* tracked_dict_type;
extern PyTypeObject* tracked_set_type;
/// 0, or -1 with an exception set.
int init_tracked_list(PyObject* module);
int init_tracked_dict(PyObject* module);
int init_tracked_set(PyObject* module);
int init_tracked_object();

inline tracked_list* as_tracked_list(PyObject* o) noexcept {
  return Py_TYPE(o) == tracked_list_type ? reinterpret_cast<tracked_list*>(o) : nullptr;
}
inline tracked_dict* as_tracked_dict(PyObject* o) noexcept {
  return Py_TYPE(o) == tracked_dict_type ? reinterpret_cast<tracked_dict*>(o) : nullptr;
}
inline tracked_set* as_tracked_set(PyObject* o) noexcept {
  return Py_TYPE(o) == tracked_set_type ? reinterpret_cast<tracked_set*>(o) : nullptr;
}

/// New ones with copies of the items of `source` as they are (not adopted). Null with an exception
/// set.
tracked_list* new_tracked_list(PyObject* source, place const& at);
tracked_dict* new_tracked_dict(PyObject* source, place const& at);
tracked_set* new_tracked_set(PyObject* source, place const& at);

/// Raises KeyError(key).
void set_key_error(PyObject* key);

// dict keys

/// The text that JSON has for a key that is not an exact str: new str. Null with a TypeError set
/// where it has none.
PyObject* key_text(PyObject* key);
/// Reads the keys of `d`: -1 with an exception set where two of them have the same text, unless it
/// does not travel.
int read_keys(tracked_dict& d, bool travels);
/// To be asked before `key`, which is new, goes in, and told after one has gone. -1 with an
/// exception set.
int admit_key(tracked_dict& d, PyObject* key, bool travels);
void forget_key(tracked_dict& d, PyObject* key) noexcept;

// set order

/// The order; made, or brought in line with what the set really has, where needed. Null with an
/// exception set.
set_order* order_of(tracked_set& s);
void drop_order(tracked_set& s) noexcept;

// Restoring, for rollback: the items of the last commit, from the change log. Never fail.
void restore_list(tracked_list& l, undo_log& log);
void restore_dict(tracked_dict& d, undo_log& log);
void restore_set(tracked_set& s, undo_log& log);
void restore_object(object_node& n, undo_log& log);

}  // namespace statelink::python
