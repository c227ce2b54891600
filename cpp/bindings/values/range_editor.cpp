// One range of a list is led over to other items, from left to right.
#include "adopt.hpp"
#include "counters.hpp"
#include "list_edits.hpp"
#include "reassign.hpp"
#include "sameness.hpp"
#include "undo_log.hpp"

namespace statelink::python {
namespace {

/// How many items further on a match is looked for, where two sequences part.
constexpr Py_ssize_t look_ahead = 8;

class range_editor {
 public:
  range_editor(tracked_list& l, place const& at, Py_ssize_t low, Py_ssize_t high, PyObject* items)
      : list_(l),
        at_(at),
        before_(l.n.self),
        items_(items),
        low_(low),
        old_end_(high),
        new_end_(PyTuple_GET_SIZE(items)) {}

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
    while (!failed_ && old_end_ > old_ && new_end_ > new_ &&
           compare_at(old_end_ - 1, new_end_ - 1) == sameness::keep) {
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
      // A row of this list: it says itself where it stood. Where the next old one follows it in the
      // new items, it was moved here.
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

}  // namespace statelink::python
