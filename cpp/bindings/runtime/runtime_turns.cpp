// A turn from its event to its answer.
#include <array>

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

/// The set exception, normalised and cleared.
ref take_exception() {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  if (trace) PyException_SetTraceback(value, trace);
  Py_XDECREF(type);
  Py_XDECREF(trace);
  return ref::take(value);
}

void raise(ref const& error) {
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.get())), error.get());
}

}  // namespace

void runtime::start(client_record& c, pending_event event) {
  turn_object* const t =
      turn_new(*this, {++last_turn_}, &c, event.handler ? event.handler->name : event.arguments);
  if (!t) return;
  turns_[t->state->no] = t;
  t->state->event = event.id;
  t->state->record = event.handler;
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
    if (!ready_.empty()) {
      turn_object* const t = ready_.front();
      ready_.pop_front();
      locks_.consume(t->state->no);
      run_with_locks(t);
    } else if (!ready_clients_.empty()) {
      client_no const no = ready_clients_.front();
      ready_clients_.pop_front();
      if (auto const c = clients_.find(no); c != clients_.end()) start_next(*c->second);
    } else {
      return;
    }
    hand_over_if_old();
  }
}

void runtime::run(turn_object* t) {
  turn_state& state = *t->state;
  if (!state.client) return succeed(t, Py_None);  // it only looks at what changed around it
  auto const started = not_started_.extract(state.no);
  pending_event const& event = started.mapped();
  handler_record const& handler = *event.handler;
  view_object* const view = turn_view(state, handler.cls);
  if (!view) return fail(t);

  ref arguments;
  bool const none = event.arguments.empty() || event.arguments == "{}";
  if (handler.validator) {
    std::string_view const json =
        event.arguments.empty() ? std::string_view("{}") : event.arguments;
    ref const bytes =
        ref::take(PyBytes_FromStringAndSize(json.data(), static_cast<Py_ssize_t>(json.size())));
    arguments =
        bytes ? ref::take(PyObject_CallOneArg(handler.validator.get(), bytes.get())) : ref();
    if (!arguments) {
      if (!PyErr_ExceptionMatches(PyExc_Exception)) return fail(t);
      ref const error = take_exception();
      return refuse(t, "invalid_arguments",
                    handler.name + ": " + text_of(side_.describe_invalid, error.get()));
    }
  } else if (!none) {
    return refuse(t, "invalid_arguments", handler.name + " takes no arguments");
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
  if (state.requests > 0) {
    PyErr_Format(PyExc_RuntimeError,
                 "%s called _link_to or _unlink without await: write `await self._link_to(token)`",
                 state.handler.c_str());
    return fail(t);
  }
  if (result != Py_None) {
    PyErr_Format(PyExc_TypeError, "event handler %s returned a %s: it must return None",
                 state.handler.c_str(), Py_TYPE(result)->tp_name);
    return fail(t);
  }
  if (turn_commit(state) < 0) return fail(t);
  settle(t);
  answer(state);
  close_turn(t);
}

void runtime::fail(turn_object* t) {
  turn_state& state = *t->state;
  bool const ends_all = !PyErr_ExceptionMatches(PyExc_Exception) &&
                        !PyErr_ExceptionMatches(side_.cancelled_error.get());
  ref const error = take_exception();
  turn_rollback(state);
  if (!ends_all) {
    ref const handler = ref::take(PyUnicode_FromString(state.handler.c_str()));
    ref const done = ref::take(
        PyObject_CallFunctionObjArgs(side_.report.get(), handler.get(), error.get(), nullptr));
    if (!done) PyErr_WriteUnraisable(side_.report.get());
  }
  ref const described = ref::take(PyObject_CallOneArg(side_.describe.get(), error.get()));
  char const *code = "handler_error", *message = "";
  if (!described || !PyArg_ParseTuple(described.get(), "ss", &code, &message)) {
    PyErr_WriteUnraisable(side_.describe.get());
  }
  settle(t);
  answer(state, code, message);
  close_turn(t);
  if (ends_all) raise(error);
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
  turn_end(state);
  wake_waits(state);
  std::vector<turn_no> next;
  locks_.release_all(state.no, now(), next);
  granted(next);
  turns_.erase(state.no);
  if (c) {
    c->running = nullptr;
    if (!c->events.empty()) ready_clients_.push_back(c->no);
  }
  Py_DECREF(t);
}

}  // namespace statelink::python
