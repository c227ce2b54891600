// The loop thread's half of a running app: takes what the server received, runs handlers, commits,
// hands over.
//
// One per started app, on one asyncio loop. Sync handlers, and async ones that never really wait,
// run from drain() without any asyncio object. A coroutine that does suspend is carried on by a
// task of the Python side (statelink/_workers.py), which ends with finish().
#pragma once

#include <Python.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "runtime/client_record.hpp"
#include "runtime/handler_record.hpp"
#include "statelink/engine.hpp"
#include "statelink/lock_table.hpp"
#include "statelink/server.hpp"
#include "turns/turn.hpp"

namespace statelink::python {

struct background_object;
struct reading_object;

/// What the runtime asks of the Python side: attributes of one object, looked up once.
struct python_side {
  ref object;
  ref load_page;    ///< (client_token, session_id, address, headers, path) -> (what handlers see as
                    ///< self.router, the page's on_load handlers as in read_follow_ups)
  ref change_page;  ///< (router, path) -> likewise
  ref apply_stored;  ///< (client number, wait, client_token, JSON text, first): takes the values
                     ///< over; then, where it is the first, calls end_wait_for_stored()
  ref describe;      ///< (exception) -> text for the client
  ref describe_invalid;          ///< (exception of a validator) -> text for the client
  ref report;                    ///< (handler, exception): logs an error
  ref read_follow_ups;           ///< (turn, what its handler returned or yielded) -> list of
                                 ///< (handler's name, its arguments) and of messages, JSON text
  ref run_generator;             ///< (turn, generator) -> coroutine
  ref run_background_generator;  ///< (background, async generator) -> coroutine
  ref report_computed;           ///< (var, exception): logs an error
  ref report_lock;               ///< (handler, holder, seconds, held): logs a slow lock
  ref take_worker;               ///< () -> a worker: has .task and .context
  ref give_worker;               ///< (worker, whether its context is as it was): it was not needed
  ref carry_on;                  ///< (worker, turn, coroutine, what it yielded)
  ref enter_task, leave_task;    ///< asyncio's: (loop, task)
  ref current_task;              ///< asyncio's: (loop) -> task or None
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
  void add_handler(std::string name, class_no cls, PyObject* function, PyObject* validator,
                   bool is_open, bool is_background);
  /// What runs when a client joins or leaves a room of a class that may be linked; None: nothing.
  void add_hooks(class_no cls, PyObject* on_join, PyObject* on_leave);

  /// Which vars browsers keep, see engine; empty: none.
  void set_storage_vars(std::string json);

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
  /// The clock of everything that is decided by time; none: a steady one. Nanoseconds, which do not
  /// go back.
  void set_clock(std::optional<std::int64_t> now) noexcept { clock_ = now; }
  /// Does what is due by the clock: clients leave, clients and rooms end, slow locks are logged. Now
  /// and then. As drain().
  bool look_at_the_clock();
  /// From now on nothing new is begun: no event, no computed var. What runs can end.
  void wind_down() noexcept { winding_down_ = true; }
  /// Handlers that run now are not waited for; sessions are closed with this code and reason.
  void stop(std::uint16_t code, std::string reason);

  // --- pages: runtime_loading.cpp
  /// The values that a client's page has waited for are there, or it waits no longer.
  void end_wait_for_stored(client_no no, std::uint64_t wait);

  // --- turns
  /// Takes the lock of what the turn's client sees of a class. New reference: None when the turn
  /// has it, else an asyncio future to await before asking again. Null with an exception set
  /// (DeadlockError).
  PyObject* lock_visible(turn_object* t, class_no cls);
  /// The same for a link: takes the room's lock, links. New reference: the view, or a future.
  PyObject* link(turn_object* t, class_no cls, std::string const& link_token);
  PyObject* unlink(turn_object* t, class_no cls);
  /// Takes the locks that link() or unlink() needs. New reference: whether it would change anything,
  /// or a future. Null with an exception set where it would raise.
  PyObject* may_link(turn_object* t, class_no cls, std::string const& link_token);
  PyObject* may_unlink(turn_object* t, class_no cls);
  /// The wait with this future was cancelled.
  void stop_waiting(turn_object* t, PyObject* future);
  /// Commits and gives all locks back. 0, or -1 with an exception set: the turn is to fail.
  int pause(turn_object* t);
  /// Takes them again. New reference as in lock_visible.
  PyObject* go_on(turn_object* t);
  /// Takes the client's lock and enters its own instance of a class, linked or not. New reference:
  /// None, or a future as in lock_visible.
  PyObject* enter_own(turn_object* t, class_no cls);
  /// The same for a turn that has the lock. Null with an exception set where it has not.
  instance_values* own_values(turn_object* t, class_no cls);
  /// The client's own instance, to be read.
  instance_values& own_values(client_record const& c, class_no cls);
  /// Logs locks that have been held or awaited for longer than config::slow_lock, each once.
  void report_slow_locks();

