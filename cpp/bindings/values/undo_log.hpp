// What a turn has changed since its last commit, over all the stores it touches, so that it can be
// taken back.
#pragma once

#include <Python.h>

#include <cstdint>
#include <vector>

#include "ref.hpp"

namespace statelink::python {

struct store;
struct node;

/// One per turn. A node that was part of an entered store goes on noting its changes here when it
/// is detached, until the next discard or rollback. Loop thread, with the GIL. Not copyable; must
/// outlive the stores' stay in it.
class undo_log {
 public:
  undo_log() noexcept;
  /// The log that `sole` uses while it has entered no other: keeps no reference to it.
  explicit undo_log(store* sole) noexcept;
  undo_log(undo_log const&) = delete;
  undo_log& operator=(undo_log const&) = delete;
  /// Discards, and leaves every store.
  ~undo_log();

  /// The changes of `s` are noted here from now on. REQUIRES: s is unchanged and in no other log.
  void enter(store* s);
  /// REQUIRES: s was entered here; its changes were discarded or rolled back.
  void leave(store* s);

  /// The present values are the committed ones.
  void discard();
  /// Puts the values of the last commit back, into the same objects. Never fails.
  void rollback();

  bool empty() const noexcept;

  // For the tracked types of this room.

  /// A number that no other stretch between two commits has.
  std::uint64_t stretch() const noexcept { return stretch_; }
  /// `n` has a change log for the first time in this stretch.
  void add_touched(node& n);
  /// Slots of `s` have values to put back.
  void add_store(store* s);
  /// `n` has left its owner: it goes on noting here.
  void add_detached(node& n);
  /// `n` stands more than once in its list.
  void add_repeated(node& n);
  /// What `from` owned belongs to its successor now; a rollback gives it back.
  void add_succeeded(node& from);

  std::vector<node*> const& touched() const noexcept { return touched_; }
  /// Gives each place of a node that stands more than once in its list a node of its own. -1 with
  /// an exception set.
  int separate_repeated();

 private:
  void forget();

  std::uint64_t stretch_;
  store* sole_ = nullptr;        // borrowed
  std::vector<store*> entered_;  // strong
  std::vector<store*> stores_;   // strong, but for sole_
  std::vector<node*> touched_;   // strong, as are the next three
  std::vector<node*> detached_;
  std::vector<node*> repeated_;
  std::vector<node*> succeeded_;
};

}  // namespace statelink::python
