// Personal computed vars: after each commit they run again for exactly the clients whose inputs
// changed.
#include <algorithm>

#include "computed/reading.hpp"
#include "runtime/exceptions.hpp"
#include "runtime/runtime.hpp"

namespace statelink::python {

bool runtime::is_readable(instance_values const& in) const noexcept {
  return !in.writer() || in.writer() == settling_;
}

void runtime::wait_for(computation& c, instance_values& in) {
  if (!std::exchange(c.waits, true)) in.waiters.push_back(&c);
}

bool runtime::is_fresh(computation const& c) {
  return c.is_fresh(
      [&](instance_values const& in, std::size_t slot) { return sees(c.client(), in, slot); },
      now());
}

computation& runtime::computation_of(client_record& c, state_class_record const& cls,
                                     std::size_t index) {
  class_no const no = class_number(cls);
  c.overlays.resize(classes_.size());
  overlay_values*& overlay = c.overlays[no.value - 1];
  if (!overlay) {
    instance_no const made = engine_.overlay(c.no, no);
    overlay = static_cast<overlay_values*>(&engine_.values(made));
    overlay->no = made;
  }
  return overlay->of(index);
}

ref runtime::run_to_end(PyObject* coroutine, char const* name) {
  first_step const step = take_first_step(coroutine, nullptr);
  if (step.sent == PYGEN_RETURN) return step.given;
  if (step.sent == PYGEN_ERROR) {
    raise(step.error);
    return {};
  }
  ref const closed = ref::take(PyObject_CallMethod(coroutine, "close", nullptr));
  ref const given = closed ? ref::take(PyObject_CallFunctionObjArgs(
                                 side_.give_worker.get(), step.worker.get(), Py_False, nullptr))
                           : ref();
  if (given) raise_needs_client(name, "a value that it waits for");
  return {};
}

void runtime::look_at_all(client_record& c) {
  for (state_class_ptr const& cls : classes_) {
    for (std::size_t i = 0; i < cls->computed.size(); ++i) {
      if (cls->computed[i].personal) look_at(computation_of(c, *cls, i));
    }
  }
}

void runtime::forget_waiters(client_record const& c) {
  for (auto const& [no, t] : turns_) {
    for (instance_values* v : t->state->entered) {
      std::erase_if(v->waiters, [&](computation const* w) { return &w->client() == &c; });
    }
  }
}

void runtime::look_at(computation& c) {
  if (c.in_flight || c.waits || !c.client().session || winding_down_ || is_fresh(c)) return;
  reading_object* const r = reading_new(*this, c);
  ref const kept = ref::take(reinterpret_cast<PyObject*>(r));
  if (!r) return PyErr_WriteUnraisable(nullptr);
  computed_var const& var = c.var();
  c.run_again = false;
  recorder reads;
  view_object* const view = reading_view(r, class_number(c.of().cls()));
  ref value;
  if (view && recorder::note_deps(var, reinterpret_cast<PyObject*>(view)) == 0) {
    if (!var.auto_deps) {
      recorder::note(view->stores[view->cls->depth], identity_slot);
      r->named = new readings(reads.so_far());
    }
    value = ref::take(PyObject_CallOneArg(var.function.get(), reinterpret_cast<PyObject*>(view)));
  }
  if (value && var.is_async) {
    first_step step = take_first_step(value.get(), nullptr);
    *r->read = reads.take();
    if (step.sent == PYGEN_NEXT) {
      ref const done = ref::take(
          PyObject_CallFunctionObjArgs(side_.carry_on.get(), step.worker.get(), kept.get(),
                                       value.get(), step.given.get(), nullptr));
      if (!done) return PyErr_WriteUnraisable(side_.carry_on.get());
      c.in_flight = r;
      ++c.client().in_flight;
      return;
    }
    if (step.error)
      PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(step.error.get())), step.error.get());
    value = step.given;
    if (step.sent != PYGEN_RETURN) value = {};
  } else {
    *r->read = reads.take();
  }
  end_reading(r, value);
}