  // --- turns that no event began: a background handler's block, a change from outside
  /// Begins one; it has no locks yet. `c` is null where no client is involved. New reference, or
  /// null with an exception set.
  turn_object* open_turn(client_record* c, std::string handler);
  /// Takes the client's lock and those of what it sees of a class and of the class's parents. New
  /// reference: the view, or a future to await before asking again.
  PyObject* enter(turn_object* t, class_no cls);
  /// Takes the lock of a token's room, or of that client's own instance. New reference likewise; the
  /// view has no client.
  PyObject* enter_room(turn_object* t, class_no cls, std::string const& link_token);
  /// Ends such a turn: commits it, or undoes it where there is an exception. 0, or -1 with an
  /// exception set: it could not be committed and was undone.
  int close_outside(turn_object* t, PyObject* exception);
  /// Such a turn, of no client, is made within the code of another one, which waits for it.
  void begin_within(turn_object* t, turn_object* outer);
  void end_within(turn_object* outer, turn_no inner);
  /// False with an exception set: the other one itself holds the lock.
  bool can_enter_within(turn_object const* t, lock_key key);
  /// Null where there is no such client (any more).
  client_record* find_client(std::string_view client_token);
  client_record* find_client(client_no no) {
    auto const found = clients_.find(no);
    return found == clients_.end() ? nullptr : found->second.get();
  }

  /// The client tokens of clients that have an open socket.
  std::vector<std::string> connected() const;

  /// What a handler returned or yielded: runs and sends it when the turn has committed. 0, or -1 with
  /// an exception set.
  int follow_up_with(turn_object* t, PyObject* what);

  // --- background handlers
  /// One that had suspended is over: with an exception or None.
  void finish_background(background_object* b, PyObject* result, PyObject* exception);
  /// What one yielded or returned outside of a block: runs and sends it. 0, or -1 with an exception
  /// set.
  int follow_up_now(background_object* b, PyObject* what);

  instance_values& visible(client_record const& c, class_no cls);

  // --- personal computed vars
  computation& computation_of(client_record& c, state_class_record const& cls, std::size_t index);
  /// Whether its last run read nothing that has changed since.
  bool is_fresh(computation const& c);
  /// Whether what it read at an instance's slot is still what the client sees.
  bool sees(client_record const& c, instance_values const& in, std::size_t slot) {
    return &visible(c, class_number(in.cls())) == &in ||
           (in.owner() == &c && is_stored(in.cls(), slot));
  }
  /// The result of a shared computed var's coroutine. One that suspends has NeedsClient set: nobody
  /// can wait for it. None with an exception set.
  ref run_to_end(PyObject* coroutine, char const* name);
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

  /// Nanoseconds of its clock.
  std::int64_t now() const;

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
  void receive(inbound_page const& p);
  void receive(inbound_stored const& s);
  void receive(inbound_closed const& c);
  void receive(inbound_snapshot_request const& r) { engine_.renew_snapshot(r.journal); }
  void receive(inbound_page_request const& r);

  /// What `load_page` or `change_page` gave becomes the client's page; its on_load handlers are to
  /// run. -1 with an exception set.
  int take_page(client_record& c, ref const& loaded, std::string path, bool runs_on_load);
  /// The on_load handlers of the client's page become its next events, and what was held goes
  /// behind them.
  void begin_load(client_record& c);
  /// begin_load(), when the client has said what it keeps where it keeps something.
  void begin_load_or_wait(client_record& c);
  /// Ends waits for stored values that have lasted for config::hello_timeout.
  void end_late_waits();
  /// One of them is over.
  void on_load_ended(client_record& c, std::uint64_t load);
  /// Tells the client that it is hydrated, where its page has loaded.
  void tell_loaded(client_record& c);
  /// An event is next, or waits.
  void take_event(client_record& c, pending_event event);

  client_record& client_of(client_no no) { return *clients_.at(no); }
  std::unique_ptr<value_source> make_values(class_no cls, instance_no no, client_no owner);

  void start(client_record& c, pending_event event);
  /// Puts an event that a handler made behind those that wait.
  void enqueue(client_record& c, pending_event event);
  void release_follow_ups(turn_state& t);
  /// Reads what a handler gave. 0, or -1 with an exception set.
  int read_follow_ups(PyObject* origin, PyObject* what, std::vector<follow_up>& into);
  /// Puts one where it belongs: behind the client's events, or on its way to the client's page,
  /// after what `of` (may be null) has changed.
  void release(client_record& c, turn const& after, ref router, follow_up f, turn_state const* of);

  /// Validates the event's arguments: a dict by name, or none where the handler takes none. False:
  /// `problem` says to the client why not, or an exception that ends all is set.
  bool read_arguments(pending_event const& event, ref& arguments, std::string& problem);
  /// A background handler's event: it begins soon; what is returned waits to be answered.
  pending_event begin_beside(client_record& c, pending_event event);
  void begin_background(client_no no, pending_event const& event);
  void say_begun(client_record& c, pending_event const& event);
  /// `result` none: takes the set exception.
  void end_background(background_object* b, ref const& result);
  void start_next(client_record& c);

