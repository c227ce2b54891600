#include "turns/view.hpp"

#include <algorithm>

#include "computed/reading.hpp"
#include "runtime/client_record.hpp"
#include "runtime/runtime.hpp"
#include "turns/background.hpp"
#include "turns/turn.hpp"

namespace statelink::python {

namespace {

PyTypeObject* view_type = nullptr;
PyObject* needs_client_error = nullptr;

// --- View

void view_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  view_object* const view = as_view(self);
  PyMem_Free(view->stores);
  Py_CLEAR(view->turn);
  Py_CLEAR(view->reading);
  Py_CLEAR(view->background);
  type->tp_free(self);
  Py_DECREF(type);
}

int view_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(as_view(self)->turn);
  Py_VISIT(as_view(self)->reading);
  Py_VISIT(as_view(self)->background);
  Py_VISIT(Py_TYPE(self));
  return 0;
}

int view_clear(PyObject* self) {
  Py_CLEAR(as_view(self)->turn);
  Py_CLEAR(as_view(self)->reading);
  Py_CLEAR(as_view(self)->background);
  return 0;
}

int view_setattro(PyObject* self, PyObject* name, PyObject* value) {
  // Only what a descriptor takes: a plain class among the bases would give a view a __dict__.
  PyObject* const known = _PyType_Lookup(Py_TYPE(self), name);
  if (known && Py_TYPE(known)->tp_descr_set) return PyObject_GenericSetAttr(self, name, value);
  if (known) {
    PyErr_Format(PyExc_AttributeError, "%s.%U is no var: it cannot be assigned to",
                 Py_TYPE(self)->tp_name, name);
  } else {
    PyErr_Format(PyExc_AttributeError,
                 "%s has no var %R: declare it in the class body, as in `%U: int = 0`",
                 Py_TYPE(self)->tp_name, name, name);
  }
  return -1;
}

PyObject* view_repr(PyObject* self) {
  view_object const* view = as_view(self);
  char const* const state = !view->stores ? "ended" : view->turn ? "in a turn" : "read-only";
  return PyUnicode_FromFormat("<%s view, %s>", Py_TYPE(self)->tp_name, state);
}

PyObject* view_no_new(PyTypeObject* type, PyObject*, PyObject*) {
  PyErr_Format(PyExc_TypeError,
               "%s is not instantiated: statelink makes a view of it for each turn. In a handler "
               "use self, or "
               "`await self.get_state(%s)`",
               type->tp_name, type->tp_name);
  return nullptr;
}

bool on_its_thread(view_object const* view) {
  return view->background->run_by->thread() == PyThread_get_thread_ident();
}

PyObject* view_get_background(PyObject* self, void*) {
  view_object* const view = as_view(self);
  if (!view->stores) {
    raise_ended(view);
    return nullptr;
  }
  if (view->background) return Py_NewRef(reinterpret_cast<PyObject*>(view->background));
  PyErr_Format(PyExc_RuntimeError,
               "`async with` is for background handlers (@event(background=True)): this view of %s "
               "has its locks until its handler is over",
               Py_TYPE(view)->tp_name);
  return nullptr;
}

PyObject* view_get_turn(PyObject* self, void*) {
  view_object* const view = as_view(self);
  if (!is_usable(view)) return nullptr;
  if (view->reading) return Py_NewRef(view->reading);
  if (is_outside(view)) return Py_NewRef(reinterpret_cast<PyObject*>(view->background));
  if (!view->turn) {
    raise_needs_client(view, "this");
    return nullptr;
  }
  return Py_NewRef(view->turn);
}

PyObject* view_get_router(PyObject* self, void*) {
  view_object* const view = as_view(self);
  if (!is_usable(view)) return nullptr;
  if (is_outside(view)) return Py_NewRef(view->background->router);
  if (!view->client) {
    raise_needs_client(view, "router");
    return nullptr;
  }
  recorder::note_router(view->client->router_version);
  ref const& router = view->turn ? view->turn->state->router : view->client->router;
  return Py_NewRef(router.get());
}

instance_values* shown(view_object* view) {
  store* const s = store_at(view, view->cls->depth);
  if (!s) return nullptr;
  recorder::note(s, links_slot);
  return instance_values::of(s);
}

PyObject* view_get_linked_to(PyObject* self, void*) {
  instance_values* const values = shown(as_view(self));
  if (!values) return nullptr;
  return values->linked_to();
}

PyObject* view_get_linked_from(PyObject* self, void*) {
  instance_values* const values = shown(as_view(self));
  if (!values) return nullptr;
  return values->linked_from();
}

