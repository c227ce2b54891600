// What this room adds to the extension module.
#include "adopt.hpp"
#include "class_info.hpp"
#include "counters.hpp"
#include "encoder.hpp"
#include "plain_face.hpp"
#include "store_object.hpp"
#include "tracked.hpp"

namespace statelink::python {
namespace {

PyObject* encode(PyObject*, PyObject* value) {
  json_writer text;
  if (!encode_value(value, text)) return nullptr;
  std::string_view const bytes = text.view();
  return PyBytes_FromStringAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size()));
}

PyObject* add_serializer(PyObject*, PyObject* arguments) {
  PyObject *type, *function;
  if (!PyArg_ParseTuple(arguments, "O!O:register_serializer", &PyType_Type, &type, &function))
    return nullptr;
  if (register_serializer(reinterpret_cast<PyTypeObject*>(type), function) < 0) return nullptr;
  return Py_NewRef(Py_None);
}

PyObject* set_debug(PyObject*, PyObject* on) {
  int const truth = PyObject_IsTrue(on);
  if (truth < 0) return nullptr;
  is_debugging = truth != 0;
  return Py_NewRef(Py_None);
}

PyObject* read_counters(PyObject*, PyObject*) {
  return Py_BuildValue("{sKsKsK}", "ops_emitted",
                       static_cast<unsigned long long>(counted.ops_emitted), "slots_visited",
                       static_cast<unsigned long long>(counted.slots_visited), "bytes_encoded",
                       static_cast<unsigned long long>(counted.bytes_encoded));
}

PyObject* plain(PyObject*, PyObject* value) { return to_plain(value); }

PyMethodDef functions[] = {
    {"encode", encode, METH_O, "encode(value, /)\n--\n\nThe JSON text of a value, as bytes."},
    {"register_serializer", add_serializer, METH_VARARGS,
     "register_serializer(type, function, /)\n--\n\nEncodes instances of type as what function "
     "makes of them."},
    {"set_debug", set_debug, METH_O,
     "set_debug(on, /)\n--\n\nWhether each commit compares values with the last one, to find "
     "changes that cannot be seen."},
    {"counters", read_counters, METH_NOARGS,
     "counters()\n--\n\nWhat commits did since the process began."},
    {"to_plain", plain, METH_O, "to_plain(value, /)\n--\n\nA deep copy of built-in containers."},
    {}};

}  // namespace

int register_values(PyObject* module) {
  if (init_change_log() < 0 || init_class_info() < 0 || init_adopt() < 0 ||
      init_encoder(module) < 0 || init_tracked_list(module) < 0 || init_tracked_dict(module) < 0 ||
      init_tracked_set(module) < 0 || init_tracked_object() < 0 || init_store_type(module) < 0 ||
      init_shadow(module) < 0 || register_plain_face(module) < 0) {
    return -1;
  }
  return PyModule_AddFunctions(module, functions);
}

}  // namespace statelink::python
