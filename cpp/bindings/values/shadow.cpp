// Debug mode: what tracking cannot see is found at the next commit, by comparing with an encoding
// of the last one.
#include "encoder.hpp"
#include "store_object.hpp"

namespace statelink::python {

bool is_debugging = false;
PyObject* unseen_change_error = nullptr;

namespace {

// Python, because nobody waits for it: applies operations to parsed JSON, finds the first place
// where two values differ.
constexpr char source[] = R"(
import json

def key_of(parent, text):
    text = text.replace("~1", "/").replace("~0", "~")
    return (len(parent) if text == "-" else int(text)) if isinstance(parent, list) else text

def apply(document, operations):
    for operation in operations:
        *way, last = operation["path"].split("/")[1:]
        parent = document
        for step in way:
            parent = parent[key_of(parent, step)]
        key = key_of(parent, last)
        kind = operation["op"]
        if kind == "remove":
            del parent[key]
        elif kind == "add" and isinstance(parent, list):
            parent.insert(key, operation["value"])
        elif kind == "append":
            parent[key] += operation["value"]
        else:
            parent[key] = operation["value"]

def difference(a, b, path):
    if type(a) is not type(b):
        return path
    if isinstance(a, dict):
        for key in a.keys() | b.keys():
            below = path + "/" + key.replace("~", "~0").replace("/", "~1")
            found = difference(a[key], b[key], below) if key in a and key in b else below
            if found is not None:
                return found
        return None
    if isinstance(a, list):
        for index, (one, other) in enumerate(zip(a, b)):
            found = difference(one, other, path + "/" + str(index))
            if found is not None:
                return found
        return path if len(a) != len(b) else None
    return None if a == b else path

def find(before, now, operations, unwritten):
    before = {name: json.loads(text) for name, text in before.items()}
    now = {name: json.loads(text) for name, text in now.items()}
    apply(before, json.loads(operations))
    for name in unwritten:
        found = difference(before.pop(name), now.pop(name), "/" + name)
        if found is not None:
            return found
    return difference(before, now, "")
)";

PyObject* find_function = nullptr;

std::unique_ptr<std::string> text_of_slot(store const& s, std::size_t slot) {
  PyObject* const value = value_of_slot(s, slot);
  if (!value || s.body->shape->slots[slot].computed) return nullptr;
  json_writer text;
  encoder encode(text);
  if (encode.write(value) == encoder::ok) return std::make_unique<std::string>(text.view());
  PyErr_Clear();
  return nullptr;
}

bool put_text(PyObject* dict, PyObject* name, std::string const& text) {
  ref const str =
      ref::take(PyUnicode_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size())));
  return str && PyDict_SetItem(dict, name, str.get()) == 0;
}

}  // namespace

void renew_shadow(store& s) {
  if (!s.body->seen) s.body->seen = std::make_unique<shadow>();
  auto& texts = s.body->seen->slots;
  texts.clear();
  for (std::size_t i = 0; i < s.body->slots.size(); ++i) texts.push_back(text_of_slot(s, i));
}

void prepare_shadow(store& s) {
  if (is_debugging && !s.body->seen) renew_shadow(s);
}

int check_shadow(store& s, std::string_view ops) {
  if (!s.body->seen) return 0;
  ref const before = ref::take(PyDict_New());
  ref const now = ref::take(PyDict_New());
  ref const unwritten = ref::take(PyList_New(0));
  if (!before || !now || !unwritten) return -1;
  for (std::size_t i = 0; i < s.body->slots.size(); ++i) {
    layout_slot const& shape = s.body->shape->slots[i];
    auto const& was = s.body->seen->slots[i];
    auto const is = text_of_slot(s, i);
    bool const is_written = s.body->slots[i].version > s.committed_clock;
    // A backend-only slot tells no operations: it can be compared only where it was not written.
    if (!was || !is || (is_written && !shape.travels)) continue;
    if (!put_text(before.get(), shape.name.get(), *was) ||
        !put_text(now.get(), shape.name.get(), *is))
      return -1;
    if (!shape.travels && PyList_Append(unwritten.get(), shape.name.get()) < 0) return -1;
  }
  // Operations on computed slots are compared with nothing.
  ref const texts = ref::take(PyUnicode_FromStringAndSize(
      ops.empty() ? "[]" : ops.data(), ops.empty() ? 2 : static_cast<Py_ssize_t>(ops.size())));
  if (!texts) return -1;
  for (std::size_t i = 0; i < s.body->slots.size(); ++i) {
    layout_slot const& shape = s.body->shape->slots[i];
    store_slot const& slot = s.body->slots[i];
    if (!shape.computed || !shape.travels || !slot.text) continue;
    bool const was_set = !slot.noted || slot.before;
    if (was_set && !put_text(before.get(), shape.name.get(), slot.text->committed)) return -1;
    if (!put_text(now.get(), shape.name.get(), slot.text->now)) return -1;
  }
  ref const path = ref::take(PyObject_CallFunctionObjArgs(find_function, before.get(), now.get(),
                                                          texts.get(), unwritten.get(), nullptr));
  if (!path) return -1;
  if (path.get() == Py_None) return 0;
  PyErr_Format(unseen_change_error,
               "%U was changed in a way that cannot be seen (see docs/values.md): by a "
               "function that works on the "
               "built-in type behind its back, or inside an object that is not tracked",
               path.get());
  return -1;
}

int init_shadow(PyObject* module) {
  ref const names = ref::take(PyDict_New());
  if (!names || PyDict_SetItemString(names.get(), "__builtins__", PyEval_GetBuiltins()) < 0)
    return -1;
  ref const done = ref::take(PyRun_String(source, Py_file_input, names.get(), names.get()));
  if (!done) return -1;
  find_function = Py_XNewRef(PyDict_GetItemString(names.get(), "find"));
  unseen_change_error = PyErr_NewExceptionWithDoc(
      "statelink.UnseenChangeError",
      "In debug mode: a value was changed in a way that tracking cannot see.", PyExc_RuntimeError,
      nullptr);
  if (!find_function || !unseen_change_error) return -1;
  return PyModule_AddObjectRef(module, "UnseenChangeError", unseen_change_error);
}

}  // namespace statelink::python
