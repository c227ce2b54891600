#include "reassign.hpp"

#include <algorithm>
#include <memory>

#include "adopt.hpp"
#include "object_attributes.hpp"
#include "sameness.hpp"
#include "tracked_set.hpp"
#include "undo_log.hpp"

namespace statelink::python {
namespace {

/// Up to how many edits of a list are searched for a value that has got a successor.
constexpr std::size_t most_renamed = 64;

/// Whether a key is there that is neither exact str nor exact int: it may be equal to one that has
/// another text.
bool has_odd_keys(PyObject* dict) {
  PyObject *key, *value;
  for (Py_ssize_t i = 0; PyDict_Next(dict, &i, &key, &value);) {
    if (!PyUnicode_CheckExact(key) && !PyLong_CheckExact(key)) return true;
  }
  return false;
}

/// Gives everything that `from` owns to `to`, which holds it as well.
void move_children(node& from, node& to) {
  to.own = std::exchange(from.own, nullptr);
  if (to.own) to.own->holder = &to;
}

/// A successor goes on with what `from` has to tell.
void copy_changes(node const& from, node& to, place const& at) {
  if (!from.changes || !at.log) return;
  to.changes = from.changes->copy();
  at.log->add_touched(to);
}

/// Attaches `made` in place of `old` as one that goes on where `old` is.
void begin_succession(node& old, node& made, node& parent, place const& at, PyObject* key,
                      Py_ssize_t index) {
  copy_changes(old, made, at);
  move_children(old, made);
  attach(made, parent, at, key, index, false);
}

PyObject* give_up_succession(node& old, node& made, node& parent) {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  repossess(old);
  PyObject* const object = made.self;
  let_go(parent, object);
  Py_DECREF(object);
  PyErr_Restore(type, value, trace);
  return nullptr;
}

PyObject* finish_succession(node& old, node& made, place const& at) {
  old.hollow = true;
  if (at.log) at.log->add_succeeded(old);
  return made.self;
}

PyObject* succeed_list(tracked_list& old, PyObject* value, node& parent, place const& at,
                       PyObject* key, Py_ssize_t index) {
  ref const items = ref::take(PySequence_Tuple(value));
  tracked_list* const made = items ? new_tracked_list(old.n.self, at) : nullptr;
  if (!made) return nullptr;
  begin_succession(old.n, made->n, parent, at, key, index);
  if (edit_range(*made, at, 0, PyList_GET_SIZE(made->n.self), items.get()) < 0) {
    return give_up_succession(old.n, made->n, parent);
  }
  return finish_succession(old.n, made->n, at);
}

bool fill_successor(tracked_dict& old, tracked_dict& made, PyObject* source, place const& at) {
  PyObject *key, *item;
  PyObject* const dict = made.n.self;
  change_log* changes = nullptr;
  auto const note = [&](PyObject* changed_key, PyObject* before) {
    touch(at);
    if (is_unnoted(made.n, at)) return true;
    if (!changes) changes = &changes_of(made.n, at);
    return changes->note_key(changed_key, before) == 0;
  };
  for (Py_ssize_t i = 0; PyDict_Next(source, &i, &key, &item);) {
    PyObject* const was = PyDict_GetItemWithError(old.n.self, key);
    if (!was && PyErr_Occurred()) return false;
    sameness const same = was ? compare(was, item, at) : sameness::differs;
    if (same == sameness::failed) return false;
    if (same == sameness::keep) {
      if (PyDict_SetItem(dict, key, was) < 0) return false;
      continue;
    }
    ref const adopted =
        ref::take(was ? succeed(made.n, was, item, at, key, 0) : adopt(made.n, item, at, key, 0));
    if (!adopted || PyDict_SetItem(dict, key, adopted.get()) < 0) return false;
    if (!note(key, was)) return false;
  }
  for (Py_ssize_t i = 0; PyDict_Next(old.n.self, &i, &key, &item);) {
    if (PyDict_Contains(dict, key) == 0 && !note(key, item)) return false;
  }
  return read_keys(made, travels(at)) == 0;
}

PyObject* succeed_dict(tracked_dict& old, PyObject* value, node& parent, place const& at,
                       PyObject* key, Py_ssize_t index) {
  // What is put is known before anything changes: a plain copy, which keeps the order of the new
  // dict.
  ref const source = ref::take(PyDict_New());
  if (!source || PyDict_Update(source.get(), value) < 0) return nullptr;
  tracked_dict* const made = new_tracked_dict(nullptr, at);
  if (!made) return nullptr;
  begin_succession(old.n, made->n, parent, at, key, index);
  if (!fill_successor(old, *made, source.get(), at))
    return give_up_succession(old.n, made->n, parent);
  PyObject *old_key, *item;
  for (Py_ssize_t i = 0; PyDict_Next(old.n.self, &i, &old_key, &item);) {
    // Only what the successor did not keep.
    if (PyDict_GetItemWithError(made->n.self, old_key) != item) release(made->n, item, at);
  }
  return finish_succession(old.n, made->n, at);
}

PyObject* succeed_set(tracked_set& old, PyObject* value, node& parent, place const& at,
                      PyObject* key, Py_ssize_t index) {
  ref const wanted = ref::take(PySet_New(value));
  tracked_set* const made = wanted && order_of(old) ? new_tracked_set(old.n.self, at) : nullptr;
  if (!made) return nullptr;
  ref const object = ref::take(made->n.self);
  if (!made->order) return nullptr;
  copy_changes(old.n, made->n, at);
  attach(made->n, parent, at, key, index, false);
  ref const present = ref::take(PySequence_List(made->n.self));
  bool good = static_cast<bool>(present);
  for (Py_ssize_t i = 0; good && i < PyList_GET_SIZE(present.get()); ++i) {
    PyObject* const element = PyList_GET_ITEM(present.get(), i);
    int const stays = PySet_Contains(wanted.get(), element);
    good = stays >= 0 && (stays || discard_element(*made, at, element) >= 0);
  }
  ref const elements = ref::take(good ? PySequence_List(wanted.get()) : nullptr);
  good = static_cast<bool>(elements);
  for (Py_ssize_t i = 0; good && i < PyList_GET_SIZE(elements.get()); ++i) {
    good = add_element(*made, at, PyList_GET_ITEM(elements.get(), i)) >= 0;
  }
  if (!good) {
    let_go(parent, object.get());
    return nullptr;
  }
  return Py_NewRef(object.get());
}

PyObject* succeed_object(object_node& old, PyObject* value, node& parent, place const& at,
                         PyObject* key, Py_ssize_t index) {
  std::vector<attribute> old_attributes, attributes;
  if (read_attributes(old.self, *old.info, old_attributes) < 0 ||
      read_attributes(value, *old.info, attributes) < 0) {
    return nullptr;
  }
  // Compared before the new one is adopted: then its containers are tracked ones.
  std::vector<std::pair<ref, ref>> changed;  // name, value before
  std::vector<attribute> moved;
  auto opened = std::make_unique<open_object>();
  for (attribute const& a : attributes) {
    auto const was = std::find_if(
        old_attributes.begin(), old_attributes.end(),
        [&](attribute const& o) { return PyUnicode_Compare(o.name.get(), a.name.get()) == 0; });
    bool const had = was != old_attributes.end();
    // What both share (dataclasses.replace and model_copy share what they do not replace).
    node const* shared =
        had && was->value.get() == a.value.get() ? node_of(a.value.get()) : nullptr;
    if (shared && owner_of(*shared) == &old) {
      moved.push_back(a);
      old_attributes.erase(was);
      continue;
    }
    sameness const same = had ? compare(was->value.get(), a.value.get(), at) : sameness::differs;
    if (same == sameness::failed) return nullptr;
    if (same == sameness::differs) changed.emplace_back(a.name, had ? was->value : ref());
    if (had) old_attributes.erase(was);
  }
  opened.reset();
  for (attribute const& gone : old_attributes) changed.emplace_back(gone.name, gone.value);
  for (attribute const& a : moved) release(old, a.value.get(), at);
  ref made = ref::take(adopt(parent, value, at, key, index, false));
  object_node* const n = made ? find_object(made.get()) : nullptr;
  if (!n) {
    for (attribute const& a : moved) take_back(old, a.value.get(), a.name.get(), 0);
    return nullptr;
  }
  if (!moved.empty()) {
    old.hollow = true;
    if (at.log) at.log->add_succeeded(old);
  }
  if (changed.empty()) return made.release();
  touch(at);
  if (is_unnoted(*n, at)) return made.release();
  change_log& changes = changes_of(*n, at);
  for (auto const& [name, before] : changed) {
    if (changes.note_key(name.get(), before.get()) < 0) {
      let_go(parent, made.get());
      return nullptr;
    }
    ref const item = ref::take(get_raw(n->self, *n->info, name.get()));
    if (node* child = item ? node_of(item.get()) : nullptr; child && owner_of(*child) == n)
      child->placed = at.epoch;
  }
  return made.release();
}

PyObject* succeed_kind(node& old, node const* other, PyObject* value, node& parent, place const& at,
                       PyObject* key, Py_ssize_t index) {
  switch (old.kind) {
    case node_kind::list:
      if (!is_kind(value, value_kind::list)) break;
      return succeed_list(*as_tracked_list(old.self), value, parent, at, key, index);
    case node_kind::dict:
      if (!is_kind(value, value_kind::dict) || as_tracked_dict(old.self)->odd_keys ||
          has_odd_keys(value))
        break;
      return succeed_dict(*as_tracked_dict(old.self), value, parent, at, key, index);
    case node_kind::set:
      if (!is_kind(value, value_kind::set) || !are_plain_elements(old.self) ||
          !are_plain_elements(value))
        break;
      return succeed_set(*as_tracked_set(old.self), value, parent, at, key, index);
    case node_kind::object:
      if (other || Py_TYPE(old.self) != Py_TYPE(value) || !is_clean(old, at)) break;
      return succeed_object(static_cast<object_node&>(old), value, parent, at, key, index);
    default:
      break;
  }
  return adopt(parent, value, at, key, index);
}

}  // namespace

/// Takes everything inside `n` back that successors of it, or of something in it, have got.
void repossess(node& n) {
  take_back_all(n);
  if (n.kind == node_kind::list) {
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(n.self); ++i) {
      if (node* child = node_of(PyList_GET_ITEM(n.self, i))) repossess(*child);
    }
  } else if (n.kind == node_kind::dict) {
    PyObject *key, *value;
    for (Py_ssize_t i = 0; PyDict_Next(n.self, &i, &key, &value);) {
      if (node* child = node_of(value)) repossess(*child);
    }
  }
}

PyObject* succeed(node& parent, PyObject* old, PyObject* value, place const& at, PyObject* key,
                  Py_ssize_t index) {
  node* const n = node_of(old);
  node* const other = n ? node_of(value) : nullptr;
  bool const is_moved = other && parent.kind == node_kind::list && owner_of(*other) == &parent;
  // Where the old value is told whole anyway, or stands in two places, there is nothing to go on
  // from.
  bool const can =
      n && !is_moved && n != other && owner_of(*n) == &parent && n->count == 1 && at.root &&
      !is_fresh(*n, at) &&
      !(other && ((!owner_of(*other) && !other->hollow) || is_at_or_above(*other, parent)));
  // One that is a successor itself may be named by edits of its list, which must go on to the next
  // one.
  change_log* const changes = can && parent.kind == node_kind::list && n->born == at.log->stretch()
                                  ? parent.changes
                                  : nullptr;
  if (!can || (changes && changes->edits.size() > most_renamed))
    return adopt(parent, value, at, key, index);
  PyObject* const made = succeed_kind(*n, other, value, parent, at, key, index);
  if (made && changes) changes->rename(old, made);
  return made;
}

}  // namespace statelink::python
