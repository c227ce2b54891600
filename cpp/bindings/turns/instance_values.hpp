// The values of one instance as Python objects: the engine's value_source over a store, with its
// computed vars.
#pragma once

#include <Python.h>

#include <cstdint>
#include <string>
#include <vector>

#include "statelink/engine.hpp"
#include "statelink/ids.hpp"
#include "statelink/value_source.hpp"
#include "turns/state_class.hpp"
#include "values/ref.hpp"
#include "values/store.hpp"

namespace statelink::python {

class runtime;
struct turn_object;
struct client_record;
class computation;

/// What one run of a computed var read: a slot of a store at a version.
struct dependency {
  store* in;
  std::size_t slot;
  std::uint64_t version;
};

/// What a run read: slots of stores at versions, and perhaps the router.
struct readings {
  std::vector<dependency> slots;
  std::uint64_t router = 0;  ///< its version; 0: not read
};

/// Loop thread, with the GIL.
class instance_values final : public value_source {
 public:
  /// `values` is a new reference that this takes over. `owner` is null for a room; `of` for values
  /// outside of an engine.
  instance_values(state_class_ptr cls, store* values, instance_no no, client_record* owner,
                  engine const* of, runtime& run_by);
  ~instance_values() override;

  static instance_values* of(store* s) noexcept {
    return static_cast<instance_values*>(store_context(s));
  }

  store* values() const noexcept { return values_; }
  state_class_record const& cls() const noexcept { return *cls_; }
  instance_no no() const noexcept { return no_; }
  client_record* owner() const noexcept { return owner_; }
  /// It has become a room.
  void lose_owner() noexcept { owner_ = nullptr; }
  /// The turn that may write, or null.
  turn_object* writer() const noexcept { return writer_; }
  /// `handler` lives as long as the app.
  void set_writer(turn_object* t, char const* handler = nullptr) noexcept {
    writer_ = t;
    if (handler) last_handler_ = handler;
  }
  /// Whose turn it was last, for messages.
  char const* last_handler() const noexcept { return last_handler_; }

  /// Takes over what the shared computed vars are on the defaults, as committed. REQUIRES: nobody
  /// has read or written it. 0, or -1 with an exception set.
  int start_from(instance_values const& defaults);

  /// The guide's `_linked_to` and `_linked_from`. New references.
  PyObject* linked_to() const;
  PyObject* linked_from() const;

  /// Somebody linked or unlinked; computed vars that read the links are stale.
  void links_changed() noexcept { ++links_version_; }
  std::uint64_t version(std::size_t slot) const noexcept {
    if (slot == links_slot) return links_version_;
    return slot == identity_slot ? 0 : store_slot_version(values_, slot);
  }

  /// The value of a shared computed var, borrowed, run again where what it read has changed; null
  /// with an exception set, or without one where the var has turned out to be personal.
  /// `lasting`: time does not count, for who reads outside of a turn: the value is a committed one.
  PyObject* computed(std::size_t index, bool lasting);
  /// Brings every shared computed var up to date: for the commit of a turn that was here also those
  /// that time alone makes run. 0, or -1 with an exception set.
  int update_computed();
  /// Whether anything that a commit must look at has happened, or may have.
  bool is_touched() const noexcept {
    return store_is_changed(values_) || links_version_ != committed_links_ || restless_;
  }
  /// Makes the initial values what clients see of those that have none yet. 0, or -1 with an
  /// exception set.
  int set_initial_values();
  /// Encodes the operations since the last commit, for commit_ops to hand on. 0, or -1 with an
  /// exception set.
  int prepare(bool append_allowed);

  /// Personal computed vars that read something here, and those that wait for the turn that is at
  /// it.
  std::vector<computation*> dependents;
  std::vector<computation*> waiters;
  /// How many vars have turned out to be personal in this process: grows.
  static std::size_t turned_personal;

  // value_source
  bool commit_ops(std::string& out) override;
  void encode_snapshot(std::string& out) override;
  void undo()
      override;  ///< forgets what was prepared; the values are put back by the turn's undo_log

 private:
  struct computed_state {
    readings read;
    bool known = false;
    bool running = false;
    std::int64_t at = 0;  ///< of its last run
  };
  /// `lasting`: time does not count.
  bool is_fresh(std::size_t index, bool lasting) const noexcept;
  int run(std::size_t index);
  /// Runs those that are not fresh until all are. 0, or -1 with an exception set.
  int run_stale(bool lasting);

  state_class_ptr const cls_;
  store* const values_;
  instance_no const no_;
  client_record* owner_;
  engine const* const engine_;
  runtime& run_by_;
  bool const restless_;
  turn_object* writer_ = nullptr;
  char const* last_handler_ = "none";
  std::vector<computed_state> computed_;
  std::uint64_t links_version_ = 1;
  std::uint64_t committed_links_ = 1;
  std::string prepared_;
};

/// While one is current, reads of vars are recorded: dependencies of the computed var that runs.
class recorder {
 public:
  recorder() noexcept : outer_(current_) { current_ = this; }
  ~recorder() { current_ = outer_; }
  recorder(recorder const&) = delete;
  recorder& operator=(recorder const&) = delete;

  /// Goes on with what an earlier step has read.
  explicit recorder(readings before) noexcept : recorder() { read_ = std::move(before); }

  static bool is_recording() noexcept { return current_ != nullptr; }
  static void note(store* in, std::size_t slot);
  static void note_router(std::uint64_t version) noexcept {
    if (current_ && !current_->read_.router) current_->read_.router = version;
  }
  /// Somebody used a value that was made from these.
  static void note(readings const& made_from);
  readings take() noexcept { return std::move(read_); }
  readings const& so_far() const noexcept { return read_; }
  /// Notes the vars that a computed var names as its inputs. 0, or -1 with an exception set.
  static int note_deps(computed_var const& var, PyObject* view);

 private:
  static recorder* current_;
  recorder* outer_;
  readings read_;
};

}  // namespace statelink::python
