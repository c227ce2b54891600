// The locks of turns: one per client, for all its own instances, and one per room.
#include "runtime/runtime.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace statelink::python {

lock_key runtime::key_of(instance_no no) const {
  client_no const owner = engine_.owner_of(no);
  return owner ? lock_key::of(owner) : lock_key::of(no);
}

bool runtime::take_first_locks(turn_state& t) {
  auto const has = [&](lock_key key) {
    lock_answer const answer = locks_.acquire(t.no, key, now());
    if (answer.outcome == lock_outcome::would_deadlock) raise_deadlock(t, answer);
    return answer.outcome == lock_outcome::granted;
  };
  if (!has(lock_key::of(t.client->no))) return false;
  // Its own class's instance, and those of the states that it inherits vars from.
  class_no const cls = not_started_.at(t.no).handler->cls;
  for (state_class_record const* c = &class_record(cls); c; c = c->parent.get()) {
    instance_no const shown = engine_.visible(t.client->no, class_number(*c));
    if (!has(key_of(shown))) return false;
    turn_enter(t, static_cast<instance_values&>(engine_.values(shown)));
  }
  return true;
}

void runtime::raise_deadlock(turn_state const& t, lock_answer const& answer) {
  std::string others;
  for (turn_no const no : answer.cycle) {
    if (no == t.no) continue;
    if (!others.empty()) others += ", ";
    others += turns_.at(no)->state->handler;
  }
  PyErr_Format(side_.deadlock_error.get(),
               "%s would wait for ever: it waits for what %s holds, which waits for what it holds",
               t.handler.c_str(), others.c_str());
}

PyObject* runtime::take_lock(turn_object* t, lock_key key) {
  locks_.consume(t->state->no);  // it is here again: it has met what it waited for
  std::erase_if(t->state->waits, [&](lock_wait const& w) { return w.granted && w.key == key; });
  return wait_or_raise(t, key, locks_.acquire(t->state->no, key, now()));
}

PyObject* runtime::wait_or_raise(turn_object* t, lock_key key, lock_answer const& answer) {
  if (answer.outcome == lock_outcome::granted) Py_RETURN_NONE;
  if (answer.outcome == lock_outcome::would_deadlock) {
    raise_deadlock(*t->state, answer);
    return nullptr;
  }
  ref future = ref::take(PyObject_CallMethod(loop_.get(), "create_future", nullptr));
  if (future) t->state->waits.push_back({key, future});
  return future.release();
}

int runtime::pause(turn_object* t) {
  turn_state& state = *t->state;
  if (turn_commit(state) < 0) return -1;
  settle(t);
  release_follow_ups(state);
  turn_pause(state);
  wake_waits(state);
  std::vector<turn_no> next;
  locks_.release_all(state.no, now(), next);
  granted(next);
  hand_over();  // what a `yield` shows is seen even if the generator goes on to compute
  schedule_drain();
  return 0;
}

PyObject* runtime::take_locks(turn_object* t, std::vector<instance_no> const& of) {
  turn_state& state = *t->state;
  locks_.consume(state.no);
  std::erase_if(state.waits, [](lock_wait const& w) { return w.granted && w.key == lock_key{}; });
  std::vector<lock_key> keys;
  if (state.client) keys.push_back(lock_key::of(state.client->no));
  for (instance_no const no : of) keys.push_back(key_of(no));
  return wait_or_raise(t, {}, locks_.acquire_all(state.no, keys, now()));
}

PyObject* runtime::go_on(turn_object* t) {
  std::vector<instance_no> left;
  left.reserve(t->state->paused.size());
  for (instance_values const* v : t->state->paused) left.push_back(v->no());
  PyObject* const wait = take_locks(t, left);
  if (wait == Py_None) turn_go_on(*t->state);
  return wait;
}

