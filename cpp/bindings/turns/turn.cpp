#include "turns/turn.hpp"

#include <pythread.h>

#include <algorithm>
#include <utility>

#include "runtime/client_record.hpp"
#include "runtime/handler_record.hpp"
#include "runtime/runtime.hpp"
#include "turns/background.hpp"

namespace statelink::python {

namespace {

PyTypeObject* turn_type = nullptr;

/// Whether code of `t` runs now, or that of a change from outside within it.
bool is_current(turn_object const* t) {
  turn_object const* c = current_turn();
  while (c && c != t) c = c->state->outer;
  return c != nullptr;
}
PyObject* turn_variable = nullptr;  // contextvars.ContextVar

turn_state& state_of(PyObject* self) noexcept {
  return *reinterpret_cast<turn_object*>(self)->state;
}

void turn_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  turn_state* const t = reinterpret_cast<turn_object*>(self)->state;
  if (t) Py_CLEAR(t->outer);
  delete t;
  type->tp_free(self);
  Py_DECREF(type);
}

int turn_traverse(PyObject* self, visitproc visit, void* arg) {
  turn_state const* t = reinterpret_cast<turn_object*>(self)->state;
  if (t) {
    for (view_object* v : t->views) Py_VISIT(v);
    for (lock_wait const& w : t->waits) Py_VISIT(w.future.get());
    Py_VISIT(t->outer);
    Py_VISIT(t->failed_hook.get());
  }
  Py_VISIT(Py_TYPE(self));
  return 0;
}

int turn_clear(PyObject*) { return 0; }  // turn_end breaks the cycle with its views

bool is_usable(PyObject* self) {
  if (!state_of(self).over) return true;
  PyErr_Format(PyExc_RuntimeError, "the event handler %s is over", state_of(self).handler.c_str());
  return false;
}

/// Whether it may ask for a lock: not between a yield and its going on, when it has none.
bool may_lock(PyObject* self) {
  if (!is_usable(self)) return false;
  if (!state_of(self).is_paused) return true;
  PyErr_Format(
      PyExc_RuntimeError,
      "the event handler %s is at a yield and has no locks: a task of it cannot ask for any",
      state_of(self).handler.c_str());
  return false;
}

/// Whether there is a client whose states it can ask for.
bool has_client(PyObject* self) {
  if (state_of(self).client) return true;
  PyErr_Format(PyExc_RuntimeError, "%s has no client: only a client's handler can do this",
               state_of(self).handler.c_str());
  return false;
}

/// The class number of a Python state class in this turn's app, or none with an exception set.
class_no class_of(turn_state& t, PyObject* cls) { return t.run_by->class_number(cls); }

/// The arguments (cls, token); false with an exception set where they are not.
struct token_arguments {
  class_no cls;
  std::string token;

