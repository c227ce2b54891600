// Pages: from a hello or a navigation, over the on_load handlers, to `hydrated`.
#include <algorithm>
#include <chrono>

#include "runtime/runtime.hpp"

namespace statelink::python {

namespace {

ref text(std::string_view s) {
  return ref::take(PyUnicode_DecodeUTF8(s.data(), static_cast<Py_ssize_t>(s.size()), "replace"));
}

ref number(std::uint64_t n) { return ref::take(PyLong_FromUnsignedLongLong(n)); }

}  // namespace

void runtime::set_storage_vars(std::string json) {
  has_storage_vars_ = !json.empty();
  engine_.set_storage_vars(std::move(json));
}

void runtime::receive(inbound_hello const& h) {
  auto const connection = engine_.identify(h.session, h.hello);
  client_no const no = connection.client;
  auto& made = clients_[no];
  if (!made) {
    made = std::make_unique<client_record>();
    made->no = no;
  }
  client_record& c = *made;
  if (c.session) sessions_.erase(c.session);
  c.session = h.session;
  c.paused = false;
  sessions_[h.session] = &c;
  ref headers = ref::take(PyDict_New());
  for (auto const& [name, value] : h.peer.headers) {
    ref const v = text(value);
    if (!v || PyDict_SetItemString(headers.get(), name.c_str(), v.get()) < 0) return;
  }
  ref const token = text(engine_.client_token_of(no));
  ref const address = text(h.peer.address);
  ref const path = text(h.hello.path);
  ref const session =
      ref::take(PyUnicode_FromFormat("%llu", static_cast<unsigned long long>(h.session.value)));
  if (!token || !address || !path || !session) return;
  // Who holds what this page shows has only lost its socket: the page was loaded before.
  bool const is_reconnect =
      connection.resumed && !h.hello.resume->have.empty() && c.path == h.hello.path;
  ref const loaded =
      ref::take(PyObject_CallFunctionObjArgs(side_.load_page.get(), token.get(), session.get(),
                                             address.get(), headers.get(), path.get(), nullptr));
  if (take_page(c, loaded, h.hello.path, !is_reconnect) < 0) return;

  std::erase_if(c.answers, [](pending_answer const& a) {
    return a.what == pending_answer::kind::hydrated;  // of an older session
  });
  c.owed_hydrated = 1;
  bool const keeps = has_storage_vars_ && h.hello.understands_storage;
  bool const wants_stored = !is_reconnect || c.awaits_stored;
  c.stored = !keeps         ? next_stored::unwanted
             : wants_stored ? next_stored::first
                            : next_stored::stale;
  engine_.attach(connection, h.session, h.hello);
  look_at_all(c);
  commit_overlays(nullptr);
  come_back(c);
  if (wants_stored) begin_load_or_wait(c);
  tell_loaded(c);
}

void runtime::receive(inbound_page const& p) {
  auto const found = sessions_.find(p.session);
  if (found == sessions_.end()) return;  // superseded: the new session has said its page
  client_record& c = *found->second;
  std::string path(inbound_.path(p));
  ref const said = text(path);
  ref const loaded = said ? ref::take(PyObject_CallFunctionObjArgs(
                                side_.change_page.get(), c.router.get(), said.get(), nullptr))
                          : ref();
  if (take_page(c, loaded, std::move(path), true) < 0) return;
  ++c.owed_hydrated;
  look_at_all(c);
  commit_overlays(nullptr);
  if (!c.awaits_stored) begin_load(c);
  tell_loaded(c);
}

int runtime::take_page(client_record& c, ref const& loaded, std::string path, bool runs_on_load) {
  PyObject *router, *handlers;
  if (!loaded || !PyArg_ParseTuple(loaded.get(), "OO!", &router, &PyList_Type, &handlers)) {
    return -1;
  }
  c.router = ref::share(router);
  ++c.router_version;
  c.path = std::move(path);
  if (!runs_on_load) return 0;
  ++c.page;
  c.loading = 0;
  c.on_load.clear();
  std::erase_if(c.events, [](pending_event const& e) { return e.load != 0; });  // of older pages
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(handlers); ++i) {
    char const* name;
    PyObject* bound;
    if (!PyArg_ParseTuple(PyList_GET_ITEM(handlers, i), "sO!", &name, &PyDict_Type, &bound)) {
      return -1;
    }
    pending_event event;
    event.handler = handlers_by_name_.at(name);
    event.bound = ref::share(bound);
    c.on_load.push_back(std::move(event));
  }
  return 0;
}

void runtime::begin_load_or_wait(client_record& c) {
  c.awaits_stored = 0;
  if (c.stored != next_stored::first) return begin_load(c);
  c.awaits_stored = c.page;
  std::chrono::nanoseconds const patience = engine_.limits().hello_timeout;
  stored_waits_.push_back({now() + patience.count(), c.no, c.page});
}

void runtime::end_late_waits() {
  std::int64_t const t = now();
  while (!stored_waits_.empty() && stored_waits_.front().until <= t) {
    stored_wait const late = stored_waits_.front();
    stored_waits_.pop_front();
    end_wait_for_stored(late.client, late.page);
  }
}

void runtime::begin_load(client_record& c) {
  c.awaits_stored = 0;
  for (pending_event& event : std::exchange(c.on_load, {})) {
    event.router = c.router;
    if (!event.handler->is_background) {
      event.load = c.page;
      ++c.loading;
    }
    enqueue(c, std::move(event));
  }
  for (pending_event& event : std::exchange(c.held, {})) c.events.push_back(std::move(event));
  if (!c.running && !c.events.empty()) ready_clients_.push_back(c.no);
  set_flow(c);
}

void runtime::on_load_ended(client_record& c, std::uint64_t load) {
  if (load != c.page) return;  // the client has gone on to another page
  --c.loading;
  tell_loaded(c);
}

void runtime::tell_loaded(client_record& c) {
  if (!c.session || c.awaits_stored || c.loading > 0 || c.coming_back > 0) return;
  for (; c.owed_hydrated > 0; --c.owed_hydrated) tell_hydrated(c);
}

// --- what browsers keep

void runtime::receive(inbound_stored const& s) {
  auto const found = sessions_.find(s.session);
  if (found == sessions_.end()) return;
  client_record& c = *found->second;
  if (c.stored == next_stored::unwanted) return;
  next_stored const what = std::exchange(c.stored, next_stored::change);
  if (what == next_stored::stale) return;
  std::uint64_t const waits = c.awaits_stored;
  ref const client = number(c.no.value), wait = number(waits);
  ref const token = text(engine_.client_token_of(c.no)), values = text(inbound_.values(s));
  ref const done = ref::take(PyObject_CallFunctionObjArgs(
      side_.apply_stored.get(), client.get(), wait.get(), token.get(), values.get(),
      what == next_stored::first ? Py_True : Py_False, nullptr));
  if (done) return;
  PyErr_WriteUnraisable(side_.apply_stored.get());
  end_wait_for_stored(c.no, waits);
}

void runtime::end_wait_for_stored(client_no no, std::uint64_t wait) {
  auto const found = clients_.find(no);
  if (found == clients_.end() || !wait || found->second->awaits_stored != wait) return;
  begin_load(*found->second);
  tell_loaded(*found->second);
  schedule_drain();
}

}  // namespace statelink::python
