#include "turns/background.hpp"

#include <utility>

#include "runtime/client_record.hpp"
#include "runtime/handler_record.hpp"
#include "runtime/runtime.hpp"
#include "turns/turn.hpp"

namespace statelink::python {

namespace {

PyTypeObject* background_type = nullptr;

background_object* as_background(PyObject* object) noexcept {
  return reinterpret_cast<background_object*>(object);
}

void background_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  background_object* const b = as_background(self);
  background_end(b);
  Py_CLEAR(b->router);
  Py_CLEAR(b->name);
  delete b->views;
  type->tp_free(self);
  Py_DECREF(type);
}

int background_traverse(PyObject* self, visitproc visit, void* arg) {
  if (auto const* views = as_background(self)->views) {
    for (view_object* v : *views) Py_VISIT(v);
  }
  Py_VISIT(as_background(self)->router);
  Py_VISIT(Py_TYPE(self));
  return 0;
}

int background_clear(PyObject*) { return 0; }  // background_end breaks the cycle with its views

bool is_running(background_object const* b) {
  if (b->run_by) return true;
  PyErr_Format(PyExc_RuntimeError, "the event handler %U is over", b->name);
  return false;
}

/// open(): begins a block: a turn that has no locks yet.
PyObject* method_open(PyObject* self, PyObject*) {
  background_object* const b = as_background(self);
  if (!is_running(b)) return nullptr;
  if (b->block) {
    PyErr_Format(PyExc_RuntimeError,
                 "%s is in an `async with` block already: its blocks come one after the other, and "
                 "do not nest. Inside one, `await self.get_state(...)` gives other states",
                 background_handler(b));
    return nullptr;
  }
  client_record* const c = background_client(b);
  if (!c) return nullptr;
  turn_object* const t = b->run_by->open_turn(c, background_handler(b));
  if (!t) return nullptr;
  t->state->record = b->record;
  t->state->router = ref::share(b->router);
  t->state->background = b;
  b->block = t;
  return reinterpret_cast<PyObject*>(t);
}

/// close(exception or None): ends the block.
PyObject* method_close(PyObject* self, PyObject* exception) {
  background_object* const b = as_background(self);
  if (!is_running(b)) return nullptr;
  if (!b->block) {
    PyErr_Format(PyExc_RuntimeError, "%s is in no `async with` block", background_handler(b));
    return nullptr;
  }
  ref const block = ref::share(reinterpret_cast<PyObject*>(b->block));
  int const closed = b->run_by->close_outside(b->block, exception);
  if (closed == 0 && set_context_turn(nullptr) < 0) return nullptr;
  return closed < 0 ? nullptr : Py_NewRef(Py_None);
}

/// view(cls): the client's view of a state, for outside of blocks and for a block of its own.
PyObject* method_view(PyObject* self, PyObject* cls) {
  background_object* const b = as_background(self);
  if (!is_running(b)) return nullptr;
  class_no const no = b->run_by->class_number(cls);
  if (!no) return nullptr;
  return Py_XNewRef(reinterpret_cast<PyObject*>(background_view(b, b->run_by->class_record(no))));
}

/// follow_up(what): what the handler yielded: it follows at once, in a block when that has
/// committed.
PyObject* method_follow_up(PyObject* self, PyObject* what) {
  background_object* const b = as_background(self);
  if (!is_running(b)) return nullptr;
  int const done =
      b->block ? b->run_by->follow_up_with(b->block, what) : b->run_by->follow_up_now(b, what);
  return done < 0 ? nullptr : Py_NewRef(Py_None);
}

/// requested(): a link or unlink was asked for, outside of a block.
PyObject* method_requested(PyObject* self, PyObject*) {
  background_object* const b = as_background(self);
  if (!is_running(b)) return nullptr;
  PyErr_Format(PyExc_RuntimeError,
               "%s holds no lock here: call _link_to and _unlink inside `async with self:`",
               background_handler(b));
  return nullptr;
}

/// Nothing waits here for a lock.
PyObject* method_stop_waiting(PyObject*, PyObject*) { Py_RETURN_NONE; }

/// finish(result, exception or None): a handler that had suspended is over.
PyObject* method_finish(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  background_object* const b = as_background(self);
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "finish(result, exception)");
    return nullptr;
  }
  if (b->run_by) b->run_by->finish_background(b, args[0], args[1]);
  return PyErr_Occurred() ? nullptr : Py_NewRef(Py_None);
}

