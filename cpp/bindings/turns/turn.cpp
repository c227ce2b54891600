#include "turns/turn.hpp"

#include <pythread.h>

#include <algorithm>
#include <utility>

#include "runtime/client_record.hpp"
#include "runtime/handler_record.hpp"
#include "runtime/runtime.hpp"
#include "turns/background.hpp"
#include "turns/turn_type.hpp"

namespace statelink::python {

namespace {

PyTypeObject* turn_type = nullptr;
PyObject* turn_variable = nullptr;  // contextvars.ContextVar

/// Whether code of `t` runs now, or that of a change from outside within it.
bool is_current(turn_object const* t) {
  turn_object const* c = current_turn();
  while (c && c != t) c = c->state->outer;
  return c != nullptr;
}

/// Called before every change of a value that belongs to an instance.
bool guard(store* s) {
  instance_values const* values = instance_values::of(s);
  if (!values) return true;  // a store of no app: defaults, tests
  turn_object* const writer = values->writer();
  bool const computes = recorder::is_recording();
  if (writer && is_current(writer) && !computes) return true;
  char const* const name = values->cls().name.c_str();
  if (!PyErr_Occurred()) {
    if (computes) {
      PyErr_Format(PyExc_RuntimeError, "a computed var has tried to change %s: it may only read",
                   name);
    } else if (writer) {
      PyErr_Format(PyExc_RuntimeError,
                   "%s is being changed by the event handler %s: other code, another thread or "
                   "another event cannot "
                   "write to it now",
                   name, turn_handler(writer));
    } else {
      PyErr_Format(PyExc_RuntimeError,
                   "%s can only be changed by an event handler while it runs, by a background one "
                   "inside `async with`: this value was kept from one that is over, outside of its "
                   "block or at a yield (the last was %s)",
                   name, values->last_handler());
    }
  }
  return false;
}

}  // namespace

turn_object* running_turn::now_ = nullptr;
unsigned long running_turn::thread_ = 0;

turn_object* turn_new(runtime& run_by, turn_no no, client_record* client, std::string handler) {
  turn_object* const t = reinterpret_cast<turn_object*>(turn_type->tp_alloc(turn_type, 0));
  if (!t) return nullptr;
  t->state = new turn_state;
  t->state->self = t;
  t->state->no = no;
  t->state->run_by = &run_by;
  t->state->client = client;
  if (client) t->state->router = client->router;
  t->state->handler = std::move(handler);
  run_by.core().begin(t->state->engine_turn, client ? client->no : client_no{});
  return t;
}

bool is_turn(PyObject* object) noexcept { return Py_IS_TYPE(object, turn_type); }

char const* turn_handler(turn_object const* t) noexcept { return t->state->handler.c_str(); }

void turn_enter(turn_state& t, instance_values& values) {
  if (std::find(t.entered.begin(), t.entered.end(), &values) != t.entered.end()) return;
  t.entered.push_back(&values);
  values.set_writer(t.self, t.record ? t.record->name.c_str() : nullptr);
  t.undo.enter(values.values());
  t.run_by->core().enter(t.engine_turn, values.no());
}

view_object* turn_view(turn_state& t, class_no cls) {
  state_class_record const& record = t.run_by->class_record(cls);
  for (view_object* v : t.views) {
    if (v->cls == &record) return v;
  }
  view_object* const view =
      t.background ? background_view(t.background, record) : view_new(record, t.self, t.client);
  if (!view) return nullptr;
  if (t.background) {
    Py_INCREF(view);
    view->turn = reinterpret_cast<turn_object*>(Py_NewRef(t.self));
    view->client = t.client;
  }
  t.views.push_back(view);
  turn_relink_views(t, cls);
  return view;
}

view_object* turn_room_view(turn_state& t, instance_values& room) {
  for (view_object* v : t.views) {
    if (v->stores[v->cls->depth] == room.values()) return v;
  }
  view_object* const view = view_new(room.cls(), t.self, nullptr);
  if (!view) return nullptr;
  view->stores[view->cls->depth] = room.values();
  t.views.push_back(view);
  return view;
}

void turn_relink_views(turn_state& t, class_no cls) {
  instance_values& values = t.run_by->visible(*t.client, cls);
  for (view_object* v : t.views) {
    for (state_class_record const* c = v->cls; c; c = c->parent.get()) {
      if (c == &values.cls())
        v->stores[c->depth] = values.values();
      else if (!v->stores[c->depth])
        v->stores[c->depth] = t.run_by->visible(*t.client, t.run_by->class_number(*c)).values();
    }
  }
}

int turn_commit(turn_state& t) {
  bool const append = t.run_by->core().append_allowed();
  t.changed.clear();
  if (t.failed_hook) {
    PyErr_Format(
        PyExc_RuntimeError,
        "%s went on after on_join or on_leave had raised %s (%S): what it did is undone all "
        "the same",
        t.handler.c_str(), Py_TYPE(t.failed_hook.get())->tp_name, t.failed_hook.get());
    return -1;
  }
  for (instance_values* v : t.entered) {
    if (!v->is_touched()) continue;
    if (v->prepare(append) < 0) return -1;
    t.changed.push_back(v);
    if (std::find(t.changed_ever.begin(), t.changed_ever.end(), v) == t.changed_ever.end()) {
      t.changed_ever.push_back(v);
    }
  }
  t.has_committed = true;
  t.run_by->core().commit(t.engine_turn);
  t.undo.discard();
  return 0;
}

void turn_rollback(turn_state& t) {
  t.has_committed = false;
  t.changed.clear();
  // One that never had its locks, or gave them back, must not undo what another turn of the client
  // has begun.
  if (t.entered.empty()) return;
  t.undo.rollback();
  t.run_by->core().rollback(t.engine_turn);
}

void turn_pause(turn_state& t) {
  for (instance_values* v : t.entered) {
    v->set_writer(nullptr);
    t.undo.leave(v->values());
  }
  t.is_paused = true;
  t.paused = std::exchange(t.entered, {});
  t.run_by->core().end(t.engine_turn);
}

void turn_go_on(turn_state& t) {
  t.is_paused = false;
  for (instance_values* v : std::exchange(t.paused, {})) turn_enter(t, *v);
}

void turn_end(turn_state& t) {
  t.over = true;
  turn_pause(t);
  t.paused.clear();
  for (view_object* v : std::exchange(t.views, {})) {
    if (v->background)
      view_detach(v);
    else
      view_end(v);
    Py_DECREF(v);
  }
  if (t.background) std::exchange(t.background, nullptr)->block = nullptr;
  t.client = nullptr;
  t.router = {};  // the last turn of an idle worker may be kept for long
  t.failed_hook = {};
}

turn_object* current_turn() {
  if (running_turn::now_ && running_turn::thread_ == PyThread_get_thread_ident()) {
    return running_turn::now_;
  }
  PyObject* value = nullptr;
  if (PyContextVar_Get(turn_variable, nullptr, &value) < 0) {
    PyErr_Clear();
    return nullptr;
  }
  Py_XDECREF(value);  // the turn's own holders keep it
  if (!value || value == Py_None) return nullptr;
  turn_object* t = reinterpret_cast<turn_object*>(value);
  while (t && t->state->over) t = t->state->outer;
  // asyncio.to_thread takes the context along to another thread.
  return t && t->state->run_by->thread() == PyThread_get_thread_ident() ? t : nullptr;
}

bool is_running(turn_object const* t) { return !t->state->is_paused && is_current(t); }

int set_context_turn(turn_object* t) {
  PyObject* const value = t ? reinterpret_cast<PyObject*>(t) : Py_None;
  ref const token = ref::take(PyContextVar_Set(turn_variable, value));
  return token ? 0 : -1;
}

int register_turns(PyObject* module) {
  turn_variable = PyContextVar_New("statelink_turn", nullptr);
  turn_type = turn_type_new();
  if (!turn_variable || !turn_type) return -1;
  may_write = guard;
  return PyModule_AddObjectRef(module, "Turn", reinterpret_cast<PyObject*>(turn_type));
}

}  // namespace statelink::python
