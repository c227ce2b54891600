// What time decides: clients that leave their rooms while they are away, and come back; clients and
// rooms that end.
#include <algorithm>
#include <chrono>

#include "computed/reading.hpp"
#include "runtime/exceptions.hpp"
#include "runtime/runtime.hpp"

namespace statelink::python {

namespace {
std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}
}  // namespace

std::int64_t runtime::now() const { return clock_ ? *clock_ : steady_ns(); }

std::chrono::milliseconds runtime::in_ms(std::int64_t ns) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds(ns));
}

std::chrono::milliseconds runtime::now_ms() const { return in_ms(now()); }

bool runtime::look_at_the_clock() {
  for (client_no const no : engine_.departed(now_ms())) depart(client_of(no));
  end_late_waits();
  if (!drain()) return false;
  engine_.set_time(now_ms());
  end_clients();
  commit_abandoned();
  end_rooms();
  report_slow_locks();
  hand_over();
  return true;
}

// --- away, and back

void runtime::add_hooks(class_no cls, PyObject* on_join, PyObject* on_leave) {
  auto const make = [&](char const* name, PyObject* function) {
    auto h = std::make_unique<handler_record>();
    h->name = engine_.definition(cls).name + name;
    h->cls = cls;
    h->is_open = false;
    set_function(*h, function);
    handlers_.push_back(std::move(h));
    return handlers_.back().get();
  };
  hooks_[cls] = {make(".on_join", on_join), make(".on_leave", on_leave)};
}

void runtime::depart(client_record& c) {
  for (auto const& [cls, h] : hooks_) {
    instance_no const in = engine_.linked(c.no, cls);
    if (!in || !engine_.is_present(c.no, in)) continue;
    pending_event event;
    event.handler = h.on_leave;
    event.step = own_step::leave;
    enqueue(c, std::move(event));
  }
}

void runtime::come_back(client_record& c) {
  std::erase_if(c.events, [](pending_event const& e) { return e.step == own_step::leave; });
  if (turn_object* const t = c.running;
      t && t->state->step == own_step::leave && !t->state->step_began) {
    // It waits for its locks, and nobody has left: the client must not wait for whoever has them.
    std::erase(ready_, t);
    not_started_.erase(t->state->no);
    std::vector<turn_no> next;
    locks_.cancel(t->state->no, now(), next);
    granted(next);
    close_turn(t);
  }
  for (auto const& hooked : hooks_) {
    class_no const cls = hooked.first;
    instance_no const in = engine_.linked(c.no, cls);
    if (!in) continue;
    auto const runs = [&](own_step step) {
      return c.running && c.running->state->step == step && c.running->state->record->cls == cls;
    };
    bool const comes = runs(own_step::come_back) ||
                       std::any_of(c.events.begin(), c.events.end(), [&](pending_event const& e) {
                         return e.step == own_step::come_back && e.handler->cls == cls;
                       });
    if (comes || (engine_.is_present(c.no, in) && !runs(own_step::leave))) continue;
    pending_event event;
    event.handler = hooked.second.on_join;
    event.step = own_step::come_back;
    c.events.push_front(std::move(event));
    ++c.coming_back;
    if (!c.running) ready_clients_.push_back(c.no);
  }
}

bool runtime::begin_step(turn_state& t) {
  client_record const& c = *t.client;
  bool const comes = t.step == own_step::come_back;
  class_no const cls = t.record->cls;
  instance_no const in = engine_.linked(c.no, cls);
  if (!in || engine_.is_present(c.no, in) == comes || static_cast<bool>(c.session) != comes) {
    return false;
  }
  t.step_in = in;
  if (comes) set_present(t, true);
  return true;
}

void runtime::set_present(turn_state& t, bool is_present) {
  engine_.set_present(t.client->no, t.step_in, is_present);
  static_cast<instance_values&>(engine_.values(t.step_in)).links_changed();
}

bool runtime::is_step_in(turn_state const& t) const {
  return t.step_in && t.client && engine_.linked(t.client->no, t.record->cls) == t.step_in;
}

