// Background handlers: from their event to their end. Their blocks are turns: runtime_outside.cpp.
#include "runtime/exceptions.hpp"
#include "runtime/runtime.hpp"
#include "turns/background.hpp"

namespace statelink::python {

pending_event runtime::begin_beside(client_record& c, pending_event event) {
  pending_event said;
  said.id = event.id;
  said.begun.emplace();
  if (!event.bound) {
    std::string problem;
    if (!read_arguments(event, event.bound, problem)) {
      said.begun->code = "invalid_arguments";
      said.begun->message = std::move(problem);
      return said;
    }
  }
  if (!event.router) event.router = c.router;
  beginnings_.emplace_back(c.no, std::move(event));
  return said;
}

void runtime::say_begun(client_record& c, pending_event const& event) {
  pending_answer a;
  engine_.begin(a.engine_turn, c.no);
  a.event = event.id;
  if (!event.id) a.what = pending_answer::kind::failure;
  a.code = event.begun->code;
  a.message = event.begun->message;
  say_in_order(c, std::move(a));
}

void runtime::begin_background(client_no no, pending_event const& event) {
  if (!find_client(no)) return;
  if (!event.id) hand_over();  // what it follows leaves before it runs
  background_object* const b = background_new(*this, *event.handler, no, event.router);
  if (!b) return PyErr_WriteUnraisable(nullptr);
  backgrounds_.insert(b);
  view_object* const view = background_view(b, class_record(event.handler->cls));
  if (!view) return end_background(b, {});
  PyObject* const self = reinterpret_cast<PyObject*>(view);
  ref made = ref::take(
      PyObject_VectorcallDict(event.handler->function.get(), &self, 1, event.bound.get()));
  if (made && PyAsyncGen_CheckExact(made.get())) {
    made = ref::take(PyObject_CallFunctionObjArgs(
        side_.run_background_generator.get(), reinterpret_cast<PyObject*>(b), made.get(), nullptr));
  }
  if (!made) return end_background(b, {});
  first_step const step = take_first_step(made.get(), nullptr);
  if (step.sent == PYGEN_ERROR) raise(step.error);
  if (step.sent != PYGEN_NEXT) return end_background(b, step.given);
  ref const done = ref::take(PyObject_CallFunctionObjArgs(side_.carry_on.get(), step.worker.get(),
                                                          reinterpret_cast<PyObject*>(b),
                                                          made.get(), step.given.get(), nullptr));
  if (!done) end_background(b, {});
}

void runtime::finish_background(background_object* b, PyObject* result, PyObject* exception) {
  if (exception != Py_None) raise(ref::share(exception));
  end_background(b, exception == Py_None ? ref::share(result) : ref());
  schedule_drain();
}

void runtime::end_background(background_object* b, ref const& result) {
  ref error = result ? ref() : take_exception();
  if (b->block) {  // entered by hand and left open
    if (close_outside(b->block, side_.cancelled_error.get()) < 0) PyErr_Clear();
  }
  if (result && result.get() != Py_None && find_client(b->client) &&
      follow_up_now(b, result.get()) < 0) {
    error = take_exception();
  }
  bool const ends_all = error && !PyErr_GivenExceptionMatches(error.get(), PyExc_Exception) &&
                        !PyErr_GivenExceptionMatches(error.get(), side_.cancelled_error.get());
  if (error && !ends_all) {
    log_failure(b->record->name, error);
    client_record* const c = find_client(b->client);
    if (c && !winding_down_) {
      pending_answer a;
      engine_.begin(a.engine_turn, c->no);
      a.what = pending_answer::kind::failure;
      describe(error, a.code, a.message);
      say_in_order(*c, std::move(a));
    }
  }
  backgrounds_.erase(b);
  background_end(b);
  Py_DECREF(b);
  if (ends_all) raise(error);
}

int runtime::follow_up_now(background_object* b, PyObject* what) {
  client_record* const c = background_client(b);
  if (!c) return -1;
  std::vector<follow_up> read;
  if (read_follow_ups(reinterpret_cast<PyObject*>(b), what, read) < 0) return -1;
  turn alone;
  engine_.begin(alone, c->no);
  for (follow_up& f : read) release(*c, alone, ref::share(b->router), std::move(f), nullptr);
  schedule_drain();
  return 0;
}

}  // namespace statelink::python
