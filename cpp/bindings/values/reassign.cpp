#include "reassign.hpp"

#include <algorithm>
#include <memory>

#include "adopt.hpp"
#include "class_info.hpp"
#include "counters.hpp"
#include "encoder.hpp"
#include "list_edits.hpp"
#include "object_attributes.hpp"
#include "tracked_set.hpp"
#include "undo_log.hpp"

namespace statelink::python {
namespace {

/// How many items further on a match is looked for, where two sequences part.
constexpr Py_ssize_t look_ahead = 8;
/// Up to how many changed nodes an object is asked whether one of them is inside it.
constexpr std::size_t most_touched = 32;
/// Up to how many edits of a list are searched for a value that has got a successor.
constexpr std::size_t most_renamed = 64;

bool is_kind(PyObject* value, value_kind kind) {
  class_info const* info = info_of(Py_TYPE(value));
  if (!info) PyErr_Clear();
  return info && info->kind == kind;
}

/// Whether nothing inside `n` has changed since the last commit, as far as that is cheap to know.
bool is_clean(node const& n, place const& at) {
  if (!at.log || at.log->touched().size() > most_touched) return false;
  return std::none_of(at.log->touched().begin(), at.log->touched().end(),
                      [&](node const* touched) { return is_at_or_above(n, *touched); });
}

/// Whether a key is there that is neither exact str nor exact int: it may be equal to one that has another text.
bool has_odd_keys(PyObject* dict) {
  PyObject *key, *value;
  for (Py_ssize_t i = 0; PyDict_Next(dict, &i, &key, &value);) {
    if (!PyUnicode_CheckExact(key) && !PyLong_CheckExact(key)) return true;
  }
  return false;
}

sameness weaker(sameness a, sameness b) { return std::max(a, b); }  // keep < renew

sameness compare_lists(PyObject* old, PyObject* value, place const& at) {
  Py_ssize_t const size = PyList_GET_SIZE(old);
  if (size != PyList_GET_SIZE(value)) return sameness::differs;
  sameness all = sameness::keep;
  for (Py_ssize_t i = 0; i < size && i < PyList_GET_SIZE(value); ++i) {
    sameness const one = compare(PyList_GET_ITEM(old, i), PyList_GET_ITEM(value, i), at);
    if (one == sameness::failed || one == sameness::differs) return one;
    all = weaker(all, one);
  }
  return all;
}

/// Keys in another order count as a difference.
sameness compare_dicts(PyObject* old, PyObject* value, place const& at) {
  if (PyDict_GET_SIZE(old) != PyDict_GET_SIZE(value)) return sameness::differs;
  PyObject *old_key, *old_item, *key, *item;
  sameness all = sameness::keep;
  Py_ssize_t i = 0, k = 0;
  while (PyDict_Next(old, &i, &old_key, &old_item) && PyDict_Next(value, &k, &key, &item)) {
    if (old_key != key && !same_scalar(old_key, key)) return sameness::differs;
    sameness const one = compare(old_item, item, at);
    if (one == sameness::failed || one == sameness::differs) return one;
    all = weaker(all, one);
  }
  return all;
}

/// Whether an element of a set is found by value and type alike: 1 and True are one element, but two texts.
bool is_plain_element(PyObject* element) { return PyUnicode_CheckExact(element) || PyLong_CheckExact(element); }

bool are_plain_elements(PyObject* set) {
  ref const elements = ref::take(PySequence_List(set));
  if (!elements) {
    PyErr_Clear();
    return false;
  }
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(elements.get()); ++i) {
    if (!is_plain_element(PyList_GET_ITEM(elements.get(), i))) return false;
  }
  return true;
}

/// Objects whose attributes are being compared. Such an object goes in as it is: a set in it would bring another order than
/// clients have.
int open_objects = 0;

class open_object {
 public:
  open_object() noexcept { ++open_objects; }
  open_object(open_object const&) = delete;
  open_object& operator=(open_object const&) = delete;
  ~open_object() { --open_objects; }
};

sameness compare_sets(PyObject* old, PyObject* value) {
  if (open_objects != 0 && PySet_GET_SIZE(value) > 1) return sameness::differs;
  if (PySet_GET_SIZE(old) != PySet_GET_SIZE(value) || !are_plain_elements(old) || !are_plain_elements(value)) {
    return sameness::differs;
  }
  int const equal = PyObject_RichCompareBool(old, value, Py_EQ);
  return equal < 0 ? sameness::failed : equal ? sameness::keep : sameness::differs;
}

sameness compare_objects(object_node& old, PyObject* value, place const& at) {
  if (Py_TYPE(old.self) != Py_TYPE(value) || !is_clean(old, at)) return sameness::differs;
  std::vector<attribute> old_attributes, attributes;
  if (read_attributes(old.self, *old.info, old_attributes) < 0 || read_attributes(value, *old.info, attributes) < 0) {
    return sameness::failed;
  }
  if (old_attributes.size() != attributes.size()) return sameness::differs;
  open_object const opened;
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    if (PyUnicode_Compare(old_attributes[i].name.get(), attributes[i].name.get()) != 0) return sameness::differs;
    sameness const one = compare(old_attributes[i].value.get(), attributes[i].value.get(), at);
    if (one == sameness::failed || one == sameness::differs) return one;
  }
  // Of a value that is owned elsewhere only a copy would go in.
  return node_of(value) ? sameness::keep : sameness::renew;
}