  token_arguments(turn_state& t, PyObject* const* args, Py_ssize_t count) {
    if (count != 2) {
      PyErr_SetString(PyExc_TypeError, "a state class and a token are needed");
      return;
    }
    class_no const no = class_of(t, args[0]);
    Py_ssize_t size = 0;
    char const* const utf8 = no ? PyUnicode_AsUTF8AndSize(args[1], &size) : nullptr;
    if (!utf8) return;
    token.assign(utf8, static_cast<std::size_t>(size));
    cls = no;
  }
  explicit operator bool() const noexcept { return static_cast<bool>(cls); }
};

/// view(cls): the view, or a future to await before asking again.
PyObject* method_view(PyObject* self, PyObject* cls) {
  if (!may_lock(self) || !has_client(self)) return nullptr;
  turn_state& t = state_of(self);
  class_no const no = class_of(t, cls);
  if (!no) return nullptr;
  ref const wait = ref::take(t.run_by->lock_visible(reinterpret_cast<turn_object*>(self), no));
  if (!wait || wait.get() != Py_None) return wait.get() ? Py_NewRef(wait.get()) : nullptr;
  return Py_XNewRef(reinterpret_cast<PyObject*>(turn_view(t, no)));
}

/// link(cls, token): the linked view, or a future to await before asking again.
PyObject* method_link(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (!may_lock(self) || !has_client(self)) return nullptr;
  token_arguments const of(state_of(self), args, count);
  if (!of) return nullptr;
  return state_of(self).run_by->link(reinterpret_cast<turn_object*>(self), of.cls, of.token);
}

/// unlink(cls): None, or a future to await before asking again.
PyObject* method_unlink(PyObject* self, PyObject* cls) {
  if (!may_lock(self) || !has_client(self)) return nullptr;
  turn_state& t = state_of(self);
  class_no const no = class_of(t, cls);
  return no ? t.run_by->unlink(reinterpret_cast<turn_object*>(self), no) : nullptr;
}

/// may_link(cls, token): whether link() would change anything, now that it has the locks; or a future
/// to await before asking again.
PyObject* method_may_link(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (!may_lock(self) || !has_client(self)) return nullptr;
  token_arguments const of(state_of(self), args, count);
  if (!of) return nullptr;
  return state_of(self).run_by->may_link(reinterpret_cast<turn_object*>(self), of.cls, of.token);
}

/// may_unlink(cls): the same for unlink().
PyObject* method_may_unlink(PyObject* self, PyObject* cls) {
  if (!may_lock(self) || !has_client(self)) return nullptr;
  turn_state& t = state_of(self);
  class_no const no = class_of(t, cls);
  return no ? t.run_by->may_unlink(reinterpret_cast<turn_object*>(self), no) : nullptr;
}

/// is_joined(cls): whether the client is linked and present, so that on_leave is due when it goes.
PyObject* method_is_joined(PyObject* self, PyObject* cls) {
  if (!is_usable(self) || !has_client(self)) return nullptr;
  turn_state& t = state_of(self);
  class_no const no = class_of(t, cls);
  if (!no) return nullptr;
  engine const& core = t.run_by->core();
  client_no const who = t.client->no;
  return PyBool_FromLong(core.is_present(who, core.linked(who, no)));
}

/// begin_hooks(cls), end_hooks(cls): between them the class's links are not changed by anybody else.
PyObject* method_begin_hooks(PyObject* self, PyObject* cls) {
  if (!is_usable(self)) return nullptr;
  turn_state& t = state_of(self);
  class_no const no = class_of(t, cls);
  if (!no) return nullptr;
  if (std::find(t.hooking.begin(), t.hooking.end(), no) != t.hooking.end()) {
    PyErr_Format(PyExc_RuntimeError,
                 "%s is linking %s already: its on_join and on_leave cannot link or unlink it",
                 t.handler.c_str(), t.run_by->class_record(no).name.c_str());
    return nullptr;
  }
  t.hooking.push_back(no);
  Py_RETURN_NONE;
}
PyObject* method_end_hooks(PyObject* self, PyObject* cls) {
  turn_state& t = state_of(self);
  if (t.over) Py_RETURN_NONE;
  class_no const no = class_of(t, cls);
  if (!no) return nullptr;
  std::erase(t.hooking, no);
  Py_RETURN_NONE;
}

/// hook_failed(exception): on_join or on_leave raised: the turn cannot succeed any more.
PyObject* method_hook_failed(PyObject* self, PyObject* error) {
  if (!state_of(self).over) state_of(self).failed_hook = ref::share(error);
  Py_RETURN_NONE;
}

/// stop_waiting(future): the wait for a lock was cancelled.
PyObject* method_stop_waiting(PyObject* self, PyObject* future) {
  if (!state_of(self).over)
    state_of(self).run_by->stop_waiting(reinterpret_cast<turn_object*>(self), future);
  Py_RETURN_NONE;
}

/// finish(exception or None): a handler that had suspended is over.
PyObject* method_finish(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "finish(result, exception)");
    return nullptr;
  }
  state_of(self).run_by->finish(reinterpret_cast<turn_object*>(self), args[0], args[1]);
  Py_RETURN_NONE;
}

/// pause(): commits, and gives the locks back until go_on() (a `yield`).
PyObject* method_pause(PyObject* self, PyObject*) {
  if (!is_usable(self)) return nullptr;
  if (state_of(self).run_by->pause(reinterpret_cast<turn_object*>(self)) < 0) return nullptr;
  Py_RETURN_NONE;
}

/// go_on(): None when the turn has its locks again, else a future to await before asking again.
PyObject* method_go_on(PyObject* self, PyObject*) {
  if (!is_usable(self)) return nullptr;
  return state_of(self).run_by->go_on(reinterpret_cast<turn_object*>(self));
}

