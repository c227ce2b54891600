#include "turns/instance_values.hpp"

#include <algorithm>
#include <utility>

#include "computed/computation.hpp"
#include "turns/view.hpp"
#include "values/undo_log.hpp"

namespace statelink::python {

instance_values::instance_values(state_class_ptr cls, store* values, instance_no no,
                                 client_record* owner, engine const* of)
    : cls_(std::move(cls)),
      values_(values),
      no_(no),
      owner_(owner),
      engine_(of),
      computed_(cls_->computed.size()) {
  store_set_context(values_, this);
}

instance_values::~instance_values() {
  for (computation* c : std::exchange(dependents, {})) c->lose(*this);
  store_set_context(values_, nullptr);
  Py_DECREF(as_object(values_));
}

int instance_values::start_from(instance_values const& defaults) {
  undo_log log;
  log.enter(values_);
  int result = 0;
  for (std::size_t i = 0; i < computed_.size() && result == 0; ++i) {
    computed_var const& var = cls_->computed[i];
    if (var.personal || !defaults.computed_[i].known) continue;
    if (store_set_computed(values_, var.slot, store_get(defaults.values_, var.slot)) < 0)
      result = -1;
    computed_[i] = {defaults.computed_[i].read, true, false};
  }
  for (computed_state& state : computed_) {
    for (dependency& d : state.read.slots) d = {values_, d.slot, version(d.slot)};
  }
  log.discard();
  log.leave(values_);
  return result;
}

PyObject* instance_values::linked_to() const {
  bool const linked = engine_ && (!owner_ || !engine_->audience(no_).empty());
  std::string const& token = linked ? engine_->record(no_).link_token : std::string();
  return PyUnicode_FromStringAndSize(token.data(), static_cast<Py_ssize_t>(token.size()));
}

PyObject* instance_values::linked_from() const {
  ref tokens = ref::take(PySet_New(nullptr));
  if (!tokens || !engine_) return tokens.release();
  for (client_no const c : engine_->audience(no_)) {
    std::string const& token = engine_->client_record(c).client_token;
    ref text =
        ref::take(PyUnicode_FromStringAndSize(token.data(), static_cast<Py_ssize_t>(token.size())));
    if (!text || PySet_Add(tokens.get(), text.get()) < 0) return nullptr;
  }
  return tokens.release();
}

bool instance_values::is_fresh(computed_state const& state) const noexcept {
  return state.known &&
         std::all_of(state.read.slots.begin(), state.read.slots.end(), [&](dependency const& d) {
           return d.version ==
                  (d.in == values_ ? version(d.slot) : store_slot_version(d.in, d.slot));
         });
}

PyObject* instance_values::computed(std::size_t index) {
  computed_state& state = computed_[index];
  if (!is_fresh(state) && run(index) < 0) return nullptr;
  if (cls_->computed[index].personal) return nullptr;
  return store_get(values_, cls_->computed[index].slot);
}

namespace {
/// The result of a coroutine that does not suspend; one that does has NeedsClient set: nobody can
/// wait for it here.
ref run_to_end(ref const& coroutine, computed_var const& var) {
  PyObject* result = nullptr;
  PySendResult const sent = PyIter_Send(coroutine.get(), Py_None, &result);
  ref given = ref::take(result);
  if (sent == PYGEN_RETURN) return given;
  if (sent == PYGEN_NEXT) {
    ref const closed = ref::take(PyObject_CallMethod(coroutine.get(), "close", nullptr));
    if (closed) raise_needs_client(var.name.c_str(), "a value that it waits for");
  }
  return {};
}
}  // namespace

int instance_values::run(std::size_t index) {
  computed_state& state = computed_[index];
  computed_var const& var = cls_->computed[index];
  if (var.personal) return 0;
  if (state.running) {
    PyErr_Format(PyExc_RecursionError, "computed var %s.%s reads itself", cls_->name.c_str(),
                 var.name.c_str());
    return -1;
  }
  state.running = true;
  recorder reads;
  // It runs with a view that has no client: what it gives is then the same for all. One that
  // touches a client is personal.
  view_object* const view = view_new(*cls_, nullptr, nullptr);
  ref const kept = ref::take(reinterpret_cast<PyObject*>(view));
  ref value;
  if (view) {
    view->stores[cls_->depth] = values_;
    value = ref::take(PyObject_CallOneArg(var.function.get(), kept.get()));
    if (value && var.is_async) value = run_to_end(value, var);
  }
  if (view) view_end(view);
  state.running = false;
  if (!value && needs_client_is_set()) {
    PyErr_Clear();
    var.personal = true;
    ++turned_personal;
    return 0;
  }
  if (!value) return -1;
  if (store_set_computed(values_, var.slot, value.get()) < 0) return -1;
  state.read = reads.take();
  state.known = true;
  return 0;
}

int instance_values::update_computed() {
  for (std::size_t i = 0; i < computed_.size(); ++i) {
    if (!is_fresh(computed_[i]) && run(i) < 0) return -1;
  }
  return 0;
}

int instance_values::prepare(bool append_allowed) {
  prepared_.clear();
  if (update_computed() < 0) return -1;
  return store_commit_ops(values_, prepared_, append_allowed) < 0 ? -1 : 0;
}

bool instance_values::commit_ops(std::string& out) {
  committed_links_ = links_version_;
  if (prepared_.empty()) return false;
  out += prepared_;
  prepared_.clear();
  return true;
}

void instance_values::encode_snapshot(std::string& out) {
  std::size_t const begin = out.size();
  if (update_computed() == 0 && store_encode_snapshot(values_, out) == 0) return;
  // Its values were encoded when they were committed: only a computed var that raises now can bring
  // us here.
  PyErr_WriteUnraisable(as_object(values_));
  out.resize(begin);
  if (store_encode_snapshot(values_, out) < 0) {
    PyErr_WriteUnraisable(as_object(values_));
    out.resize(begin);
    out += "{}";
  }
}

void instance_values::undo() {
  prepared_.clear();
  committed_links_ = ++links_version_;
}

std::size_t instance_values::turned_personal = 0;
recorder* recorder::current_ = nullptr;

void recorder::note(store* in, std::size_t slot) {
  if (!current_) return;
  for (dependency const& d : current_->read_.slots) {
    if (d.in == in && d.slot == slot) return;
  }
  instance_values const* of = instance_values::of(in);
  current_->read_.slots.push_back(
      {in, slot, of ? of->version(slot) : store_slot_version(in, slot)});
}

void recorder::note(readings const& made_from) {
  if (!current_) return;
  for (dependency const& d : made_from.slots) note(d.in, d.slot);
  if (made_from.router) note_router(made_from.router);
}

}  // namespace statelink::python