void runtime::report_slow_locks() {
  auto const limit = std::chrono::nanoseconds(engine_.limits().slow_lock).count();
  auto const log = [&](turn_no who, turn_no holder, std::int64_t ns, bool held) {
    turn_state& state = *turns_.at(who)->state;
    bool& reported = held ? state.reported_holding : state.reported_waiting;
    if (ns < limit || std::exchange(reported, true)) return;
    ref const done = ref::take(PyObject_CallFunction(
        side_.report_lock.get(), "ssdi", state.handler.c_str(),
        turns_.at(holder)->state->handler.c_str(), static_cast<double>(ns) / 1e9, held));
    if (!done) PyErr_WriteUnraisable(side_.report_lock.get());
  };
  for (lock_report const& r : locks_.report(now(), limit)) {
    for (lock_party const& p : r.holders) {
      if (!locks_.is_waiting(p.turn)) log(p.turn, p.turn, p.for_ns, true);  // it cannot help it
    }
    for (lock_party const& p : r.waiters) {
      if (!r.holders.empty()) log(p.turn, r.holders.front().turn, p.for_ns, false);
    }
  }
}

void runtime::stop_waiting(turn_object* t, PyObject* future) {
  auto& waits = t->state->waits;
  auto const found = std::find_if(waits.begin(), waits.end(),
                                  [&](lock_wait const& w) { return w.future.get() == future; });
  if (found == waits.end()) return;
  lock_key const key = found->key;
  waits.erase(found);
  if (std::any_of(waits.begin(), waits.end(), [&](lock_wait const& w) { return w.key == key; }))
    return;
  std::vector<turn_no> next;
  if (key == lock_key{})
    locks_.cancel(t->state->no, now(), next);
  else
    locks_.cancel(t->state->no, key, now(), next);
  granted(next);
  schedule_drain();
}

namespace {
void wake(ref const& future) {
  if (!future) return;  // nobody waits in Python: a change from outside is made within this turn
  ref const done = ref::take(PyObject_CallMethod(future.get(), "done", nullptr));
  if (done.get() == Py_True) return;  // cancelled: its stop_waiting() passes the lock on
  ref const set = ref::take(PyObject_CallMethod(future.get(), "set_result", "O", Py_None));
  if (!done || !set) PyErr_WriteUnraisable(future.get());
}
}  // namespace

void runtime::granted(std::vector<turn_no> const& turns) {
  for (turn_no const no : turns) {
    turn_object* const t = turns_.at(no);
    if (t->state->waits.empty()) {
      ready_.push_back(t);
      continue;
    }
    for (lock_wait& w : t->state->waits) {
      bool const has = w.key == lock_key{} ? !locks_.is_waiting(no) : locks_.holds(no, w.key);
      if (has && !std::exchange(w.granted, true)) wake(w.future);
    }
  }
}

void runtime::wake_waits(turn_state& t) {
  for (lock_wait const& w : std::exchange(t.waits, {})) wake(w.future);
}

PyObject* runtime::lock_visible(turn_object* t, class_no cls) {
  turn_state& state = *t->state;
  instance_no const shown = engine_.visible(state.client->no, cls);
  PyObject* const wait = take_lock(t, key_of(shown));
  if (wait == Py_None) turn_enter(state, static_cast<instance_values&>(engine_.values(shown)));
  return wait;
}

PyObject* runtime::enter_own(turn_object* t, class_no cls) {
  PyObject* const wait = take_lock(t, lock_key::of(t->state->client->no));
  if (wait == Py_None) turn_enter(*t->state, own_values(*t->state->client, cls));
  return wait;
}

instance_values* runtime::own_values(turn_object* t, class_no cls) {
  turn_state& state = *t->state;
  if (!locks_.holds(state.no, lock_key::of(state.client->no))) {
    PyErr_Format(PyExc_RuntimeError, "%s has not entered its client's states",
                 state.handler.c_str());
    return nullptr;
  }
  instance_values& own = own_values(*state.client, cls);
  turn_enter(state, own);
  return &own;
}

