// What comes in and what goes out. Hello and pages: runtime_loading.cpp; turns: runtime_turns.cpp;
// their locks: runtime_locks.cpp.
#include "runtime/runtime.hpp"

#include <algorithm>
#include <chrono>

#include "turns/background.hpp"

namespace statelink::python {

namespace {

ref text(std::string_view s) {
  return ref::take(PyUnicode_DecodeUTF8(s.data(), static_cast<Py_ssize_t>(s.size()), "replace"));
}

}  // namespace

runtime::runtime(config limits, PyObject* loop, PyObject* side)
    : engine_(limits), server_(std::move(limits)), loop_(ref::share(loop)) {
  side_.object = ref::share(side);
  auto const look_up = [&](char const* name) {
    return ref::take(PyObject_GetAttrString(side, name));
  };
  side_.load_page = look_up("load_page");
  side_.change_page = look_up("change_page");
  side_.apply_stored = look_up("apply_stored");
  side_.describe = look_up("describe");
  side_.describe_invalid = look_up("describe_invalid");
  side_.report = look_up("report");
  side_.read_follow_ups = look_up("read_follow_ups");
  side_.report_computed = look_up("report_computed");
  side_.run_generator = look_up("run_generator");
  side_.run_background_generator = look_up("run_background_generator");
  side_.report_lock = look_up("report_lock");
  side_.take_worker = look_up("take_worker");
  side_.give_worker = look_up("give_worker");
  side_.carry_on = look_up("carry_on");
  side_.make_page = look_up("make_page");
  side_.drain_soon = look_up("drain_soon");
  side_.enter_task = look_up("enter_task");
  side_.leave_task = look_up("leave_task");
  side_.current_task = look_up("current_task");
  side_.cancelled_error = look_up("cancelled_error");
  side_.deadlock_error = look_up("deadlock_error");
  context_ = ref::take(PyContext_CopyCurrent());
}

runtime::~runtime() {
  settling_ = nullptr;
  for (background_object* b : backgrounds_) {
    if (b->block) b->block->state->background = nullptr;
    background_end(b);
    Py_DECREF(b);
  }
  for (auto const& [no, t] : turns_) {
    turn_rollback(*t->state);
    turn_end(*t->state);
    Py_DECREF(t);
  }
}

class_no runtime::define(state_class_ptr cls, std::string name) {
  state_class spec;
  spec.name = std::move(name);
  spec.shared = cls->shared;
  class_no const no{classes_.size() + 1};
  spec.make_overlay = [this, no](client_no client) -> std::unique_ptr<value_source> {
    return std::make_unique<overlay_values>(classes_[no.value - 1], client_of(client),
                                            overlay_log_);
  };
  spec.make = [this, no](instance_no instance, client_no owner) {
    return make_values(no, instance, owner);
  };
  // Defaults are equal for all: the computed vars among them are those that run without a client.
  ref const defaults = ref::take(as_object(store_new(cls->vars)));
  if (!defaults) return {};
  auto probe = std::make_unique<instance_values>(cls, as_store(Py_NewRef(defaults.get())),
                                                 instance_no{}, nullptr, nullptr, *this);
  if (probe->update_computed() < 0 || probe->set_initial_values() < 0) return {};
  any_restless_ = any_restless_ || is_restless(*cls);
  if (store_encode_snapshot(probe->values(), spec.defaults) < 0) return {};
  defaults_.push_back(std::move(probe));
  class_numbers_[cls.get()] = no;
  class_numbers_by_type_[cls->type] = no;
  classes_.push_back(std::move(cls));
  std::error_code error;
  class_no const defined = engine_.define(std::move(spec), error);
  if (error) PyErr_SetString(PyExc_ValueError, error.message().c_str());
  return defined;
}

void runtime::add_handler(std::string name, class_no cls, PyObject* function, PyObject* validator,
                          bool is_open, bool is_background) {
  auto h = std::make_unique<handler_record>();
  h->is_open = is_open;
  h->is_background = is_background;
  h->name = name;
  h->cls = cls;
  set_function(*h, function);
  if (validator != Py_None) h->validator = ref::share(validator);
  handlers_by_name_[std::move(name)] = h.get();
  handlers_.push_back(std::move(h));
}

void runtime::set_function(handler_record& h, PyObject* function) {
  if (function != Py_None) h.function = ref::share(function);
  if (PyFunction_Check(function)) {
    int const flags = reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(function))->co_flags;
    h.runs_when_called = !(flags & (CO_COROUTINE | CO_GENERATOR | CO_ASYNC_GENERATOR));
  }
}

std::unique_ptr<value_source> runtime::make_values(class_no cls, instance_no no, client_no owner) {
  store* const values = store_new(classes_[cls.value - 1]->vars);
  if (!values) throw std::bad_alloc();
  auto made = std::make_unique<instance_values>(
      classes_[cls.value - 1], values, no, owner ? &client_of(owner) : nullptr, &engine_, *this);
  if (made->start_from(*defaults_[cls.value - 1]) < 0) PyErr_WriteUnraisable(as_object(values));
  return made;
}