void runtime::end_reading(reading_object* r, ref const& value) {
  computation& c = *r->of;
  if (!value && read_later_is_set()) {
    PyErr_Clear();  // somebody is at what it reads; it waits there, or was waiting for nobody and
                    // is looked at again
    c.run_again = c.run_again || c.var().is_restless() || !c.var().auto_deps;
    reading_end(r);
    return;
  }
  int const set = value ? c.of().set(c.index(), value.get()) : -1;
  if (set < 0)
    report_computed(c);
  else
    c.reported = false;
  c.ran(std::move(r->named ? *r->named : *r->read), set >= 0, now());
  if (set > 0 && std::find(touched_overlays_.begin(), touched_overlays_.end(), &c.of()) ==
                     touched_overlays_.end()) {
    touched_overlays_.push_back(&c.of());
  }
  reading_end(r);
}

void runtime::report_computed(computation& c) {
  PyObject *type, *error, *trace;
  PyErr_Fetch(&type, &error, &trace);
  PyErr_NormalizeException(&type, &error, &trace);
  if (trace) PyException_SetTraceback(error, trace);
  if (!c.reported) {
    c.reported = true;
    state_class_record const& cls = c.of().cls();
    ref const name = ref::take(
        PyUnicode_FromFormat("%s.%s", cls.name.c_str(), cls.computed[c.index()].name.c_str()));
    ref const done = name ? ref::take(PyObject_CallFunctionObjArgs(side_.report_computed.get(),
                                                                   name.get(), error, nullptr))
                          : ref();
    if (!done) PyErr_WriteUnraisable(side_.report_computed.get());
  }
  Py_XDECREF(type);
  Py_XDECREF(error);
  Py_XDECREF(trace);
}

void runtime::finish_reading(reading_object* r, PyObject* result, PyObject* exception) {
  computation& c = *r->of;
  c.in_flight = nullptr;
  --c.client().in_flight;
  if (winding_down_) {
    reading_end(r);
    return computation_settled(c);
  }
  if (exception != Py_None)
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception)), exception);
  bool const valid = exception == Py_None;
  end_reading(r, valid ? ref::share(result) : ref());
  look_at(c);  // again where something has changed meanwhile
  commit_overlays(nullptr);
  computation_settled(c);
  schedule_drain();
}

void runtime::find_restless(turn_state const& t, std::vector<computation*>& found) {
  for (state_class_ptr const& cls : classes_) {
    for (std::size_t i = 0; i < cls->computed.size(); ++i) {
      computed_var const& var = cls->computed[i];
      if (!var.personal || !var.is_restless()) continue;
      auto const add = [&](client_record& c) {
        computation& of = computation_of(c, *cls, i);
        of.run_again = of.run_again || !var.cache;
        found.push_back(&of);
      };
      if (t.client) add(*t.client);
      for (instance_values* v : t.entered) {
        if (&v->cls() != cls.get()) continue;
        for (client_no const c : engine_.audience(v->no())) add(client_of(c));
        if (v->owner() && sees(*v->owner(), *v, identity_slot)) add(*v->owner());
      }
    }
  }
}

void runtime::settle(turn_object* t) {
  turn_state& state = *t->state;
  std::vector<computation*> candidates;
  for (instance_values* v : state.changed) {
    candidates.insert(candidates.end(), v->dependents.begin(), v->dependents.end());
  }
  for (instance_values* v : state.entered) {
    auto const waiters = std::exchange(v->waiters, {});
    for (computation* c : waiters) c->waits = false;
    candidates.insert(candidates.end(), waiters.begin(), waiters.end());
  }
  if (any_restless_ && state.has_committed) find_restless(state, candidates);
  if (candidates.empty() && personal_seen_ == instance_values::turned_personal) return;
  turn_object* const outer = std::exchange(settling_, t);
  for (computation* c : candidates) look_at(*c);
  while (personal_seen_ != instance_values::turned_personal) {
    personal_seen_ = instance_values::turned_personal;
    for (auto const& [no, c] : clients_) look_at_all(*c);
  }
  settling_ = outer;
  // One that never had its locks must not touch what another turn of the client has begun.
  commit_overlays(state.entered.empty() ? nullptr : &state);
}