/// enter(cls): takes the client's lock and those of what it sees of the class; the view, or a future
/// to await before asking again.
PyObject* method_enter(PyObject* self, PyObject* cls) {
  if (!may_lock(self) || !has_client(self)) return nullptr;
  turn_state& t = state_of(self);
  class_no const no = class_of(t, cls);
  return no ? t.run_by->enter(reinterpret_cast<turn_object*>(self), no) : nullptr;
}

/// enter_room(cls, token): the same for a token's room, without a client.
PyObject* method_enter_room(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (!may_lock(self)) return nullptr;
  token_arguments const of(state_of(self), args, count);
  if (!of) return nullptr;
  return state_of(self).run_by->enter_room(reinterpret_cast<turn_object*>(self), of.cls, of.token);
}

/// close(exception or None): ends a turn that no event began.
PyObject* method_close(PyObject* self, PyObject* exception) {
  if (!is_usable(self)) return nullptr;
  auto* const t = reinterpret_cast<turn_object*>(self);
  if (state_of(self).run_by->close_outside(t, exception) < 0) return nullptr;
  Py_RETURN_NONE;
}

/// follow_up(what): what the handler yielded, for when the turn has committed.
PyObject* method_follow_up(PyObject* self, PyObject* what) {
  if (!is_usable(self) || !has_client(self)) return nullptr;
  if (state_of(self).run_by->follow_up_with(reinterpret_cast<turn_object*>(self), what) < 0)
    return nullptr;
  Py_RETURN_NONE;
}

PyObject* method_requested(PyObject* self, PyObject*) {
  if (!is_usable(self) || !has_client(self)) return nullptr;
  ++state_of(self).requests;
  Py_RETURN_NONE;
}

PyObject* method_awaited(PyObject* self, PyObject*) {
  if (!is_usable(self)) return nullptr;
  --state_of(self).requests;
  Py_RETURN_NONE;
}

PyObject* get_handler(PyObject* self, void*) {
  return PyUnicode_FromString(state_of(self).handler.c_str());
}
PyObject* get_over(PyObject* self, void*) { return PyBool_FromLong(state_of(self).over); }

PyMethodDef turn_methods[] = {
    {"view", method_view, METH_O, nullptr},
    {"enter", method_enter, METH_O, nullptr},
    {"enter_room", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(method_enter_room)),
     METH_FASTCALL, nullptr},
    {"close", method_close, METH_O, nullptr},
    {"follow_up", method_follow_up, METH_O, nullptr},
    {"link", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(method_link)),
     METH_FASTCALL, nullptr},
    {"unlink", method_unlink, METH_O, nullptr},
    {"may_link", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(method_may_link)),
     METH_FASTCALL, nullptr},
    {"may_unlink", method_may_unlink, METH_O, nullptr},
    {"is_joined", method_is_joined, METH_O, nullptr},
    {"begin_hooks", method_begin_hooks, METH_O, nullptr},
    {"end_hooks", method_end_hooks, METH_O, nullptr},
    {"hook_failed", method_hook_failed, METH_O, nullptr},
    {"stop_waiting", method_stop_waiting, METH_O, nullptr},
    {"finish", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(method_finish)),
     METH_FASTCALL, nullptr},
    {"pause", method_pause, METH_NOARGS, nullptr},
    {"go_on", method_go_on, METH_NOARGS, nullptr},
    {"requested", method_requested, METH_NOARGS, nullptr},
    {"awaited", method_awaited, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};
PyGetSetDef turn_getset[] = {{"handler", get_handler, nullptr, nullptr, nullptr},
                             {"over", get_over, nullptr, nullptr, nullptr},
                             {nullptr, nullptr, nullptr, nullptr, nullptr}};
PyType_Slot turn_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(turn_dealloc)},
                            {Py_tp_traverse, reinterpret_cast<void*>(turn_traverse)},
                            {Py_tp_clear, reinterpret_cast<void*>(turn_clear)},
                            {Py_tp_methods, turn_methods},
                            {Py_tp_getset, turn_getset},
                            {0, nullptr}};
PyType_Spec turn_spec = {
    "statelink._core.Turn", sizeof(turn_object), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, turn_slots};

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
  t.router = {};  // a worker's context keeps the turn for a while
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
  turn_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&turn_spec));
  if (!turn_variable || !turn_type) return -1;
  may_write = guard;
  return PyModule_AddObjectRef(module, "Turn", reinterpret_cast<PyObject*>(turn_type));
}

}  // namespace statelink::python
