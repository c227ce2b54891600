#include "turns/instance_values.hpp"

#include <algorithm>
#include <utility>

#include "computed/computation.hpp"
#include "runtime/runtime.hpp"
#include "turns/view.hpp"
#include "values/undo_log.hpp"

namespace statelink::python {

instance_values::instance_values(state_class_ptr cls, store* values, instance_no no,
                                 client_record* owner, engine const* of, runtime& run_by)
    : cls_(std::move(cls)),
      values_(values),
      no_(no),
      owner_(owner),
      engine_(of),
      run_by_(run_by),
      restless_(python::is_restless(*cls_)),
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
    PyObject* const value = store_get(defaults.values_, var.slot);
    if (!value) continue;
    if (store_set_computed(values_, var.slot, value) < 0) result = -1;
    if (!var.personal) computed_[i] = defaults.computed_[i];
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
  std::string const& token = linked ? engine_->link_token_of(no_) : std::string();
  return PyUnicode_FromStringAndSize(token.data(), static_cast<Py_ssize_t>(token.size()));
}

PyObject* instance_values::linked_from() const {
  ref tokens = ref::take(PySet_New(nullptr));
  if (!tokens || !engine_) return tokens.release();
  for (client_no const c : engine_->present(no_)) {
    std::string const& token = engine_->client_token_of(c);
    ref text =
        ref::take(PyUnicode_FromStringAndSize(token.data(), static_cast<Py_ssize_t>(token.size())));
    if (!text || PySet_Add(tokens.get(), text.get()) < 0) return nullptr;
  }
  return tokens.release();
}

int instance_values::set_initial_values() {
  undo_log log;
  log.enter(values_);
  int result = 0;
  for (std::size_t i = 0; i < computed_.size() && result == 0; ++i) {
    computed_var const& var = cls_->computed[i];
    if (var.initial && !computed_[i].known &&
        store_set_computed(values_, var.slot, var.initial.get()) < 0)
      result = -1;
  }
  log.discard();
  log.leave(values_);
  return result;
}

bool instance_values::is_fresh(std::size_t index, bool lasting) const noexcept {
  computed_state const& state = computed_[index];
  computed_var const& var = cls_->computed[index];
  if (!lasting && (!var.cache || (var.interval && is_too_old(var, state.at, run_by_.now()))))
    return false;
  return state.known &&
         std::all_of(state.read.slots.begin(), state.read.slots.end(), [&](dependency const& d) {
           return d.version ==
                  (d.in == values_ ? version(d.slot) : store_slot_version(d.in, d.slot));
         });
}

PyObject* instance_values::computed(std::size_t index, bool lasting) {
  if (!is_fresh(index, lasting) && run(index) < 0) return nullptr;
  if (cls_->computed[index].personal) return nullptr;
  return store_get(values_, cls_->computed[index].slot);
}

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
  readings named;
  // It runs with a view that has no client: what it gives is then the same for all. One that
  // touches a client is personal.
  view_object* const view = view_new(*cls_, nullptr, nullptr);
  ref const kept = ref::take(reinterpret_cast<PyObject*>(view));
  ref value;
  if (view) {
    view->stores[cls_->depth] = values_;
    if (recorder::note_deps(var, kept.get()) == 0) {
      if (!var.auto_deps) named = reads.so_far();
      value = ref::take(PyObject_CallOneArg(var.function.get(), kept.get()));
    }
    if (value && var.is_async) value = run_by_.run_to_end(value.get(), var.name.c_str());
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
  state.read = var.auto_deps ? reads.take() : std::move(named);
  state.known = true;
  state.at = run_by_.now();
  return 0;
}

int instance_values::run_stale(bool lasting) {
  // One that is computed from another may stand before it.
  bool again = true;
  for (std::size_t pass = 0; again && pass <= computed_.size(); ++pass) {
    again = false;
    for (std::size_t i = 0; i < computed_.size(); ++i) {
      if (cls_->computed[i].personal || is_fresh(i, lasting)) continue;
      if (run(i) < 0) return -1;
      again = true;
    }
    lasting = true;
  }
  return 0;
}

int instance_values::update_computed() {
  if (run_stale(false) < 0) return -1;
  // One that has turned personal leaves nothing behind that only some should see, or that is old.
  for (std::size_t i = 0; i < computed_.size(); ++i) {
    computed_var const& var = cls_->computed[i];
    if (!var.personal || !std::exchange(computed_[i].known, false)) continue;
    if (store_set_computed(values_, var.slot, var.initial ? var.initial.get() : Py_None) < 0)
      return -1;
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
  if (run_stale(true) == 0 && store_encode_snapshot(values_, out) == 0) return;
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

int recorder::note_deps(computed_var const& var, PyObject* view) {
  for (ref const& name : var.deps) {
    ref const value = ref::take(PyObject_GetAttr(view, name.get()));
    if (!value) return -1;
  }
  return 0;
}

void recorder::note(readings const& made_from) {
  if (!current_) return;
  for (dependency const& d : made_from.slots) note(d.in, d.slot);
  if (made_from.router) note_router(made_from.router);
}

}  // namespace statelink::python
