// What comes in and what goes out. Turns: runtime_turns.cpp; their locks: runtime_locks.cpp.
#include "runtime/runtime.hpp"

#include <algorithm>
#include <chrono>

namespace statelink::python {

namespace {

ref text(std::string_view s) {
  return ref::take(PyUnicode_DecodeUTF8(s.data(), static_cast<Py_ssize_t>(s.size()), "replace"));
}

std::chrono::milliseconds steady_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

runtime::runtime(config limits, PyObject* loop, PyObject* side)
    : engine_(limits), server_(std::move(limits)), loop_(ref::share(loop)) {
  side_.object = ref::share(side);
  auto const look_up = [&](char const* name) {
    return ref::take(PyObject_GetAttrString(side, name));
  };
  side_.make_router = look_up("make_router");
  side_.describe = look_up("describe");
  side_.describe_invalid = look_up("describe_invalid");
  side_.report = look_up("report");
  side_.report_computed = look_up("report_computed");
  side_.run_generator = look_up("run_generator");
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
                                                 instance_no{}, nullptr, nullptr);
  if (probe->update_computed() < 0) return {};
  if (store_encode_snapshot(probe->values(), spec.defaults) < 0) return {};
  defaults_.push_back(std::move(probe));
  class_numbers_[cls.get()] = no;
  class_numbers_by_type_[cls->type] = no;
  classes_.push_back(std::move(cls));
  return engine_.define(std::move(spec));
}

void runtime::add_handler(std::string name, class_no cls, PyObject* function, PyObject* validator) {
  auto h = std::make_unique<handler_record>();
  h->name = name;
  h->cls = cls;
  h->function = ref::share(function);
  if (PyFunction_Check(function)) {
    int const flags = reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(function))->co_flags;
    h->runs_when_called = !(flags & (CO_COROUTINE | CO_GENERATOR | CO_ASYNC_GENERATOR));
  }
  if (validator != Py_None) h->validator = ref::share(validator);
  handlers_by_name_[std::move(name)] = h.get();
  handlers_.push_back(std::move(h));
}

std::unique_ptr<value_source> runtime::make_values(class_no cls, instance_no no, client_no owner) {
  store* const values = store_new(classes_[cls.value - 1]->vars);
  if (!values) throw std::bad_alloc();
  auto made = std::make_unique<instance_values>(classes_[cls.value - 1], values, no,
                                                owner ? &client_of(owner) : nullptr, &engine_);
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
  pending_event event{e.id, handler == handlers_by_name_.end() ? nullptr : handler->second,
                      std::string(inbound_.arguments(e))};
  if (!event.handler) event.arguments = inbound_.handler(e);
  if (c.running || !c.events.empty()) {
    c.events.push_back(std::move(event));
    set_flow(c);
    return;
  }
  start(c, std::move(event));
}

void runtime::receive(inbound_hello const& h) {
  auto const connection = engine_.identify(h.session, h.hello);
  client_no const no = connection.client;
  auto& c = clients_[no];
  if (!c) {
    c = std::make_unique<client_record>();
    c->no = no;
  }
  if (c->session) sessions_.erase(c->session);
  c->session = h.session;
  c->paused = false;
  sessions_[h.session] = c.get();
  ref headers = ref::take(PyDict_New());
  for (auto const& [name, value] : h.peer.headers) {
    ref const v = text(value);
    if (!v || PyDict_SetItemString(headers.get(), name.c_str(), v.get()) < 0) return;
  }
  ref const token = text(engine_.client_record(no).client_token);
  ref const address = text(h.peer.address);
  ref const path = text(h.hello.path);
  ref const session =
      ref::take(PyUnicode_FromFormat("%llu", static_cast<unsigned long long>(h.session.value)));
  if (!token || !address || !path || !session) return;
  c->router =
      ref::take(PyObject_CallFunctionObjArgs(side_.make_router.get(), token.get(), session.get(),
                                             address.get(), headers.get(), path.get(), nullptr));
  if (!c->router) return;
  ++c->router_version;
  engine_.attach(connection, h.session, h.hello);
  look_at_all(*c);
  commit_overlays(nullptr);
  tell_hydrated(*c);
}

void runtime::receive(inbound_closed const& closed) {
  auto const found = sessions_.find(closed.session);
  if (found == sessions_.end()) return;
  found->second->session = {};
  sessions_.erase(found);
  engine_.disconnect(closed.session, steady_now());
}

void runtime::receive(inbound_page_request const& r) {
  page_item answer{r.request, 500, "text/plain; charset=utf-8",
                   "The page raised an error; see the server's log.\n"};
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
    answer = {r.request, static_cast<unsigned>(status), bytes(type), bytes(body)};
  } else {
    PyErr_WriteUnraisable(side_.make_page.get());
  }
  engine_.flush().outbox.emplace_back(std::move(answer));
}

void runtime::expire() {
  for (client_no const no : engine_.expired(steady_now())) {
    client_record& c = client_of(no);
    auto const& own = engine_.client_record(no).own;
    bool const busy = std::any_of(own.begin(), own.end(), [](own_slot const& s) {
      return s.values && s.values->in_turn;  // by somebody who is linked to it
    });
    if (c.running || c.in_flight > 0 || busy) continue;
    forget_waiters(c);
    for (instance_no const room : engine_.forget(no)) {
      static_cast<instance_values&>(engine_.values(room)).links_changed();
      refresh(room);
    }
    clients_.erase(no);
  }
  hand_over();
}

// --- out

void runtime::hand_over() {
  batch& b = engine_.flush();
  if (b.empty()) return;
  ++counts_.hand_overs;
  server_.hand_over(b);
}

void runtime::hand_over_if_old() {
  std::int64_t const t = now();
  auto const limit = std::chrono::nanoseconds(engine_.limits().hand_over_interval).count();
  if (t - last_hand_over_ < limit) return;
  last_hand_over_ = t;
  hand_over();
}

void runtime::set_flow(client_record& c) {
  std::size_t const limit = engine_.limits().queued_events;
  bool const pause = c.paused ? c.events.size() > limit / 2 : c.events.size() > limit;
  if (pause == c.paused) return;
  c.paused = pause;
  if (c.session) engine_.flush().outbox.emplace_back(flow_item{c.session, !pause});
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

std::int64_t runtime::now() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace statelink::python
