#include "node.hpp"

#include "class_info.hpp"
#include "object_attributes.hpp"
#include "object_table.hpp"
#include "store_object.hpp"
#include "tracked.hpp"
#include "undo_log.hpp"

namespace statelink::python {
namespace {

object_table& objects() {
  static auto* table = new object_table;
  return *table;
}

void unref(anchor* a) noexcept {
  if (a && --a->refs == 0) delete a;
}

anchor& own_anchor(node& n) {
  if (!n.own) n.own = new anchor{&n, 1, nullptr};
  return *n.own;
}

void link(object_node& n, anchor& owner) noexcept {
  n.previous = nullptr;
  n.next = owner.objects;
  if (n.next) n.next->previous = &n;
  owner.objects = &n;
}

void unlink(object_node& n, anchor& owner) noexcept {
  if (n.previous)
    n.previous->next = n.next;
  else
    owner.objects = n.next;
  if (n.next) n.next->previous = n.previous;
  n.previous = n.next = nullptr;
}

void set_owner(node& n, anchor* owner) noexcept {
  anchor* const old = n.owner;
  if (old == owner) return;
  if (n.kind == node_kind::object) {
    if (old) unlink(static_cast<object_node&>(n), *old);
    if (owner) link(static_cast<object_node&>(n), *owner);
  }
  if (owner) ++owner->refs;
  n.owner = owner;
  unref(old);
}

void set_position(node& n, PyObject* key, Py_ssize_t index) noexcept {
  n.index = index;
  if (n.key != key) {
    Py_XINCREF(key);
    PyObject* const old = n.key;
    n.key = key;
    Py_XDECREF(old);
  }
}

void detach(node& n, undo_log* log) noexcept {
  // Held first: an object's node may live by its owner alone.
  if (log) log->add_detached(n);
  set_owner(n, nullptr);
  n.count = 0;
  if (n.kind == node_kind::object && static_cast<object_node&>(n).holds == 0) {
    remove_object(static_cast<object_node&>(n));
  }
}

}  // namespace

place place_of(node& n) noexcept {
  place at;
  node* top = &n;
  Py_ssize_t slot = 0;
  // What has left a store goes on noting in its log also where it was put under something that
  // nobody owns.
  undo_log* left = nullptr;
  while (node* up = owner_of(*top)) {
    if (top->detached_into) left = top->detached_into;
    slot = top->index;
    top = up;
  }
  if (top->kind == node_kind::store) {
    store& s = store_of(*top);
    at.root = &s;
    at.log = &log_of(s);
    at.slot = slot;
    at.epoch = s.epoch;
  } else {
    at.log = top->detached_into ? top->detached_into : left;
  }
  return at;
}

bool travels(place const& at) noexcept {
  return !at.root || at.root->body->shape->slots[static_cast<std::size_t>(at.slot)].travels;
}

bool begin_write(node& n, place& at) {
  at = place_of(n);
  return !may_write || !at.root || may_write(at.root);
}

bool is_unnoted(node const& n, place const& at) noexcept {
  if (!at.log) return true;
  return n.born == at.log->stretch() && (!at.root || n.placed == at.epoch);
}

void touch(place const& at) noexcept {
  if (at.root) at.root->body->slots[static_cast<std::size_t>(at.slot)].version = ++at.root->clock;
}

change_log& changes_of(node& n, place const& at) {
  if (!n.changes) {
    n.changes = change_log::make();
    at.log->add_touched(n);
  }
  return *n.changes;
}

node* node_of(PyObject* value) noexcept {
  PyTypeObject* const type = Py_TYPE(value);
  node* n;
  if (type == tracked_list_type) {
    n = &reinterpret_cast<tracked_list*>(value)->n;
    n->kind = node_kind::list;
  } else if (type == tracked_dict_type) {
    n = &reinterpret_cast<tracked_dict*>(value)->n;
    n->kind = node_kind::dict;
  } else if (type == tracked_set_type) {
    n = &reinterpret_cast<tracked_set*>(value)->n;
    n->kind = node_kind::set;
  } else {
    return (type->tp_flags & Py_TPFLAGS_HEAPTYPE) ? find_object(value) : nullptr;
  }
  n->self = value;
  return n;
}

void attach(node& n, node& parent, place const& at, PyObject* key, Py_ssize_t index, bool fresh) {
  bool const repeated = owner_of(n) == &parent;
  if (!repeated) {
    set_owner(n, &own_anchor(parent));
    n.count = 1;
  } else {
    ++n.count;
    // Where no commit will give each place a node of its own, a copy of the list must.
    if (at.log)
      at.log->add_repeated(n);
    else
      parent.hollow = true;
  }
  set_position(n, key, index);
  n.placed = fresh ? at.epoch : 0;
}

void release(node& parent, PyObject* value, place const& at) noexcept {
  let_go(parent, value, at.log);
}

void take_back(node& parent, PyObject* value, PyObject* key, Py_ssize_t index,
               undo_log const* log) {
  node* n = node_of(value);
  if (!n) return;
  if (owner_of(*n) == &parent) {
    ++n->count;
  } else {
    // An owner that is not restored itself goes on holding what belongs to `parent` again.
    auto const is_lost = [log](node const& up) {
      return !up.hollow && up.kind != node_kind::store &&
             (up.born == log->stretch() || !up.changes);
    };
    for (node* up = log ? owner_of(*n) : nullptr; up && is_lost(*up); up = owner_of(*up))
      up->hollow = true;
    set_owner(*n, &own_anchor(parent));
    n->count = 1;
  }
  set_position(*n, key, index);
}

void take_back_all(node& n, undo_log const* log) {
  n.hollow = false;
  auto const take = [&n, log](PyObject* value, PyObject* key, Py_ssize_t index) {
    take_back(n, value, key, index, log);
    if (node* child = node_of(value)) child->count = 1;
  };
  if (n.kind == node_kind::list) {
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(n.self); ++i)
      take(PyList_GET_ITEM(n.self, i), nullptr, i);
  } else if (n.kind == node_kind::dict) {
    PyObject *key, *value;
    for (Py_ssize_t i = 0; PyDict_Next(n.self, &i, &key, &value);) take(value, key, 0);
  } else if (n.kind == node_kind::object) {
    std::vector<attribute> attributes;
    if (read_attributes(n.self, *static_cast<object_node&>(n).info, attributes) < 0) PyErr_Clear();
    for (attribute const& a : attributes) take(a.value.get(), a.name.get(), 0);
  }
}