  // --- away, and back: runtime_expiry.cpp
  /// The client has been away for link_grace: it leaves what it is linked to.
  void depart(client_record& c);
  /// It is there again: before its other events, it comes back to what it had left.
  void come_back(client_record& c);
  /// Whether there is still anything to do in a step of its own that has its locks.
  bool begin_step(turn_state& t);
  void set_present(turn_state& t, bool is_present);
  /// Whether its client is still linked to what the step is about.
  bool is_step_in(turn_state const& t) const;
  /// The step's hook has failed, or it did not get its locks. REQUIRES: rolled back.
  void end_failed_step(turn_object* t);
  /// Stores that runs of personal computed vars have read, which go on.
  using in_use = std::unordered_set<store const*>;
  in_use being_read();
  bool is_in_use(client_record const& c, in_use const& read);
  void end_clients();
  /// Commits what clients have ended in: computed vars may read who is linked.
  void commit_abandoned();
  void end_rooms();
  instance_values& values_of(instance_no no) {
    return static_cast<instance_values&>(engine_.values(no));
  }
  static std::chrono::milliseconds in_ms(std::int64_t ns);
  std::chrono::milliseconds now_ms() const;
  static void set_function(handler_record& h, PyObject* function);
  /// Runs a turn when it has its first locks: now, or when they are given back.
  void run_with_locks(turn_object* t);
  /// Takes the turn's first locks; false: it waits, or has an exception set (DeadlockError).
  bool take_first_locks(turn_state& t);
  void run(turn_object* t);
  void step_first(turn_object* t, PyObject* coroutine);
  void succeed(turn_object* t, PyObject* result);
  /// False with an exception set: it has asked for a link and not awaited it.
  static bool check_requests(turn_state const& t);
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
  /// Those that run for each commit of such a turn, or have become too old.
  void find_restless(turn_state const& t, std::vector<computation*>& found);
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
  /// The same behind what waits to be said.
  void say_in_order(client_record& c, pending_answer a);
  void log_failure(std::string const& handler, ref const& error);
  /// What a client is told of an exception.
  void describe(ref const& error, std::string& code, std::string& message);
  void computation_settled(computation const& c);
  void granted(std::vector<turn_no> const& turns);
  lock_key key_of(instance_no no) const;
  /// New reference as in lock_visible.
  PyObject* take_lock(turn_object* t, lock_key key);
  /// The same for its client's lock and those of instances, all in one step.
  PyObject* take_locks(turn_object* t, std::vector<instance_no> const& of);
  void raise_deadlock(turn_state const& t, lock_answer const& answer);
  PyObject* wait_or_raise(turn_object* t, lock_key key, lock_answer const& answer);
  /// Tasks of the turn that wait for locks ask again, and are told what has become of it.
  void wake_waits(turn_state& t);
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
  struct link_hooks {
    handler_record const* on_join;
    handler_record const* on_leave;
  };
  std::unordered_map<class_no, link_hooks> hooks_;  // of all that may be linked
  std::unordered_map<client_no, std::unique_ptr<client_record>> clients_;
  std::unordered_map<session_no, client_record*> sessions_;

  std::unordered_map<turn_no, turn_object*> turns_;  // open ones, strong
  std::unordered_map<turn_no, pending_event>
      not_started_;                      // their event, until their first locks are granted
  std::deque<turn_object*> ready_;       // granted their first locks
  std::deque<client_no> ready_clients_;  // whose next event can start
  std::deque<std::pair<client_no, pending_event>> beginnings_;  // of background handlers
  std::unordered_set<background_object*> backgrounds_;          // that run, strong
  int runs_left_ =
      0;  // below 0: drain() has been scheduled. Of what is ready, until asyncio has its turn
  std::uint64_t last_turn_ = 0;
  std::optional<std::int64_t> clock_;
  inbound_batch inbound_;
  std::int64_t last_hand_over_ = 0;
  std::vector<instance_no> abandoned_;  // their links have changed by the end of a client
  bool draining_ = false;
  bool has_storage_vars_ = false;
  struct stored_wait {
    std::int64_t until;
    client_no client;
    std::uint64_t page;
  };
  std::deque<stored_wait> stored_waits_;  // in the order of their ends
  bool winding_down_ = false;
  ref context_;  // the one in which the app was started
  std::vector<overlay_values*> touched_overlays_;
  turn_object* settling_ = nullptr;  // has committed and not yet passed on its locks
  std::size_t personal_seen_ = 0;
  bool any_restless_ = false;  // computed vars that time, or a turn that changes nothing, makes run
  counts counts_;
};

}  // namespace statelink::python
