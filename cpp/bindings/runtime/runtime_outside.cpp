// Turns that no event began: a background handler's block, a change from outside.
#include "runtime/runtime.hpp"

namespace statelink::python {

client_record* runtime::find_client(std::string_view client_token) {
  client_no const no = engine_.find_client(client_token);
  return no ? &client_of(no) : nullptr;
}

std::vector<std::string> runtime::connected() const {
  std::vector<std::string> tokens;
  tokens.reserve(sessions_.size());
  for (auto const& [session, c] : sessions_) tokens.push_back(engine_.client_token_of(c->no));
  return tokens;
}

turn_object* runtime::open_turn(client_record* c, std::string handler) {
  turn_object* const t = turn_new(*this, {++last_turn_}, c, std::move(handler));
  if (!t) return nullptr;
  turns_[t->state->no] = t;
  if (c)
    ++c->outside_turns;
  else
    begin_within(t, current_turn());
  ++counts_.turns;
  return reinterpret_cast<turn_object*>(Py_NewRef(t));
}

PyObject* runtime::enter(turn_object* t, class_no cls) {
  turn_state& state = *t->state;
  std::vector<instance_no> shown;
  for (state_class_record const* c = &class_record(cls); c; c = c->parent.get()) {
    shown.push_back(engine_.visible(state.client->no, class_number(*c)));
  }
  // All in one step: a generator of the same client that goes on after a yield does so, too.
  PyObject* const wait = take_locks(t, shown);
  if (wait != Py_None) return wait;
  for (instance_no const no : shown) turn_enter(state, values_of(no));
  view_object* const view = turn_view(state, cls);
  if (!view || set_context_turn(t) < 0) return nullptr;
  return Py_NewRef(reinterpret_cast<PyObject*>(view));
}

namespace {
/// A lock that a change from outside has, and that the turn waits for within whose code it is made:
/// so a search for a cycle knows that the one goes on only when the other has ended.
lock_key end_of(turn_no inner) noexcept { return {(std::uint64_t{1} << 63) | inner.value}; }
}  // namespace

void runtime::begin_within(turn_object* t, turn_object* outer) {
  if (!outer || outer->state->run_by != this) return;
  t->state->outer = reinterpret_cast<turn_object*>(Py_NewRef(outer));
  lock_key const end = end_of(t->state->no);
  locks_.acquire(t->state->no, end, now());
  locks_.acquire(outer->state->no, end, now());
  outer->state->waits.push_back({end, {}});
}

void runtime::end_within(turn_object* outer, turn_no inner) {
  turn_state& state = *outer->state;
  lock_key const end = end_of(inner);
  std::erase_if(state.waits, [&](lock_wait const& w) { return w.key == end; });
  if (state.over) return;
  std::vector<turn_no> next;
  locks_.consume(state.no);
  locks_.release(state.no, end, now(), next);
}

bool runtime::can_enter_within(turn_object const* t, lock_key key) {
  for (turn_object const* o = t->state->outer; o; o = o->state->outer) {
    if (o->state->over || !locks_.holds(o->state->no, key)) continue;
    PyErr_Format(
        PyExc_RuntimeError,
        "%s would wait for ever: %s holds it, and is what runs here. Change it through what "
        "that has (`self`, or `await self.get_state(...)` in a handler)",
        t->state->handler.c_str(), o->state->handler.c_str());
    return false;
  }
  return true;
}

PyObject* runtime::enter_room(turn_object* t, class_no cls, std::string const& link_token) {
  if (!class_record(cls).shared && !engine_.find_client(link_token)) {
    PyErr_Format(PyExc_LookupError,
                 "%s: there is no client of this token, and only a SharedState "
                 "has rooms",
                 t->state->handler.c_str());
    return nullptr;
  }
  instance_no const room = engine_.room(cls, link_token);
  if (!can_enter_within(t, key_of(room))) return nullptr;
  PyObject* const wait = take_lock(t, key_of(room));
  if (wait != Py_None) return wait;
  auto& values = static_cast<instance_values&>(engine_.values(room));
  turn_enter(*t->state, values);
  view_object* const view = turn_room_view(*t->state, values);
  if (!view || set_context_turn(t) < 0) return nullptr;
  return Py_NewRef(reinterpret_cast<PyObject*>(view));
}

int runtime::close_outside(turn_object* t, PyObject* exception) {
  turn_state& state = *t->state;
  int committed = 1;
  if (exception == Py_None) committed = check_requests(state) ? turn_commit(state) : -1;
  PyObject *type, *error, *trace;
  PyErr_Fetch(&type, &error, &trace);
  if (committed != 0) {
    turn_rollback(state);
    state.follow_ups.clear();
  }
  settle(t);
  if (state.client) {
    release_follow_ups(state);
    --state.client->outside_turns;
  }
  turn_no const no = state.no;
  ref const kept = ref::share(reinterpret_cast<PyObject*>(t));
  ref const outer = ref::share(reinterpret_cast<PyObject*>(state.outer));
  close_turn(t);
  if (outer) end_within(reinterpret_cast<turn_object*>(outer.get()), no);
  hand_over();  // what a block shows is seen even if the handler goes on to compute
  schedule_drain();
  PyErr_Restore(type, error, trace);
  return committed < 0 ? -1 : 0;
}

}  // namespace statelink::python