instance_values& runtime::own_values(client_record const& c, class_no cls) {
  return static_cast<instance_values&>(engine_.values(engine_.own(c.no, cls)));
}

namespace {
void raise_link_error(errc e, state_class_record const& cls, config const& limits) {
  char const* const name = cls.name.c_str();
  switch (e) {
    case errc::empty_token:
      PyErr_Format(PyExc_ValueError, "cannot link %s to an empty token", name);
      return;
    case errc::token_too_long:
      PyErr_Format(PyExc_ValueError, "cannot link %s: its token is longer than %zu bytes", name,
                   limits.link_token_bytes);
      return;
    case errc::own_token:
      PyErr_Format(PyExc_ValueError,
                   "cannot link %s to the client's own token: that is what an unlinked state is",
                   name);
      return;
    case errc::not_shared:
      PyErr_Format(PyExc_TypeError, "cannot link %s: only a subclass of SharedState can be linked",
                   name);
      return;
    default:
      PyErr_Format(PyExc_RuntimeError, "%s is not linked and cannot be unlinked", name);
  }
}
}  // namespace

PyObject* runtime::may_link(turn_object* t, class_no cls, std::string const& link_token) {
  turn_state& state = *t->state;
  errc const e = engine_.can_link(state.client->no, cls, link_token);
  if (e != errc::none) {
    raise_link_error(e, class_record(cls), engine_.limits());
    return nullptr;
  }
  // What it leaves and what it joins: the audience of both changes.
  PyObject* wait = lock_visible(t, cls);
  if (wait != Py_None) return wait;
  instance_no const before = engine_.visible(state.client->no, cls);
  instance_no const room = engine_.room(cls, link_token);
  wait = take_lock(t, key_of(room));
  if (wait != Py_None) return wait;
  turn_enter(state, static_cast<instance_values&>(engine_.values(room)));
  return PyBool_FromLong(before != room);
}

PyObject* runtime::link(turn_object* t, class_no cls, std::string const& link_token) {
  turn_state& state = *t->state;
  PyObject* const may = may_link(t, cls, link_token);
  if (!may || !PyBool_Check(may)) return may;
  Py_DECREF(may);
  if (may == Py_True) {
    instance_no const before = engine_.visible(state.client->no, cls);
    auto& joined = static_cast<instance_values&>(engine_.values(engine_.room(cls, link_token)));
    engine_.link(state.engine_turn, cls, link_token);
    static_cast<instance_values&>(engine_.values(before)).links_changed();
    joined.links_changed();
    turn_relink_views(state, cls);
  }
  return Py_XNewRef(reinterpret_cast<PyObject*>(turn_view(state, cls)));
}

PyObject* runtime::may_unlink(turn_object* t, class_no cls) {
  turn_state& state = *t->state;
  if (!engine_.linked(state.client->no, cls)) {
    raise_link_error(errc::not_linked, class_record(cls), engine_.limits());
    return nullptr;
  }
  PyObject* const wait = lock_visible(t, cls);
  if (wait != Py_None) return wait;
  Py_DECREF(wait);
  Py_RETURN_TRUE;
}

PyObject* runtime::unlink(turn_object* t, class_no cls) {
  turn_state& state = *t->state;
  PyObject* const may = may_unlink(t, cls);
  if (may != Py_True) return may;
  Py_DECREF(may);
  instance_no const room = engine_.linked(state.client->no, cls);
  engine_.unlink(state.engine_turn, cls);
  static_cast<instance_values&>(engine_.values(room)).links_changed();
  instance_no const own = engine_.own(state.client->no, cls);
  auto& values = static_cast<instance_values&>(engine_.values(own));
  turn_enter(state, values);  // under the client's lock, which every turn holds
  values.links_changed();
  turn_relink_views(state, cls);
  Py_RETURN_NONE;
}

}  // namespace statelink::python