sameness compare_encodings(PyObject* old, PyObject* value) {
  if (Py_TYPE(old) != Py_TYPE(value)) return sameness::differs;
  int const opaque = is_opaque(value);
  if (opaque != 0) return opaque < 0 ? sameness::failed : sameness::differs;
  json_writer old_text, text;
  encoder old_encoder(old_text), new_encoder(text);
  if (old_encoder.write(old) != encoder::ok || new_encoder.write(value) != encoder::ok) {
    PyErr_Clear();
    return sameness::differs;
  }
  return old_text.view() == text.view() ? sameness::keep : sameness::differs;
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

/// Attaches `made` in place of `old` as one that goes on where `old` is.
void begin_succession(node& old, node& made, node& parent, place const& at, PyObject* key, Py_ssize_t index) {
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
  old.succeeded = true;
  if (at.log) at.log->add_succeeded(old);
  return made.self;
}

PyObject* succeed_list(tracked_list& old, PyObject* value, node& parent, place const& at, PyObject* key, Py_ssize_t index) {
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
    ref const adopted = ref::take(was ? succeed(made.n, was, item, at, key, 0) : adopt(made.n, item, at, key, 0));
    if (!adopted || PyDict_SetItem(dict, key, adopted.get()) < 0) return false;
    if (!note(key, was)) return false;
  }
  for (Py_ssize_t i = 0; PyDict_Next(old.n.self, &i, &key, &item);) {
    if (PyDict_Contains(dict, key) == 0 && !note(key, item)) return false;
  }
  return read_keys(made, at.travels) == 0;
}

PyObject* succeed_dict(tracked_dict& old, PyObject* value, node& parent, place const& at, PyObject* key, Py_ssize_t index) {
  // What is put is known before anything changes: a plain copy, which keeps the order of the new dict.
  ref const source = ref::take(PyDict_New());
  if (!source || PyDict_Update(source.get(), value) < 0) return nullptr;
  tracked_dict* const made = new_tracked_dict(nullptr, at);
  if (!made) return nullptr;
  begin_succession(old.n, made->n, parent, at, key, index);
  if (!fill_successor(old, *made, source.get(), at)) return give_up_succession(old.n, made->n, parent);
  PyObject *old_key, *item;
  for (Py_ssize_t i = 0; PyDict_Next(old.n.self, &i, &old_key, &item);) {
    // Only what the successor did not keep.
    if (PyDict_GetItemWithError(made->n.self, old_key) != item) release(made->n, item, at);
  }
  return finish_succession(old.n, made->n, at);
}