void runtime::commit_overlays(turn_state* actor) {
  for (overlay_values* o : std::exchange(touched_overlays_, {})) {
    if (o->prepare(engine_.append_allowed()) < 0) {
      PyErr_WriteUnraisable(nullptr);  // cannot be: its values were encoded when they were set
      continue;
    }
    client_record const& owner = o->of(0).client();
    turn alone;
    turn& t = actor && actor->client == &owner ? actor->engine_turn : alone;
    if (&t == &alone) engine_.begin(alone, {});
    engine_.enter(t, o->no);
    engine_.commit(t);
    if (&t == &alone) engine_.end(alone);
    for (pending_answer& a : client_of(owner.no).answers) {
      if (!a.awaits.empty()) engine_.follow(a.engine_turn, o->no);
    }
  }
  overlay_log_.discard();
}

// --- answers

namespace {
bool reads_any(readings const& read, std::vector<instance_values*> const& instances) {
  return std::any_of(read.slots.begin(), read.slots.end(), [&](dependency const& d) {
    return std::find(instances.begin(), instances.end(), instance_values::of(d.in)) !=
           instances.end();
  });
}
}  // namespace

/// The client's runs that have suspended; with `about`, those that read one of these instances.
std::vector<awaited_runs> runtime::runs_in_flight(client_record& c,
                                                  std::vector<instance_values*> const* about) {
  std::vector<awaited_runs> found;
  if (c.in_flight == 0) return found;
  for (overlay_values* o : c.overlays) {
    for (std::size_t i = 0; o && i < o->size(); ++i) {
      computation& of = o->of(i);
      if (!of.in_flight) continue;
      if (about && !reads_any(of.read(), *about) && !reads_any(*of.in_flight->read, *about))
        continue;
      // Never for more: others may change what it reads faster than it runs.
      found.push_back({&of, reading_holds(of.in_flight) ? 1 : 2});
    }
  }
  return found;
}

void runtime::say(client_record& c, pending_answer const& a) {
  switch (a.what) {
    case pending_answer::kind::hydrated:
      return engine_.hydrated(c.no);
    case pending_answer::kind::failure:
      return engine_.report(a.engine_turn, a.code, a.message);
    case pending_answer::kind::message:
      return engine_.tell(a.engine_turn, a.message);
    case pending_answer::kind::answer:
      if (a.code.empty()) return engine_.answer(a.engine_turn, a.event);
      return engine_.answer_error(a.engine_turn, a.event, a.code, a.message);
  }
}

void runtime::say_in_order(client_record& c, pending_answer a) {
  if (a.awaits.empty() && c.answers.empty()) return say(c, a);
  c.answers.push_back(std::move(a));
}

void runtime::answer(turn_state& t, std::string code, std::string message) {
  if (!t.event) {  // the client did not ask, and must hear of a failure all the same
    if (code.empty() || !t.record) return;
    pending_answer a;
    a.engine_turn = t.engine_turn.to_answer_later();
    a.code = std::move(code);
    a.message = std::move(message);
    a.what = pending_answer::kind::failure;
    return say_in_order(*t.client, std::move(a));
  }
  client_record& c = *t.client;
  auto awaits = runs_in_flight(c, &t.changed_ever);
  if (awaits.empty() && c.answers.empty()) {
    if (code.empty())
      engine_.answer(t.engine_turn, t.event);
    else
      engine_.answer_error(t.engine_turn, t.event, code, message);
    return;
  }
  c.answers.push_back({t.engine_turn.to_answer_later(), t.event, std::move(code),
                       std::move(message), std::move(awaits), pending_answer::kind::answer});
}

void runtime::tell_hydrated(client_record& c) {
  pending_answer a;
  a.what = pending_answer::kind::hydrated;
  a.awaits = runs_in_flight(c, nullptr);
  say_in_order(c, std::move(a));
}

void runtime::computation_settled(computation const& c) {
  client_record& of = client_of(c.client().no);
  for (pending_answer& a : of.answers) {
    std::erase_if(a.awaits,
                  [&](awaited_runs& w) { return w.of == &c && (--w.runs == 0 || !c.in_flight); });
  }
  while (!of.answers.empty() && of.answers.front().awaits.empty()) {
    pending_answer const a = std::move(of.answers.front());
    of.answers.pop_front();
    say(of, a);
  }
}

}  // namespace statelink::python
