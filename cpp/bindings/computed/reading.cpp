#include "computed/reading.hpp"

#include <utility>

#include "runtime/client_record.hpp"
#include "runtime/runtime.hpp"
#include "turns/turn.hpp"

namespace statelink::python {

namespace {

PyTypeObject* reading_type = nullptr;
PyTypeObject* ready_type = nullptr;
PyObject* read_later_error = nullptr;

reading_object* as_reading(PyObject* object) noexcept {
  return reinterpret_cast<reading_object*>(object);
}

void reading_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  reading_object* const r = as_reading(self);
  reading_end(r);
  delete r->read;
  delete r->named;
  delete r->views;
  type->tp_free(self);
  Py_DECREF(type);
}

int reading_traverse(PyObject* self, visitproc visit, void* arg) {
  if (auto const* views = as_reading(self)->views) {
    for (view_object* v : *views) Py_VISIT(v);
  }
  Py_VISIT(Py_TYPE(self));
  return 0;
}

int reading_clear(PyObject*) { return 0; }  // reading_end breaks the cycle with its views

bool throw_away(reading_object* r) {
  PyErr_Format(read_later_error, "what %s reads is being changed",
               r->of ? r->of->of().cls().name.c_str() : "a computed var whose client is gone");
  return false;
}

/// Whether everything that the run has read so far is still as it was, and nobody is at it.
bool still_holds(reading_object* r) {
  if (!r->of || !reading_holds(r)) return throw_away(r);
  for (dependency const& d : r->read->slots) {
    instance_values* const in = instance_values::of(d.in);
    if (!r->run_by->is_readable(*in)) {
      r->run_by->wait_for(*r->of, *in);
      return throw_away(r);
    }
  }
  return true;
}

/// view(cls): the client's view of a state, with committed values.
PyObject* method_view(PyObject* self, PyObject* cls) {
  reading_object* const r = as_reading(self);
  class_no const no = r->run_by->class_number(cls);
  return no ? Py_XNewRef(reinterpret_cast<PyObject*>(reading_view(r, no))) : nullptr;
}

/// send(coroutine, value), throw(coroutine, exception): a later step of a run that had suspended.
PyObject* step(PyObject* self, PyObject* const* args, Py_ssize_t count, char const* verb) {
  reading_object* const r = as_reading(self);
  if (count != 2) {
    PyErr_Format(PyExc_TypeError, "%s(coroutine, value)", verb);
    return nullptr;
  }
  if (!still_holds(r)) {
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    ref const closed = ref::take(PyObject_CallMethod(args[0], "close", nullptr));
    if (!closed) PyErr_WriteUnraisable(args[0]);
    PyErr_Restore(type, value, trace);
    return nullptr;
  }
  recorder reads(std::move(*r->read));
  PyObject* const given = PyObject_CallMethod(args[0], verb, "O", args[1]);
  *r->read = reads.take();
  return given;
}
PyObject* method_send(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return step(self, args, count, "send");
}
PyObject* method_throw(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return step(self, args, count, "throw");
}

/// finish(result, exception or None)
PyObject* method_finish(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "finish(result, exception)");
    return nullptr;
  }
  reading_object* const r = as_reading(self);
  if (r->of) r->run_by->finish_reading(r, args[0], args[1]);
  Py_RETURN_NONE;
}

/// A read of a computed var waits for nothing, so there is nothing to stop.
PyObject* method_stop_waiting(PyObject*, PyObject*) { Py_RETURN_NONE; }

PyMethodDef reading_methods[] = {
    {"view", method_view, METH_O, nullptr},
    {"send", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(method_send)),
     METH_FASTCALL, nullptr},
    {"throw", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(method_throw)),
     METH_FASTCALL, nullptr},
    {"finish", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(method_finish)),
     METH_FASTCALL, nullptr},
    {"stop_waiting", method_stop_waiting, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr}};
PyType_Slot reading_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(reading_dealloc)},
                               {Py_tp_traverse, reinterpret_cast<void*>(reading_traverse)},
                               {Py_tp_clear, reinterpret_cast<void*>(reading_clear)},
                               {Py_tp_methods, reading_methods},
                               {0, nullptr}};
PyType_Spec reading_spec = {
    "statelink._core.Reading", sizeof(reading_object), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, reading_slots};

// --- an awaitable that is done

struct ready_object {
  PyObject_HEAD PyObject* value;
};