PyObject* succeed_set(tracked_set& old, PyObject* value, node& parent, place const& at, PyObject* key, Py_ssize_t index) {
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

PyObject* succeed_object(object_node& old, PyObject* value, node& parent, place const& at, PyObject* key, Py_ssize_t index) {
  std::vector<attribute> old_attributes, attributes;
  if (read_attributes(old.self, *old.info, old_attributes) < 0 || read_attributes(value, *old.info, attributes) < 0) {
    return nullptr;
  }
  // Compared before the new one is adopted: then its containers are tracked ones.
  std::vector<std::pair<ref, ref>> changed;  // name, value before
  auto opened = std::make_unique<open_object>();
  for (attribute const& a : attributes) {
    auto const was = std::find_if(old_attributes.begin(), old_attributes.end(), [&](attribute const& o) {
      return PyUnicode_Compare(o.name.get(), a.name.get()) == 0;
    });
    bool const had = was != old_attributes.end();
    sameness const same = had ? compare(was->value.get(), a.value.get(), at) : sameness::differs;
    if (same == sameness::failed) return nullptr;
    if (same == sameness::differs) changed.emplace_back(a.name, had ? was->value : ref());
    if (had) old_attributes.erase(was);
  }
  opened.reset();
  for (attribute const& gone : old_attributes) changed.emplace_back(gone.name, gone.value);
  ref made = ref::take(adopt(parent, value, at, key, index, false));
  object_node* const n = made ? find_object(made.get()) : nullptr;
  if (!n) return made.release();
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
    if (node* child = item ? node_of(item.get()) : nullptr; child && owner_of(*child) == n) child->placed = at.epoch;
  }
  return made.release();
}

PyObject* succeed_kind(node& old, node const* other, PyObject* value, node& parent, place const& at, PyObject* key,
                       Py_ssize_t index) {
  switch (old.kind) {
    case node_kind::list:
      if (!is_kind(value, value_kind::list)) break;
      return succeed_list(*as_tracked_list(old.self), value, parent, at, key, index);
    case node_kind::dict:
      if (!is_kind(value, value_kind::dict) || as_tracked_dict(old.self)->odd_keys || has_odd_keys(value)) break;
      return succeed_dict(*as_tracked_dict(old.self), value, parent, at, key, index);
    case node_kind::set:
      if (!is_kind(value, value_kind::set) || !are_plain_elements(old.self) || !are_plain_elements(value)) break;
      return succeed_set(*as_tracked_set(old.self), value, parent, at, key, index);
    case node_kind::object:
      if (other || Py_TYPE(old.self) != Py_TYPE(value) || !is_clean(old, at)) break;
      return succeed_object(static_cast<object_node&>(old), value, parent, at, key, index);
    default: break;
  }
  return adopt(parent, value, at, key, index);
}

// ---- one range of a list --------------------------------------------------------------------------------------------

/// Leads the items of a range over to others, from left to right.
class range_editor {
 public:
  range_editor(tracked_list& l, place const& at, Py_ssize_t low, Py_ssize_t high, PyObject* items)
      : list_(l), at_(at), before_(l.n.self), items_(items), low_(low), old_end_(high), new_end_(PyTuple_GET_SIZE(items)) {}

  range_editor(range_editor const&) = delete;
  range_editor& operator=(range_editor const&) = delete;
  ~range_editor() {
    for (PyObject* item : result_) Py_DECREF(item);
    for (list_change const& edit : edits_) {
      Py_XDECREF(edit.value);
      Py_XDECREF(edit.before);
    }
  }

  int run() {
    if (!trim() || !walk()) {
      give_up();
      return -1;
    }
    return finish();
  }

 private:
  PyObject* old_at(Py_ssize_t i) const { return before_.items()[static_cast<std::size_t>(i)]; }
  PyObject* new_at(Py_ssize_t i) const { return PyTuple_GET_ITEM(items_, i); }
  sameness compare_at(Py_ssize_t i, Py_ssize_t k) {
    ++counted.slots_visited;
    sameness const same = compare(old_at(i), new_at(k), at_);
    failed_ = failed_ || same == sameness::failed;
    return same;
  }

  bool is_same(Py_ssize_t i, Py_ssize_t k) {
    sameness const same = compare_at(i, k);
    return same == sameness::keep || same == sameness::renew;
  }

