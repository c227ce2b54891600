// A turn from its event to its answer.
#include <array>

#include "runtime/exceptions.hpp"
#include "runtime/runtime.hpp"

namespace statelink::python {

namespace {

/// Calls a function of the Python side that gives a text; an empty one, with the failure logged,
/// where it raises.
std::string text_of(ref const& function, PyObject* argument) {
  ref const made = ref::take(PyObject_CallOneArg(function.get(), argument));
  Py_ssize_t size = 0;
  char const* const utf8 = made ? PyUnicode_AsUTF8AndSize(made.get(), &size) : nullptr;
  if (utf8) return {utf8, static_cast<std::size_t>(size)};
  PyErr_WriteUnraisable(function.get());
  return {};
}

}  // namespace

void runtime::start(client_record& c, pending_event event) {
  if (event.begun) {
    say_begun(c, event);
    if (!c.events.empty()) ready_clients_.push_back(c.no);
    return;
  }
  if (!event.id) hand_over();  // what it follows leaves before it runs
  turn_object* const t =
      turn_new(*this, {++last_turn_}, &c, event.handler ? event.handler->name : event.arguments);
  if (!t) return;
  turns_[t->state->no] = t;
  t->state->event = event.id;
  t->state->record = event.handler;
  t->state->load = event.load;
  t->state->step = event.step;
  if (event.router) t->state->router = event.router;
  c.running = t;
  ++counts_.turns;
  if (!event.handler) {
    refuse(t, "unknown_event",
           "there is no event handler " + event.arguments +
               ": it must be a method decorated with @statelink.event");
    return;
  }
  not_started_[t->state->no] = std::move(event);
  run_with_locks(t);
}

void runtime::run_with_locks(turn_object* t) {
  if (take_first_locks(*t->state)) return run(t);
  if (!PyErr_Occurred()) return;  // it waits; whoever gives the lock back makes it ready
  not_started_.erase(t->state->no);
  fail(t);
}

void runtime::start_next(client_record& c) {
  if (c.running || c.events.empty()) return;
  pending_event event = std::move(c.events.front());
  c.events.pop_front();
  set_flow(c);
  start(c, std::move(event));
}

void runtime::run_ready() {
  while (!PyErr_Occurred() && !winding_down_) {
    bool const none = ready_.empty() && beginnings_.empty() && ready_clients_.empty();
    if (none) return;
    if (runs_left_ == 0) schedule_drain();
    if (--runs_left_ < 0) return;
    if (!ready_.empty()) {
      turn_object* const t = ready_.front();
      ready_.pop_front();
      locks_.consume(t->state->no);
      run_with_locks(t);
    } else if (!beginnings_.empty()) {
      auto const [client, event] = std::move(beginnings_.front());
      beginnings_.pop_front();
      begin_background(client, event);
    } else {
      client_no const no = ready_clients_.front();
      ready_clients_.pop_front();
      if (auto const c = clients_.find(no); c != clients_.end()) start_next(*c->second);
    }
    hand_over_if_old();
  }
}

bool runtime::read_arguments(pending_event const& event, ref& arguments, std::string& problem) {
  handler_record const& handler = *event.handler;
  bool const none = event.arguments.empty() || event.arguments == "{}";
  if (!handler.validator) {
    if (!none) problem = handler.name + " takes no arguments";
    return none;
  }
  std::string_view const json = event.arguments.empty() ? std::string_view("{}") : event.arguments;
  ref const bytes =
      ref::take(PyBytes_FromStringAndSize(json.data(), static_cast<Py_ssize_t>(json.size())));
  arguments = bytes ? ref::take(PyObject_CallOneArg(handler.validator.get(), bytes.get())) : ref();
  if (arguments) return true;
  if (!PyErr_ExceptionMatches(PyExc_Exception)) return false;
  ref const error = take_exception();
  problem = handler.name + ": " + text_of(side_.describe_invalid, error.get());
  return false;
}

void runtime::run(turn_object* t) {
  turn_state& state = *t->state;
  auto const started = not_started_.extract(state.no);
  pending_event const& event = started.mapped();
  handler_record const& handler = *event.handler;
  if (state.step != own_step::none) {
    state.step_began = true;
    if (!begin_step(state) || !handler.function) return succeed(t, Py_None);
  }
  view_object* const view = turn_view(state, handler.cls);
  if (!view) return fail(t);

  ref arguments = event.bound;  // by the server's own code
  std::string problem;
  if (!arguments && !read_arguments(event, arguments, problem)) {
    return PyErr_Occurred() ? fail(t) : refuse(t, "invalid_arguments", problem);
  }

  PyObject* result;
  {
    // What a handler sets of context variables is its own.
    ref const context =
        handler.runs_when_called ? ref::take(PyContext_Copy(context_.get())) : ref();
    if (handler.runs_when_called && (!context || PyContext_Enter(context.get()) < 0))
      return fail(t);
    running_turn const now(t);
    PyObject* const self = reinterpret_cast<PyObject*>(view);
    result = PyObject_VectorcallDict(handler.function.get(), &self, 1, arguments.get());
    if (context && PyContext_Exit(context.get()) < 0) PyErr_WriteUnraisable(context.get());
  }
  ref const kept = ref::take(result);
  if (!result) return fail(t);
  if (PyCoro_CheckExact(result)) return step_first(t, result);
  if (PyGen_CheckExact(result) || PyAsyncGen_CheckExact(result)) {
    ref const driver = ref::take(PyObject_CallFunctionObjArgs(
        side_.run_generator.get(), reinterpret_cast<PyObject*>(t), result, nullptr));
    return driver ? step_first(t, driver.get()) : fail(t);
  }
  succeed(t, result);
}

void runtime::step_first(turn_object* t, PyObject* coroutine) {
  first_step step = take_first_step(coroutine, t);
  if (step.sent == PYGEN_RETURN) return succeed(t, step.given.get());
  if (step.sent == PYGEN_ERROR) {
    raise(step.error);
    return fail(t);
  }
  ++counts_.suspended;
  ref const done = ref::take(PyObject_CallFunctionObjArgs(side_.carry_on.get(), step.worker.get(),
                                                          reinterpret_cast<PyObject*>(t), coroutine,
                                                          step.given.get(), nullptr));
  if (!done) fail(t);
}

runtime::first_step runtime::take_first_step(PyObject* coroutine, turn_object* t) {
  first_step step;
  ref const worker = ref::take(PyObject_CallNoArgs(side_.take_worker.get()));
  ref const task = worker ? ref::take(PyObject_GetAttrString(worker.get(), "task")) : ref();
  ref const context = task ? ref::take(PyObject_GetAttrString(worker.get(), "context")) : ref();
  if (!context) {
    step.error = take_exception();
    return step;
  }
  // The worker's task is the current one already now, and its context the current one: what the
  // handler does in this step (asyncio.timeout, context variables) goes on to hold when the task
  // carries it on.
  auto const call = [&](ref const& function, PyObject* of) {
    return ref::take(PyObject_CallFunctionObjArgs(function.get(), loop_.get(), of, nullptr));
  };
  // Where another task has come here (a handler that had suspended commits), it steps aside.
  ref const outer = call(side_.current_task, nullptr);
  bool const aside = outer && outer.get() != Py_None;
  if (!outer || (aside && !call(side_.leave_task, outer.get())) ||
      !call(side_.enter_task, task.get()) || PyContext_Enter(context.get()) < 0) {
    step.error = take_exception();
    return step;
  }
  PyObject* given = nullptr;
  bool const is_set = set_context_turn(t) == 0;
  ref const before = ref::take(PyContext_Copy(context.get()));
  if (is_set && before) step.sent = PyIter_Send(coroutine, Py_None, &given);
  step.given = ref::take(given);
  if (step.sent == PYGEN_ERROR) step.error = take_exception();
  if (PyContext_Exit(context.get()) < 0 || !call(side_.leave_task, task.get()) ||
      (aside && !call(side_.enter_task, outer.get()))) {
    PyErr_WriteUnraisable(worker.get());
  }
  if (step.sent == PYGEN_NEXT) {
    step.worker = worker;
    return step;
  }
  int const clean = before ? PyObject_RichCompareBool(before.get(), context.get(), Py_EQ) : 0;
  if (clean < 0) PyErr_Clear();  // values that cannot be compared
  ref const back = ref::take(PyObject_CallFunctionObjArgs(
      side_.give_worker.get(), worker.get(), clean == 1 ? Py_True : Py_False, nullptr));
  if (!back) PyErr_WriteUnraisable(side_.give_worker.get());
  return step;
}

void runtime::finish(turn_object* t, PyObject* result, PyObject* exception) {
  if (t->state->over) return;
  if (exception == Py_None) {
    succeed(t, result);
  } else {
    raise(ref::share(exception));
    fail(t);
  }
  schedule_drain();
}

void runtime::succeed(turn_object* t, PyObject* result) {
  turn_state& state = *t->state;
  if (!check_requests(state)) return fail(t);
  if (result != Py_None && follow_up_with(t, result) < 0) return fail(t);
  if (state.step == own_step::leave && is_step_in(state)) set_present(state, false);
  if (turn_commit(state) < 0) return fail(t);
  settle(t);
  release_follow_ups(state);
  answer(state);
  close_turn(t);
}

bool runtime::check_requests(turn_state const& t) {
  if (t.requests == 0) return true;
  PyErr_Format(PyExc_RuntimeError,
               "%s called _link_to or _unlink without await: write `await self._link_to(token)`",
               t.handler.c_str());
  return false;
}

void runtime::fail(turn_object* t) {
  turn_state& state = *t->state;
  bool const ends_all = !PyErr_ExceptionMatches(PyExc_Exception) &&
                        !PyErr_ExceptionMatches(side_.cancelled_error.get());
  ref const error = take_exception();
  turn_rollback(state);
  state.follow_ups.clear();
  if (state.step != own_step::none && !winding_down_) end_failed_step(t);
  if (!ends_all) log_failure(state.handler, error);
  std::string code, message;
  describe(error, code, message);
  settle(t);
  answer(state, code, message);
  close_turn(t);
  if (ends_all) raise(error);
}

void runtime::log_failure(std::string const& handler, ref const& error) {
  ref const name = ref::take(PyUnicode_FromString(handler.c_str()));
  ref const done =
      ref::take(PyObject_CallFunctionObjArgs(side_.report.get(), name.get(), error.get(), nullptr));
  if (!done) PyErr_WriteUnraisable(side_.report.get());
}

void runtime::describe(ref const& error, std::string& code, std::string& message) {
  ref const described = ref::take(PyObject_CallOneArg(side_.describe.get(), error.get()));
  char const *c = "handler_error", *m = "";
  if (!described || !PyArg_ParseTuple(described.get(), "ss", &c, &m)) {
    PyErr_WriteUnraisable(side_.describe.get());
  }
  code = c;
  message = m;
}

void runtime::refuse(turn_object* t, std::string_view code, std::string const& message) {
  not_started_.erase(t->state->no);
  settle(t);
  answer(*t->state, std::string(code), message);
  close_turn(t);
}

void runtime::close_turn(turn_object* t) {
  turn_state& state = *t->state;
  client_record* const c = state.client;
  std::int64_t const t_ns = now();
  engine_.set_time(in_ms(t_ns));
  turn_end(state);
  wake_waits(state);
  std::vector<turn_no> next;
  locks_.release_all(state.no, t_ns, next);
  granted(next);
  turns_.erase(state.no);
  if (c && state.step == own_step::come_back) {
    --c->coming_back;
    tell_loaded(*c);
  }
  if (c && state.load) on_load_ended(*c, state.load);
  if (c && c->running == t) {
    c->running = nullptr;
    if (!c->events.empty()) ready_clients_.push_back(c->no);
  }
  Py_DECREF(t);
}

// --- what follows

int runtime::follow_up_with(turn_object* t, PyObject* what) {
  return read_follow_ups(reinterpret_cast<PyObject*>(t), what, t->state->follow_ups);
}

int runtime::read_follow_ups(PyObject* origin, PyObject* what, std::vector<follow_up>& into) {
  ref const read =
      ref::take(PyObject_CallFunctionObjArgs(side_.read_follow_ups.get(), origin, what, nullptr));
  if (!read) return -1;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(read.get()); ++i) {
    PyObject* const one = PyList_GET_ITEM(read.get(), i);
    char const* text = nullptr;
    PyObject* bound = nullptr;
    if (PyUnicode_Check(one)) {
      Py_ssize_t size = 0;
      text = PyUnicode_AsUTF8AndSize(one, &size);
      if (!text) return -1;
      into.push_back({nullptr, {}, {text, static_cast<std::size_t>(size)}});
    } else if (PyArg_ParseTuple(one, "sO!", &text, &PyDict_Type, &bound)) {
      into.push_back({handlers_by_name_.at(text), ref::share(bound), {}});
    } else {
      return -1;
    }
  }
  return 0;
}

void runtime::release_follow_ups(turn_state& t) {
  for (follow_up& f : std::exchange(t.follow_ups, {})) {
    release(*t.client, t.engine_turn, t.router, std::move(f), &t);
  }
}

void runtime::release(client_record& c, turn const& after, ref router, follow_up f,
                      turn_state const* of) {
  if (f.handler) {
    return enqueue(c, {0, f.handler, {}, std::move(f.bound), std::move(router)});
  }
  if (!c.session) return;
  pending_answer a;
  a.engine_turn = after.to_answer_later();
  a.message = std::move(f.message);
  if (of) a.awaits = runs_in_flight(c, &of->changed_ever);
  a.what = pending_answer::kind::message;
  say_in_order(c, std::move(a));
}

void runtime::enqueue(client_record& c, pending_event event) {
  if (event.handler->is_background) {
    pending_event const said = begin_beside(c, std::move(event));
    return said.begun->code.empty() ? void() : say_begun(c, said);
  }
  c.events.push_back(std::move(event));
  if (!c.running && c.events.size() == 1) ready_clients_.push_back(c.no);
}

}  // namespace statelink::python