PyObject* get_handler(PyObject* self, void*) { return Py_NewRef(as_background(self)->name); }

PyMethodDef background_methods[] = {
    {"open", method_open, METH_NOARGS, nullptr},
    {"close", method_close, METH_O, nullptr},
    {"view", method_view, METH_O, nullptr},
    {"follow_up", method_follow_up, METH_O, nullptr},
    {"requested", method_requested, METH_NOARGS, nullptr},
    {"stop_waiting", method_stop_waiting, METH_O, nullptr},
    {"finish", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(method_finish)),
     METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr}};
PyGetSetDef background_getset[] = {{"handler", get_handler, nullptr, nullptr, nullptr},
                                   {nullptr, nullptr, nullptr, nullptr, nullptr}};
PyType_Slot background_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(background_dealloc)},
                                  {Py_tp_traverse, reinterpret_cast<void*>(background_traverse)},
                                  {Py_tp_clear, reinterpret_cast<void*>(background_clear)},
                                  {Py_tp_methods, background_methods},
                                  {Py_tp_getset, background_getset},
                                  {0, nullptr}};
PyType_Spec background_spec = {
    "statelink._core.Background", sizeof(background_object), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, background_slots};

}  // namespace

background_object* background_new(runtime& run_by, handler_record const& record, client_no client,
                                  ref const& router) {
  ref name = ref::take(PyUnicode_FromString(record.name.c_str()));
  if (!name || !PyUnicode_AsUTF8(name.get())) return nullptr;
  background_object* const b = as_background(background_type->tp_alloc(background_type, 0));
  if (!b) return nullptr;
  b->name = name.release();
  b->run_by = &run_by;
  b->record = &record;
  b->client = client;
  b->router = Py_NewRef(router.get());
  b->views = new std::vector<view_object*>;
  return b;
}

char const* background_handler(background_object const* b) noexcept {
  return PyUnicode_AsUTF8(b->name);  // cached there
}

client_record* background_client(background_object const* b) {
  client_record* const c = b->run_by->find_client(b->client);
  if (!c) {
    PyErr_Format(PyExc_RuntimeError,
                 "the client of %s is gone: it was away for longer than client_expiry",
                 background_handler(b));
  }
  return c;
}

view_object* background_view(background_object* b, state_class_record const& cls) {
  for (view_object* v : *b->views) {
    if (v->cls == &cls) return v;
  }
  view_object* const view = view_new(cls, nullptr, nullptr);
  if (!view) return nullptr;
  view->background = reinterpret_cast<background_object*>(Py_NewRef(b));
  b->views->push_back(view);
  return view;
}

store* background_store(view_object const* view, std::size_t depth) {
  background_object const* const b = view->background;
  client_record* const c = background_client(b);
  if (!c) return nullptr;
  state_class_record const* cls = view->cls;
  while (cls->depth > depth) cls = cls->parent.get();
  instance_values& in = b->run_by->visible(*c, b->run_by->class_number(*cls));
  if (b->run_by->is_readable(in)) return in.values();
  raise_being_changed(b, in);
  return nullptr;
}

void raise_being_changed(background_object const* b, instance_values const& in) {
  PyErr_Format(PyExc_RuntimeError,
               "%s is being changed by the event handler %s: in %s, read it inside `async with`",
               in.cls().name.c_str(), turn_handler(in.writer()), background_handler(b));
}

void background_end(background_object* b) noexcept {
  b->run_by = nullptr;
  b->record = nullptr;
  b->block = nullptr;
  if (!b->views) return;
  for (view_object* v : std::exchange(*b->views, {})) {
    view_end(v);
    Py_DECREF(v);
  }
}

void raise_outside_block(view_object const* view, PyObject* what) {
  char const* const name = Py_TYPE(view)->tp_name;
  if (view->background->block) {
    PyErr_Format(PyExc_RuntimeError,
                 "%s.%U can only be changed inside its own `async with`: the block of %s is of "
                 "another state; `await self.get_state(%s)` brings this one into it",
                 name, what, background_handler(view->background), name);
  } else {
    PyErr_Format(PyExc_RuntimeError,
                 "%s.%U can only be changed inside `async with`: %s is a background handler and "
                 "holds no lock outside",
                 name, what, background_handler(view->background));
  }
}

int register_backgrounds(PyObject* module) {
  background_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&background_spec));
  if (!background_type) return -1;
  return PyModule_AddObjectRef(module, "Background", reinterpret_cast<PyObject*>(background_type));
}

}  // namespace statelink::python