  bool trim() {
    old_ = low_;
    while (old_ < old_end_ && new_ < new_end_ && compare_at(old_, new_) == sameness::keep) {
      ++old_;
      ++new_;
    }
    while (!failed_ && old_end_ > old_ && new_end_ > new_ && compare_at(old_end_ - 1, new_end_ - 1) == sameness::keep) {
      --old_end_;
      --new_end_;
    }
    start_ = position_ = old_;
    for (Py_ssize_t i = old_; i < old_end_; ++i) {
      if (node* n = node_of(old_at(i)); n && n->count == 1) n->index = i;
    }
    return !failed_;
  }

  bool walk() {
    while (new_ < new_end_) {
      if (old_ == old_end_) {
        if (!insert()) return false;
        continue;
      }
      sameness const same = compare_at(old_, new_);
      if (same == sameness::keep) {
        keep();
      } else if (failed_) {
        return false;
      } else if (same == sameness::renew) {
        if (!replace()) return false;
      } else if (Py_ssize_t const skip = find_old(); skip > 0) {
        for (Py_ssize_t i = 0; i < skip; ++i) remove();
      } else if (Py_ssize_t const more = find_new(); more > 0) {
        for (Py_ssize_t i = 0; i < more; ++i) {
          if (!insert()) return false;
        }
      } else if (failed_ || !replace()) {
        return false;
      }
    }
    while (old_ < old_end_) remove();
    return true;
  }

  /// How many old items to leave out to come to the one that the next new item is; 0: not found.
  Py_ssize_t find_old() {
    node* const n = node_of(new_at(new_));
    if (n && owner_of(*n) == &list_.n) {
      // A row of this list: it says itself where it stood. Where the next old one follows it in the new items, it was moved here.
      bool const is_here = n->index > old_ && n->index < old_end_ && old_at(n->index) == n->self;
      bool const was_moved = new_ + 1 < new_end_ && new_at(new_ + 1) == old_at(old_);
      return is_here && !was_moved ? n->index - old_ : 0;
    }
    for (Py_ssize_t skip = 1; skip <= look_ahead && old_ + skip < old_end_; ++skip) {
      if (is_same(old_ + skip, new_)) return skip;
      if (failed_) return 0;
    }
    return 0;
  }

  /// How many new items come before the old one that stands here; 0: not found.
  Py_ssize_t find_new() {
    for (Py_ssize_t more = 1; more <= look_ahead && new_ + more < new_end_; ++more) {
      if (is_same(old_, new_ + more)) return more;
      if (failed_) return 0;
    }
    return 0;
  }

  void keep() {
    result_.push_back(Py_NewRef(old_at(old_)));
    ++old_;
    ++new_;
    ++position_;
  }

  void remove() {
    edits_.push_back({list_change::remove, position_, nullptr, Py_NewRef(old_at(old_))});
    ++old_;
  }

  bool insert() {
    PyObject* const item = adopt(list_.n, new_at(new_), at_, nullptr, position_);
    if (!item) return false;
    result_.push_back(item);
    edits_.push_back({list_change::insert, position_, Py_NewRef(item), nullptr});
    ++new_;
    ++position_;
    return true;
  }

  bool replace() {
    PyObject* const old = old_at(old_);
    PyObject* const item = succeed(list_.n, old, new_at(new_), at_, nullptr, position_);
    if (!item) return false;
    result_.push_back(item);
    edits_.push_back({list_change::set, position_, Py_NewRef(item), Py_NewRef(old)});
    ++old_;
    ++new_;
    ++position_;
    return true;
  }

