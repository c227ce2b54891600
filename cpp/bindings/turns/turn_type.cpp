#include "turns/turn_type.hpp"

#include <algorithm>
#include <string>

#include "runtime/client_record.hpp"
#include "runtime/runtime.hpp"
#include "turns/turn.hpp"

namespace statelink::python {

namespace {

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

/// may_link(cls, token): whether link() would change anything, now that it has the locks; or a
/// future to await before asking again.
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

}  // namespace

PyTypeObject* turn_type_new() {
  return reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&turn_spec));
}

}  // namespace statelink::python