class_no runtime::class_number(PyObject* cls) const {
  auto const found = class_numbers_by_type_.find(reinterpret_cast<PyTypeObject*>(cls));
  if (found != class_numbers_by_type_.end()) return found->second;
  PyErr_Format(PyExc_LookupError,
               "%R is not served by this app: define the state class before the app starts", cls);
  return {};
}

instance_values& runtime::visible(client_record const& c, class_no cls) {
  return static_cast<instance_values&>(engine_.values(engine_.visible(c.no, cls)));
}

// --- in

bool runtime::drain() {
  if (draining_) return true;
  draining_ = true;
  runs_left_ = 256;  // handlers that follow each other without end must not keep the asyncio loop
  server_.take(inbound_);
  if (winding_down_) inbound_.clear();
  for (inbound_item const& item : inbound_.items) {
    std::visit([&](auto const& i) { receive(i); }, item);
    if (PyErr_Occurred()) break;
    run_ready();
    if (PyErr_Occurred()) break;
  }
  if (!PyErr_Occurred()) run_ready();
  inbound_.clear();
  draining_ = false;
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  hand_over();
  PyErr_Restore(type, value, trace);
  return !PyErr_Occurred();
}

void runtime::receive(inbound_event const& e) {
  auto const found = sessions_.find(e.session);
  if (found == sessions_.end()) return;  // superseded: the client sends it again on its new session
  client_record& c = *found->second;
  if (!engine_.receive(c.no, e.id)) return;
  auto const handler = handlers_by_name_.find(std::string(inbound_.handler(e)));
  bool const known = handler != handlers_by_name_.end() && handler->second->is_open;
  pending_event event{
      e.id, known ? handler->second : nullptr, std::string(inbound_.arguments(e)), {}, {}};
  if (!known)
    event.arguments = inbound_.handler(e);
  else if (handler->second->is_background)
    event = begin_beside(c, std::move(event));
  take_event(c, std::move(event));
}

void runtime::take_event(client_record& c, pending_event event) {
  if (!c.running && c.events.empty() && !c.awaits_stored) return start(c, std::move(event));
  event.router = c.router;  // the page may be another one when it runs
  (c.awaits_stored ? c.held : c.events).push_back(std::move(event));
  set_flow(c);
}

void runtime::receive(inbound_closed const& closed) {
  auto const found = sessions_.find(closed.session);
  if (found == sessions_.end()) return;
  found->second->session = {};
  sessions_.erase(found);
  engine_.disconnect(closed.session, now_ms());
}

void runtime::receive(inbound_page_request const& r) {
  ref const path = text(r.path);
  ref const made =
      path ? ref::take(PyObject_CallFunction(side_.make_page.get(), "nO",
                                             static_cast<Py_ssize_t>(r.page), path.get()))
           : ref();
  int status = 0;
  PyObject *type = nullptr, *body = nullptr;
  if (made && PyArg_ParseTuple(made.get(), "iSS", &status, &type, &body)) {
    auto const bytes = [](PyObject* b) {
      return std::string(PyBytes_AS_STRING(b), static_cast<std::size_t>(PyBytes_GET_SIZE(b)));
    };
    answer_page(engine_.flush(), r.request, static_cast<unsigned>(status), bytes(type),
                bytes(body));
  } else {
    PyErr_WriteUnraisable(side_.make_page.get());
    answer_page(engine_.flush(), r.request, 500, "text/plain; charset=utf-8",
                "The page raised an error; see the server's log.\n");
  }
}

// --- out

void runtime::hand_over() {
  batch& b = engine_.flush();
  if (is_empty(b)) return;
  ++counts_.hand_overs;
  server_.hand_over(b);
}

void runtime::hand_over_if_old() {
  // How long handlers really take: not by the runtime's clock.
  std::int64_t const t = std::chrono::duration_cast<std::chrono::nanoseconds>(
                             std::chrono::steady_clock::now().time_since_epoch())
                             .count();
  auto const limit = std::chrono::nanoseconds(engine_.limits().hand_over_interval).count();
  if (t - last_hand_over_ < limit) return;
  last_hand_over_ = t;
  hand_over();
}

void runtime::set_flow(client_record& c) {
  std::size_t const limit = engine_.limits().queued_events;
  std::size_t const waiting = c.events.size() + c.held.size();
  bool const pause = c.paused ? waiting > limit / 2 : waiting > limit;
  if (pause == c.paused) return;
  c.paused = pause;
  if (c.session) set_reading(engine_.flush(), c.session, !pause);
}

void runtime::schedule_drain() {
  ref const done = ref::take(PyObject_CallNoArgs(side_.drain_soon.get()));
  if (!done) PyErr_WriteUnraisable(side_.drain_soon.get());
}

void runtime::stop(std::uint16_t code, std::string reason) {
  hand_over();
  Py_BEGIN_ALLOW_THREADS server_.stop(code, std::move(reason));
  Py_END_ALLOW_THREADS
}

}  // namespace statelink::python