  int finish() {
    if (edits_.empty()) return 0;
    auto* const list = list_.n.self;
    ref const items = ref::take(PyList_New(static_cast<Py_ssize_t>(result_.size())));
    if (!items) {
      give_up();
      return -1;
    }
    for (std::size_t i = 0; i < result_.size(); ++i) {
      PyList_SET_ITEM(items.get(), static_cast<Py_ssize_t>(i), Py_NewRef(result_[i]));
      // Hints of the ones that stay are right again at no further cost.
      if (node* n = node_of(result_[i])) n->index = start_ + static_cast<Py_ssize_t>(i);
    }
    if (PyList_SetSlice(list, start_, old_end_, items.get()) < 0) {
      give_up();
      return -1;
    }
    std::vector<ref> gone;
    for (list_change const& edit : edits_) {
      if (edit.before) gone.push_back(ref::share(edit.before));
    }
    note_edits(list_, at_, std::exchange(edits_, {}), before_.items());
    for (ref const& item : gone) release(list_.n, item.get(), at_);
    return 0;
  }

  void give_up() {
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    for (list_change const& edit : edits_) {
      if (edit.value) let_go(list_.n, edit.value);
      if (node* n = edit.before ? node_of(edit.before) : nullptr) repossess(*n);
    }
    PyErr_Restore(type, value, trace);
  }

  tracked_list& list_;
  place const& at_;
  list_image const before_;
  PyObject* const items_;
  Py_ssize_t const low_;
  Py_ssize_t old_end_;
  Py_ssize_t new_end_;
  Py_ssize_t old_ = 0;
  Py_ssize_t new_ = 0;
  Py_ssize_t start_ = 0;
  Py_ssize_t position_ = 0;  // in the list as the edits lead it over
  std::vector<PyObject*> result_;
  std::vector<list_change> edits_;
  bool failed_ = false;
};

}  // namespace

int edit_range(tracked_list& l, place const& at, Py_ssize_t low, Py_ssize_t high, PyObject* items) {
  return range_editor(l, at, low, high, items).run();
}

sameness compare(PyObject* old, PyObject* value, place const& at) {
  if (same_scalar(old, value)) return sameness::keep;
  if (old == value) {
    int const opaque = is_opaque(value);
    return opaque < 0 ? sameness::failed : opaque ? sameness::differs : sameness::keep;
  }
  if (PyUnicode_CheckExact(value) || PyLong_CheckExact(value) || PyFloat_CheckExact(value) || value == Py_None) {
    return sameness::differs;
  }
  node* const n = node_of(old);
  if (!n) return compare_encodings(old, value);
  // A detached node is adopted as it is; so is a row of the same list.
  if (node const* other = node_of(value); other && ((!owner_of(*other) && !other->succeeded) || owner_of(*other) == owner_of(*n))) {
    return sameness::differs;
  }
  switch (n->kind) {
    case node_kind::list: return is_kind(value, value_kind::list) ? compare_lists(old, value, at) : sameness::differs;
    case node_kind::dict: return is_kind(value, value_kind::dict) ? compare_dicts(old, value, at) : sameness::differs;
    case node_kind::set: return is_kind(value, value_kind::set) ? compare_sets(old, value) : sameness::differs;
    case node_kind::object: return compare_objects(static_cast<object_node&>(*n), value, at);
    default: return sameness::differs;
  }
}

PyObject* succeed(node& parent, PyObject* old, PyObject* value, place const& at, PyObject* key, Py_ssize_t index) {
  node* const n = node_of(old);
  node* const other = n ? node_of(value) : nullptr;
  bool const is_moved = other && parent.kind == node_kind::list && owner_of(*other) == &parent;
  // Where the old value is told whole anyway, or stands in two places, there is nothing to go on from.
  bool const can = n && !is_moved && n != other && owner_of(*n) == &parent && n->count == 1 && at.root && !is_fresh(*n, at) &&
                   !(other && ((!owner_of(*other) && !other->succeeded) || is_at_or_above(*other, parent)));
  // One that is a successor itself may be named by edits of its list, which must go on to the next one.
  change_log* const changes = can && parent.kind == node_kind::list && n->born == at.log->stretch() ? parent.changes : nullptr;
  if (!can || (changes && changes->edits.size() > most_renamed)) return adopt(parent, value, at, key, index);
  PyObject* const made = succeed_kind(*n, other, value, parent, at, key, index);
  if (made && changes) changes->rename(old, made);
  return made;
}

}  // namespace statelink::python
