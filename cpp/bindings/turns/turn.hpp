// One handler run, from its locks to its commit.
#pragma once

#include <Python.h>

#include <cstdint>
#include <string>
#include <vector>

#include "statelink/engine.hpp"
#include "statelink/lock_table.hpp"
#include "turns/view.hpp"
#include "values/undo_log.hpp"

namespace statelink::python {

class runtime;
struct client_record;
struct handler_record;
struct background_object;
enum class own_step : std::uint8_t;

/// A task of a turn waits for a lock.
struct lock_wait {
  lock_key key;  ///< none: for all that go_on() asked for
  ref future;    ///< asyncio's
  bool granted = false;
};

/// What a handler returned or yielded: an event that runs after it, or a message to its client.
struct follow_up {
  handler_record const* handler = nullptr;  ///< null: a message
  ref bound;                                ///< arguments by name, a dict
  std::string message;                      ///< a frame's JSON text
};

/// What a turn holds and has done. Loop thread, with the GIL.
struct turn_state {
  turn_object* self = nullptr;             ///< the object that owns this
  handler_record const* record = nullptr;  ///< null where no handler runs
  turn_no no;
  runtime* run_by = nullptr;
  client_record* client = nullptr;  ///< null where no client is involved
  ref router;                       ///< what its views have as router; none without a client
  std::string handler;              ///< for messages
  event_id event = 0;               ///< 0: no event is to be answered
  std::uint64_t load = 0;           ///< an on_load handler's: client_record::page, else 0
  turn engine_turn;
  undo_log undo;
  std::vector<instance_values*> entered;
  std::vector<instance_values*>
      changed;                 ///< by its last commit, also without anything that travels
  bool has_committed = false;  ///< at its last end or yield; false: it was undone
  std::vector<instance_values*> changed_ever;  ///< by any of its commits
  std::vector<view_object*> views;             ///< strong; one per state class
  /// While a generator is between a yield and its going on: what it will enter again.
  std::vector<instance_values*> paused;
  bool is_paused = false;
  bool reported_holding = false, reported_waiting = false;  ///< its slow locks have been logged
  std::vector<lock_wait> waits;       ///< several where tasks of the handler wait at once
  std::size_t requests = 0;           ///< _link_to and _unlink that were called and not awaited
  std::vector<follow_up> follow_ups;  ///< for when it has committed
  background_object* background = nullptr;  ///< whose block it is; it outlives the block
  own_step step{};                          ///< none where it is a handler's
  instance_no step_in;  ///< what its client leaves or comes back to; none: there is nothing to do
  bool step_began = false;        ///< it had its locks
  std::vector<class_no> hooking;  ///< classes whose on_join or on_leave run in it
  ref failed_hook;               ///< what one of them raised: the turn cannot be committed any more
  turn_object* outer = nullptr;  ///< strong: in whose code a change from outside was begun
  bool over = false;
};

/// The Python object that views and the asyncio side hold.
struct turn_object {
  PyObject_HEAD turn_state* state;
};

/// A new reference, or null with an exception set.
turn_object* turn_new(runtime& run_by, turn_no no, client_record* client, std::string handler);
bool is_turn(PyObject* object) noexcept;
/// The handler's name, as UTF-8.
char const* turn_handler(turn_object const* t) noexcept;

/// Enters an instance whose lock the turn holds. No-op where it has.
void turn_enter(turn_state& t, instance_values& values);
/// The view of a class, made when needed, on what its client sees now. Borrowed; null with an
/// exception set.
view_object* turn_view(turn_state& t, class_no cls);
/// The view of a room, for a turn without a client. Borrowed; null with an exception set.
view_object* turn_room_view(turn_state& t, instance_values& room);
/// Leads the views of a class to what the client sees now: it linked or unlinked.
void turn_relink_views(turn_state& t, class_no cls);
/// Makes what the turn did true for everybody. -1 with an exception set, nothing committed: roll
/// back.
int turn_commit(turn_state& t);
void turn_rollback(turn_state& t);
/// Leaves everything that was entered, to enter it again. REQUIRES: committed.
void turn_pause(turn_state& t);
/// Enters again what turn_pause left. REQUIRES: its locks are held.
void turn_go_on(turn_state& t);
/// Leaves everything that was entered; views end.
void turn_end(turn_state& t);

/// The turn whose code runs now: the one that runs natively, else the one of the current asyncio
/// context; none on any other thread than the loop thread. Borrowed, may be null.
turn_object* current_turn();
/// Whether code of `t` runs now, under its locks: also that of a change from outside which is made
/// within it.
bool is_running(turn_object const* t);

/// Makes a turn the one that runs natively, as long as it lives.
class running_turn {
 public:
  explicit running_turn(turn_object* t) noexcept : outer_(now_) {
    now_ = t;
    thread_ = PyThread_get_thread_ident();
  }
  ~running_turn() { now_ = outer_; }
  running_turn(running_turn const&) = delete;
  running_turn& operator=(running_turn const&) = delete;

 private:
  friend turn_object* current_turn();
  static turn_object* now_;
  static unsigned long thread_;  // only there is it the running one
  turn_object* outer_;
};

/// A context variable's value for asyncio code that goes on with `t`. -1 with an exception set.
int set_context_turn(turn_object* t);

/// Adds Turn to the module and guards every write to a state. 0, or -1 with an exception set.
int register_turns(PyObject* module);

}  // namespace statelink::python