PyGetSetDef view_getset[] = {
    {"_turn", view_get_turn, nullptr, nullptr, nullptr},
    {"_background", view_get_background, nullptr, nullptr, nullptr},
    {"router", view_get_router, nullptr,
     "The triggering client: router.session.client_token, router.headers, router.page.", nullptr},
    {"_linked_to", view_get_linked_to, nullptr,
     "The token that this state is linked to, or an empty string.", nullptr},
    {"_linked_from", view_get_linked_from, nullptr,
     "A set of the client tokens that are linked to this instance now.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyType_Slot view_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(view_dealloc)},
                            {Py_tp_traverse, reinterpret_cast<void*>(view_traverse)},
                            {Py_tp_clear, reinterpret_cast<void*>(view_clear)},
                            {Py_tp_setattro, reinterpret_cast<void*>(view_setattro)},
                            {Py_tp_repr, reinterpret_cast<void*>(view_repr)},
                            {Py_tp_new, reinterpret_cast<void*>(view_no_new)},
                            {Py_tp_getset, view_getset},
                            {0, nullptr}};
PyType_Spec view_spec = {"statelink._core.View", sizeof(view_object), 0,
                         Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, view_slots};

}  // namespace

bool is_usable(view_object const* view) {
  if (!view->stores) {
    raise_ended(view);
    return false;
  }
  if (view->turn ? is_running(view->turn) : !is_outside(view) || on_its_thread(view)) return true;
  PyErr_Format(PyExc_RuntimeError,
               "this view of %s was made for the event handler %s: other code, another thread or "
               "another event cannot "
               "use it, nor can a task of it at a yield",
               Py_TYPE(view)->tp_name,
               view->turn ? turn_handler(view->turn) : background_handler(view->background));
  return false;
}

store* store_at(view_object* view, std::size_t depth) {
  if (!is_usable(view)) return nullptr;
  if (is_outside(view)) return background_store(view, depth);
  store* const s = view->stores[depth];
  if (!s) raise_needs_client(view, "a var of a parent state");
  return s;
}

bool is_view(PyObject* object) noexcept { return PyObject_TypeCheck(object, view_type); }

view_object* view_new(state_class_record const& cls, turn_object* turn, client_record* client) {
  view_object* const view = as_view(cls.type->tp_alloc(cls.type, 0));
  if (!view) return nullptr;
  view->stores = static_cast<store**>(PyMem_Calloc(cls.depth + 1, sizeof(store*)));
  if (!view->stores) {
    Py_DECREF(view);
    PyErr_NoMemory();
    return nullptr;
  }
  view->turn = reinterpret_cast<turn_object*>(Py_XNewRef(turn));
  view->client = client;
  view->cls = &cls;
  return view;
}

void view_end(view_object* view) noexcept {
  PyMem_Free(view->stores);
  view->stores = nullptr;
  view->client = nullptr;
}

void view_detach(view_object* view) noexcept {
  if (view->stores) std::fill_n(view->stores, view->cls->depth + 1, nullptr);
  view->client = nullptr;
  Py_CLEAR(view->turn);
}

client_record* view_client(view_object const* view, char const* what) {
  if (is_outside(view)) return background_client(view->background);
  if (!view->client) raise_needs_client(view, what);
  return view->client;
}

runtime& view_runtime(view_object const* view) noexcept {
  if (view->turn) return *view->turn->state->run_by;
  if (view->background) return *view->background->run_by;
  return *reinterpret_cast<reading_object*>(view->reading)->run_by;
}

void raise_needs_client(char const* who, char const* what) {
  PyErr_Format(needs_client_error, "%s: %s needs a client", who, what);
}

void raise_needs_client(view_object const* view, char const* what) {
  char const* const who = Py_TYPE(view)->tp_name;
  if (!view->turn) return raise_needs_client(who, what);
  PyErr_Format(PyExc_RuntimeError, "%s: %s needs a client, and in %s there is none", who, what,
               turn_handler(view->turn));
}

bool needs_client_is_set() noexcept { return PyErr_ExceptionMatches(needs_client_error); }

void raise_ended(view_object const* view) {
  if (view->turn || view->background) {
    PyErr_Format(
        PyExc_RuntimeError,
        "this view of %s was made for the event handler %s, which is over: keep values, not self",
        Py_TYPE(view)->tp_name,
        view->turn ? turn_handler(view->turn) : background_handler(view->background));
  } else {
    PyErr_Format(
        PyExc_RuntimeError,
        "this view of %s was made for a computed var, which has run: keep values, not self",
        Py_TYPE(view)->tp_name);
  }
}

int register_views(PyObject* module) {
  needs_client_error = PyErr_NewExceptionWithDoc(
      "statelink._core.NeedsClient", "A shared computed var touched what only a client has.",
      PyExc_BaseException, nullptr);
  if (!needs_client_error || PyModule_AddObjectRef(module, "NeedsClient", needs_client_error) < 0) {
    return -1;
  }
  view_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&view_spec));
  if (!view_type) return -1;
  return PyModule_AddObjectRef(module, "View", reinterpret_cast<PyObject*>(view_type));
}

}  // namespace statelink::python
