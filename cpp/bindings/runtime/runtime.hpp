// The loop thread's half of a running app: takes what the server received, runs handlers, commits,
// hands over.
//
// One per started app, on one asyncio loop. Sync handlers, and async ones that never really wait,
// run from drain() without any asyncio object. A coroutine that does suspend is carried on by a
// task of the Python side (statelink/_workers.py), which ends with finish().
#pragma once

#include <Python.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/engine.hpp"
#include "link/lock_table.hpp"
#include "net/server.hpp"
#include "runtime/client_record.hpp"
#include "runtime/handler_record.hpp"
#include "turns/turn.hpp"

namespace statelink::python {

struct reading_object;

/// What the runtime asks of the Python side: attributes of one object, looked up once.
struct python_side {
  ref object;
  ref make_router;  ///< (client_token, session_id, address, headers, path) -> what handlers see as
                    ///< self.router
  ref describe;     ///< (exception) -> text for the client
  ref describe_invalid;        ///< (exception of a validator) -> text for the client
  ref report;                  ///< (handler, exception): logs an error
  ref run_generator;           ///< (turn, generator) -> coroutine
  ref report_computed;         ///< (var, exception): logs an error
  ref report_lock;             ///< (handler, holder, seconds, held): logs a slow lock
  ref take_worker;             ///< () -> a worker: has .task and .context
  ref give_worker;             ///< (worker, whether its context is as it was): it was not needed
  ref carry_on;                ///< (worker, turn, coroutine, what it yielded)
  ref enter_task, leave_task;  ///< asyncio's: (loop, task)
  ref current_task;            ///< asyncio's: (loop) -> task or None
  ref cancelled_error, deadlock_error;  ///< exception classes
  ref drain_soon;                       ///< (): calls drain() from the loop
  ref make_page;                        ///< (page number, path) -> (status, content type, body)
};

class runtime {
 public:
  runtime(config limits, PyObject* loop, PyObject* side);
  ~runtime();
  runtime(runtime const&) = delete;
  runtime& operator=(runtime const&) = delete;

  // --- before the first client
  class_no define(state_class_ptr cls, std::string name);
  void add_handler(std::string name, class_no cls, PyObject* function, PyObject* validator);

  /// The thread of its asyncio loop: only there may states be written.
  unsigned long thread() const noexcept { return thread_; }
  engine& core() noexcept { return engine_; }
  server& net() noexcept { return server_; }

  // --- asyncio side
  /// Runs everything that was received and everything that became ready. False with an exception
  /// set (KeyboardInterrupt, a bug).
  bool drain();
  /// A turn that had suspended is over: with an exception or None.
  void finish(turn_object* t, PyObject* result, PyObject* exception);
  /// Ends clients that have been away for too long. Now and then.
  void expire();
  /// From now on nothing new is begun: no event, no computed var. What runs can end.
  void wind_down() noexcept { winding_down_ = true; }
  /// Handlers that run now are not waited for; sessions are closed with this code and reason.
  void stop(std::uint16_t code, std::string reason);

  // --- turns
  /// Takes the lock of what the turn's client sees of a class. New reference: None when the turn
  /// has it, else an asyncio future to await before asking again. Null with an exception set
  /// (DeadlockError).
  PyObject* lock_visible(turn_object* t, class_no cls);
  /// The same for a link: takes the room's lock, links. New reference: the view, or a future.
  PyObject* link(turn_object* t, class_no cls, std::string const& link_token);
  PyObject* unlink(turn_object* t, class_no cls);
  /// The wait with this future was cancelled.
  void stop_waiting(turn_object* t, PyObject* future);
  /// Commits and gives all locks back. 0, or -1 with an exception set: the turn is to fail.
  int pause(turn_object* t);
  /// Takes them again. New reference as in lock_visible.
  PyObject* go_on(turn_object* t);
  /// Logs locks that have been held or awaited for longer than config::slow_lock, each once.
  void report_slow_locks();

  instance_values& visible(client_record const& c, class_no cls);

  // --- personal computed vars
  computation& computation_of(client_record& c, state_class_record const& cls, std::size_t index);
  /// Whether its last run read nothing that has changed since.
  bool is_fresh(computation const& c);
  bool sees(client_record const& c, instance_values const& in) {
    return &visible(c, class_number(in.cls())) == &in;
  }
  /// Whether nobody is at an instance: its values are committed ones.
  bool is_readable(instance_values const& in) const noexcept;
  /// Looks at `c` again when the turn that is at `in` commits or is rolled back.
  void wait_for(computation& c, instance_values& in);
  /// A run that had suspended is over: with an exception or None.
  void finish_reading(reading_object* r, PyObject* result, PyObject* exception);

  state_class_record const& class_record(class_no cls) const { return *classes_[cls.value - 1]; }
  /// None with an exception set where the class is not served by this app.
  class_no class_number(PyObject* cls) const;
  class_no class_number(state_class_record const& cls) const { return class_numbers_.at(&cls); }