void ready_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  Py_CLEAR(reinterpret_cast<ready_object*>(self)->value);
  type->tp_free(self);
  Py_DECREF(type);
}
PyObject* ready_await(PyObject* self) { return Py_NewRef(self); }
PyObject* ready_next(PyObject* self) {
  PyObject* const value = reinterpret_cast<ready_object*>(self)->value;
  ref const stop =
      ref::take(PyObject_CallOneArg(PyExc_StopIteration, value));  // a tuple stays one value
  if (stop) PyErr_SetObject(PyExc_StopIteration, stop.get());
  return nullptr;
}
PyType_Slot ready_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(ready_dealloc)},
                             {Py_am_await, reinterpret_cast<void*>(ready_await)},
                             {Py_tp_iter, reinterpret_cast<void*>(ready_await)},
                             {Py_tp_iternext, reinterpret_cast<void*>(ready_next)},
                             {0, nullptr}};
PyType_Spec ready_spec = {"statelink._core.Ready", sizeof(ready_object), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, ready_slots};

}  // namespace

PyObject* ready_new(PyObject* value) {
  PyObject* const ready = ready_type->tp_alloc(ready_type, 0);
  if (ready) reinterpret_cast<ready_object*>(ready)->value = Py_NewRef(value);
  return ready;
}

reading_object* reading_new(runtime& run_by, computation& of) {
  reading_object* const r = as_reading(reading_type->tp_alloc(reading_type, 0));
  if (!r) return nullptr;
  r->run_by = &run_by;
  r->of = &of;
  r->read = new readings;
  r->views = new std::vector<view_object*>;
  return r;
}

view_object* reading_view(reading_object* r, class_no cls) {
  if (!r->of) {
    throw_away(r);
    return nullptr;
  }
  state_class_record const& record = r->run_by->class_record(cls);
  for (view_object* v : *r->views) {
    if (v->cls == &record) return v;
  }
  view_object* const view = view_new(record, nullptr, &r->of->client());
  if (!view) return nullptr;
  view->reading = Py_NewRef(r);
  r->views->push_back(view);
  for (state_class_record const* c = &record; c; c = c->parent.get()) {
    instance_values& in = r->run_by->visible(r->of->client(), r->run_by->class_number(*c));
    if (!r->run_by->is_readable(in)) {
      r->run_by->wait_for(*r->of, in);
      throw_away(r);
      return nullptr;
    }
    view->stores[c->depth] = in.values();
  }
  return view;
}

void reading_wait_for(reading_object* r, instance_values& in) {
  if (r->of) r->run_by->wait_for(*r->of, in);
  throw_away(r);
}

void reading_end(reading_object* r) noexcept {
  r->of = nullptr;
  if (!r->views) return;
  for (view_object* v : std::exchange(*r->views, {})) {
    view_end(v);
    Py_DECREF(v);
  }
}

bool reading_holds(reading_object const* r) {
  computation const& c = *r->of;
  if (r->read->router && r->read->router != c.router_version()) return false;
  for (dependency const& d : r->read->slots) {
    instance_values const* in = instance_values::of(d.in);
    if (!in || in->version(d.slot) != d.version || !r->run_by->sees(c.client(), *in, d.slot))
      return false;
  }
  return true;
}

bool read_later_is_set() noexcept { return PyErr_ExceptionMatches(read_later_error); }

PyObject* personal_value(view_object* view, instance_values& values, std::size_t index) {
  state_class_record const& cls = values.cls();
  computed_var const& var = cls.computed[index];
  client_record* const client = view_client(view, var.name.c_str());
  if (!client) return nullptr;
  runtime& run_by = view_runtime(view);
  computation& c = run_by.computation_of(*client, cls, index);
  if (var.cache && c.has_value() && run_by.is_fresh(c)) {
    recorder::note(c.read());
    PyObject* const value = c.of().value(index);
    return var.is_async ? ready_new(value) : Py_NewRef(value);
  }
  // In a handler that has changed what it reads, or within another computed var: its value as this
  // view sees it.
  return PyObject_CallOneArg(var.function.get(), reinterpret_cast<PyObject*>(view));
}

int register_readings(PyObject* module) {
  read_later_error = PyErr_NewExceptionWithDoc(
      "statelink._core.ReadLater",
      "What a computed var reads is being changed: it runs again afterwards.", PyExc_BaseException,
      nullptr);
  reading_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&reading_spec));
  ready_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&ready_spec));
  if (!read_later_error || !reading_type || !ready_type) return -1;
  if (PyModule_AddObjectRef(module, "ReadLater", read_later_error) < 0) return -1;
  return PyModule_AddObjectRef(module, "Reading", reinterpret_cast<PyObject*>(reading_type));
}

}  // namespace statelink::python