void runtime::end_failed_step(turn_object* t) {
  turn_state& state = *t->state;
  if (!state.step_began) {
    // It did not get its locks: once more, when others have.
    pending_event again;
    again.handler = state.record;
    again.step = state.step;
    if (state.step == own_step::come_back) ++state.client->coming_back;
    state.client->events.push_front(std::move(again));
    return;
  }
  if (!is_step_in(state)) return;
  state.failed_hook = {};
  state.hooking.clear();
  if (state.step == own_step::leave) {
    set_present(state, false);
  } else {
    // Refused: it sees its own values again.
    ref const done = ref::take(unlink(t, state.record->cls));
    if (!done) return PyErr_WriteUnraisable(nullptr);
  }
  if (turn_commit(state) == 0) return;
  log_failure(state.handler, take_exception());
  turn_rollback(state);
}

// --- the end of clients and rooms

bool runtime::is_in_use(client_record const& c, in_use const& read) {
  if (c.running || !c.events.empty() || c.outside_turns > 0 || c.in_flight > 0) return true;
  // Not a background handler outside of a block: one that never ends must not keep its client.
  if (locks_.is_wanted(lock_key::of(c.no))) return true;
  for (std::size_t n = 1; n <= engine_.classes(); ++n) {
    instance_no const own = engine_.find_own(c.no, {n});
    if (own && (engine_.is_entered(own) || read.contains(values_of(own).values()))) return true;
  }
  return false;
}

runtime::in_use runtime::being_read() {
  in_use read;
  for (auto const& [no, c] : clients_) {
    for (std::size_t i = 0; c->in_flight > 0 && i < c->overlays.size(); ++i) {
      overlay_values* const o = c->overlays[i];
      for (std::size_t n = 0; o && n < o->size(); ++n) {
        reading_object const* const r = o->of(n).in_flight;
        if (!r) continue;
        for (dependency const& d : r->read->slots) read.insert(d.in);
        for (view_object const* v : *r->views) {
          if (v->stores) read.insert(v->stores, v->stores + v->cls->depth + 1);
        }
      }
    }
  }
  return read;
}

void runtime::end_clients() {
  auto const gone = engine_.expired(now_ms());
  if (gone.empty()) return;
  in_use const read = being_read();
  for (client_no const no : gone) {
    client_record& c = client_of(no);
    if (is_in_use(c, read)) continue;
    depart(c);  // only where it has linked since it left
    if (!c.events.empty()) continue;
    forget_waiters(c);
    std::vector<instance_no> own;
    for (std::size_t n = 1; n <= engine_.classes(); ++n) own.push_back(engine_.find_own(no, {n}));
    for (instance_no const left : engine_.forget(no)) {
      values_of(left).links_changed();
      abandoned_.push_back(left);
    }
    for (instance_no const o : own) {
      if (o && engine_.class_of(o)) values_of(o).lose_owner();  // it goes on as others' room
    }
    clients_.erase(no);
  }
}

void runtime::commit_abandoned() {
  std::erase_if(abandoned_, [&](instance_no no) {
    if (!engine_.class_of(no)) return true;          // it has ended
    if (locks_.is_wanted(key_of(no))) return false;  // that turn commits it, or the next look
    turn_object* const t = open_turn(nullptr, "expiry");
    ref const kept = ref::take(reinterpret_cast<PyObject*>(t));
    if (!t) return PyErr_WriteUnraisable(nullptr), true;
    turn_enter(*t->state, values_of(no));
    if (close_outside(t, Py_None) < 0) log_failure("expiry", take_exception());
    return true;
  });
}

void runtime::end_rooms() {
  auto const idle = engine_.idle_rooms(now_ms());
  if (idle.empty()) return;
  in_use const read = being_read();
  for (instance_no const room : idle) {
    if (locks_.is_wanted(lock_key::of(room)) || read.contains(values_of(room).values())) continue;
    engine_.end_room(room);
  }
}

}  // namespace statelink::python