  /// Counted for tests and the operator.
  struct counts {
    std::uint64_t turns = 0;
    std::uint64_t hand_overs = 0;
    std::uint64_t suspended = 0;  ///< turns that needed an asyncio task
  };
  counts const& counted() const noexcept { return counts_; }

 private:
  void receive(inbound_event const& e);
  void receive(inbound_hello const& h);
  void receive(inbound_closed const& c);
  void receive(inbound_snapshot_request const& r) { engine_.renew_snapshot(r.journal); }
  void receive(inbound_page_request const& r);

  client_record& client_of(client_no no) { return *clients_.at(no); }
  std::unique_ptr<value_source> make_values(class_no cls, instance_no no, client_no owner);

  void start(client_record& c, pending_event event);
  void start_next(client_record& c);
  /// Commits a room whose audience has changed while no turn did it.
  void refresh(instance_no room);
  /// Runs a turn when it has its first locks: now, or when they are given back.
  void run_with_locks(turn_object* t);
  /// Takes the turn's first locks; false: it waits, or has an exception set (DeadlockError).
  bool take_first_locks(turn_state& t);
  void run(turn_object* t);
  void step_first(turn_object* t, PyObject* coroutine);
  void succeed(turn_object* t, PyObject* result);
  /// Takes the set exception.
  void fail(turn_object* t);
  void refuse(turn_object* t, std::string_view code, std::string const& message);
  void close_turn(turn_object* t);

  struct first_step {
    PySendResult sent = PYGEN_ERROR;
    ref given;   ///< what it returned or yielded
    ref error;   ///< PYGEN_ERROR
    ref worker;  ///< PYGEN_NEXT: carries it on
  };
  /// Runs a coroutine's first step as the current task and in the context of a worker. `t`: whose
  /// code it is, or null.
  first_step take_first_step(PyObject* coroutine, turn_object* t);

  /// Runs what depends on what a turn has committed, and what waited for it, before its locks are
  /// passed on.
  void settle(turn_object* t);
  void look_at(computation& c);
  void look_at_all(client_record& c);
  /// The client is about to end: nobody looks at its computed vars again.
  void forget_waiters(client_record const& c);
  /// Takes the set exception where there is no value.
  void end_reading(reading_object* r, ref const& value);
  void report_computed(computation& c);
  /// `actor`: the turn whose own overlays become part of what its answer follows.
  void commit_overlays(turn_state* actor);
  /// Answers the turn's event; not before its client's own personal computed vars have taken it in.
  void answer(turn_state& t, std::string code = {}, std::string message = {});
  void tell_hydrated(client_record& c);
  std::vector<awaited_runs> runs_in_flight(client_record& c,
                                           std::vector<instance_values*> const* about);
  void say(client_record& c, pending_answer const& a);
  void computation_settled(computation const& c);
  void granted(std::vector<turn_no> const& turns);
  lock_key key_of(instance_no no) const;
  /// New reference as in lock_visible.
  PyObject* take_lock(turn_object* t, lock_key key);
  void raise_deadlock(turn_state const& t, lock_answer const& answer);
  PyObject* wait_or_raise(turn_object* t, lock_key key, lock_answer const& answer);
  /// Tasks of the turn that wait for locks ask again, and are told what has become of it.
  void wake_waits(turn_state& t);
  std::int64_t now() const;
  void run_ready();
  void hand_over();
  void hand_over_if_old();
  void schedule_drain();
  void set_flow(client_record& c);

  undo_log overlay_log_;  // of all overlays, which the engine owns: it goes last
  engine engine_;
  server server_;
  unsigned long const thread_ = PyThread_get_thread_ident();
  lock_table locks_;
  ref loop_;
  python_side side_;
  std::vector<state_class_ptr> classes_;
  std::vector<std::unique_ptr<instance_values>>
      defaults_;  // by class: an instance that stays as it is made
  std::unordered_map<state_class_record const*, class_no> class_numbers_;
  std::unordered_map<PyTypeObject const*, class_no> class_numbers_by_type_;
  std::vector<std::unique_ptr<handler_record>> handlers_;
  std::unordered_map<std::string, handler_record const*> handlers_by_name_;
  std::unordered_map<client_no, std::unique_ptr<client_record>> clients_;
  std::unordered_map<session_no, client_record*> sessions_;

  std::unordered_map<turn_no, turn_object*> turns_;  // open ones, strong
  std::unordered_map<turn_no, pending_event>
      not_started_;                      // their event, until their first locks are granted
  std::deque<turn_object*> ready_;       // granted their first locks
  std::deque<client_no> ready_clients_;  // whose next event can start
  std::uint64_t last_turn_ = 0;
  inbound_batch inbound_;
  std::int64_t last_hand_over_ = 0;
  bool draining_ = false;
  bool winding_down_ = false;
  ref context_;  // the one in which the app was started
  std::vector<overlay_values*> touched_overlays_;
  turn_object* settling_ = nullptr;  // has committed and not yet passed on its locks
  std::size_t personal_seen_ = 0;
  counts counts_;
};

}  // namespace statelink::python
