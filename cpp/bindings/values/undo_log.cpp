#include "undo_log.hpp"

#include <algorithm>
#include <map>

#include "adopt.hpp"
#include "counters.hpp"
#include "list_edits.hpp"
#include "node.hpp"
#include "object_attributes.hpp"
#include "store_object.hpp"
#include "tracked.hpp"

namespace statelink::python {
namespace {

void restore(node& n, undo_log& log) {
  switch (n.kind) {
    case node_kind::list:
      return restore_list(*as_tracked_list(n.self), log);
    case node_kind::dict:
      return restore_dict(*as_tracked_dict(n.self), log);
    case node_kind::set:
      return restore_set(*as_tracked_set(n.self), log);
    case node_kind::object:
      return restore_object(static_cast<object_node&>(n), log);
    case node_kind::store:
      return;
  }
}

/// For each item of `list`, whether the edits of its log put it there.
std::vector<char> put_by_edits(PyObject* list, change_log const& log) {
  auto size = static_cast<std::size_t>(PyList_GET_SIZE(list));
  for (list_change const& edit : log.edits) {
    if (edit.what == list_change::insert) --size;
    if (edit.what == list_change::remove) ++size;
  }
  std::vector<char> put(size, 0);
  for (list_change const& edit : log.edits) {
    auto const at = put.begin() + edit.index;
    switch (edit.what) {
      case list_change::set:
        *at = 1;
        break;
      case list_change::insert:
        put.insert(at, 1);
        break;
      case list_change::remove:
        put.erase(at);
        break;
    }
  }
  return put;
}

/// Makes each item of a list that held a node more than once a node of its own, and sees to it that
/// what is left is told.
int separate(node& parent, std::vector<node*> const& repeated) {
  auto& l = *as_tracked_list(parent.self);
  auto* const list = parent.self;
  place const at = place_of(parent);
  change_log const* changes = parent.changes;
  bool const tells =
      !is_unnoted(parent, at) && !is_fresh(parent, at) && !(changes && changes->whole);
  std::vector<char> const put =
      tells && changes ? put_by_edits(list, *changes) : std::vector<char>();
  std::map<node*, bool> seen;
  for (node* n : repeated) seen.emplace(n, false);
  counted.slots_visited += static_cast<std::uint64_t>(PyList_GET_SIZE(list));
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); ++i) {
    PyObject* const item = PyList_GET_ITEM(list, i);
    node* const n = node_of(item);
    if (!n) continue;
    auto const found = seen.find(n);
    if (found == seen.end()) continue;
    if (!found->second) {
      // The node counts as put where it is: where no edit says so, one must.
      found->second = true;
      n->index = i;
      bool const is_told =
          static_cast<std::size_t>(i) < put.size() && put[static_cast<std::size_t>(i)];
      if (tells && !is_told)
        note_edit(l, at, list_change::set, i, Py_NewRef(item), Py_NewRef(item));
      continue;
    }
    ref const copy = ref::take(detached_copy(item));
    PyObject* const adopted = copy ? adopt(parent, copy.get(), at, nullptr, i) : nullptr;
    if (!adopted) return -1;
    ref const old = ref::share(item);
    PyList_SetItem(list, i, adopted);
    note_edit(l, at, list_change::set, i, Py_NewRef(adopted), Py_NewRef(old.get()));
    release(parent, old.get(), at);
  }
  return 0;
}

}  // namespace

undo_log::undo_log() noexcept : stretch_(next_epoch()) {}
undo_log::undo_log(store* sole) noexcept : stretch_(next_epoch()), sole_(sole) {}

undo_log::~undo_log() {
  discard();
  while (!entered_.empty()) leave(entered_.back());
}

void undo_log::enter(store* s) {
  s->log = this;
  Py_INCREF(as_object(s));
  entered_.push_back(s);
  prepare_shadow(*s);
}

void undo_log::leave(store* s) {
  auto const found = std::find(entered_.begin(), entered_.end(), s);
  if (found == entered_.end()) return;
  entered_.erase(found);
  s->log = nullptr;
  Py_DECREF(as_object(s));
}

bool undo_log::empty() const noexcept {
  return touched_.empty() && stores_.empty() && detached_.empty();
}

void undo_log::add_touched(node& n) {
  hold(n);
  touched_.push_back(&n);
}

void undo_log::add_store(store* s) {
  if (std::find(stores_.begin(), stores_.end(), s) != stores_.end()) return;
  if (s != sole_) Py_INCREF(as_object(s));
  stores_.push_back(s);
}

void undo_log::add_detached(node& n) {
  if (n.detached_into == this) return;
  n.detached_into = this;
  hold(n);
  detached_.push_back(&n);
}

void undo_log::add_repeated(node& n) {
  hold(n);
  repeated_.push_back(&n);
}

void undo_log::add_succeeded(node& from) {
  hold(from);
  succeeded_.push_back(&from);
}

int undo_log::separate_repeated() {
  if (repeated_.empty()) return 0;
  std::map<node*, std::vector<node*>> by_list;
  for (node* n : repeated_) {
    node* const owner = owner_of(*n);
    if (!owner || owner->kind != node_kind::list) continue;
    // In a list that is told whole, only a node that stands there twice matters.
    if (n->count > 1 || !owner->changes || !owner->changes->whole) by_list[owner].push_back(n);
  }
  for (auto const& [list, nodes] : by_list) {
    if (separate(*list, nodes) < 0) return -1;
  }
  return 0;
}

void undo_log::discard() {
  if (sole_) close_stretch(*sole_);
  for (store* s : entered_) close_stretch(*s);
  forget();
}

void undo_log::rollback() {
  for (std::size_t i = 0; i < touched_.size(); ++i) {
    if (touched_[i]->born != stretch_) restore(*touched_[i], *this);
  }
  if (sole_) mark_undone(*sole_);
  for (store* s : entered_) mark_undone(*s);
  for (store* s : stores_) restore_slots(*s);
  for (auto from = succeeded_.rbegin(); from != succeeded_.rend(); ++from) {
    if ((*from)->born != stretch_) take_back_all(**from, this);
  }
  if (sole_) close_stretch(*sole_);
  for (store* s : entered_) close_stretch(*s);
  forget();
}

void undo_log::forget() {
  stretch_ = next_epoch();
  // Dropping references may run code that notes changes: it finds an empty log.
  auto const touched = std::exchange(touched_, {});
  auto const detached = std::exchange(detached_, {});
  auto const repeated = std::exchange(repeated_, {});
  auto const succeeded = std::exchange(succeeded_, {});
  for (node* n : repeated) {
    if (node* owner = owner_of(*n); owner && n->count > 1) owner->hollow = true;
  }
  auto const stores = std::exchange(stores_, {});
  std::vector<change_log*> logs;
  logs.reserve(touched.size());
  for (node* n : touched) {
    if (n->changes) logs.push_back(std::exchange(n->changes, nullptr));
  }
  for (node* n : detached) n->detached_into = nullptr;
  for (change_log* log : logs) change_log::destroy(log);
  for (auto const* nodes : {&touched, &detached, &repeated, &succeeded}) {
    for (node* n : *nodes) drop(*n);
  }
  for (store* s : stores) {
    forget_slots(*s);
    if (s != sole_) Py_DECREF(as_object(s));
  }
}

}  // namespace statelink::python