void let_go(node& parent, PyObject* value, undo_log* log) noexcept {
  node* n = node_of(value);
  if (n && owner_of(*n) == &parent && --n->count == 0) detach(*n, log);
}

bool is_at_or_above(node const& n, node const& below) noexcept {
  for (node const* up = &below; up; up = owner_of(*up)) {
    if (up == &n) return true;
  }
  return false;
}

int depth_of(node const& n) noexcept {
  int depth = 0;
  for (node const* up = owner_of(n); up; up = owner_of(*up)) ++depth;
  return depth;
}

void hold(node& n) noexcept {
  if (n.kind == node_kind::object)
    ++static_cast<object_node&>(n).holds;
  else
    Py_INCREF(n.self);
}

void drop(node& n) noexcept {
  if (n.kind != node_kind::object) {
    Py_DECREF(n.self);
    return;
  }
  auto& object = static_cast<object_node&>(n);
  if (--object.holds == 0 && !owner_of(object)) remove_object(object);
}

void dispose(node& n) noexcept {
  if (anchor* own = n.own) {
    n.own = nullptr;
    own->holder = nullptr;
    while (object_node* child = own->objects) {
      ++own->refs;
      set_owner(*child, nullptr);
      --own->refs;
      child->count = 0;
      if (child->holds == 0) remove_object(*child);
    }
    unref(own);
  }
  set_owner(n, nullptr);
  Py_CLEAR(n.key);
}

int visit_objects(node const& n, visitproc visit, void* arg) {
  if (!n.own) return 0;
  for (object_node const* child = n.own->objects; child; child = child->next) {
    Py_VISIT(child->self);
    if (int const stop = visit_objects(*child, visit, arg)) return stop;
  }
  return 0;
}

object_node* find_object(PyObject* object) noexcept { return objects().find(object); }

object_node& add_object(PyObject* object, class_info& info) {
  auto* n = new object_node{};
  n->self = Py_NewRef(object);
  n->kind = node_kind::object;
  n->info = &info;
  objects().add(object, n);
  return *n;
}

void remove_object(object_node& n) noexcept {
  objects().remove(n.self);
  dispose(n);
  PyObject* const object = n.self;
  if (n.changes) change_log::destroy(n.changes);
  delete &n;
  Py_DECREF(object);
}

}  // namespace statelink::python
