// Keys of dicts as JSON has them.
#include <cmath>

#include "class_info.hpp"
#include "tracked.hpp"

namespace statelink::python {
namespace {

int add_name(tracked_dict& d, PyObject* key, bool travels) {
  ref const text = ref::take(key_text(key));
  if (!text) {
    // Such a dict cannot be sent, which is said when somebody tries; it may be meant to stay here.
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) return -1;
    PyErr_Clear();
    return 0;
  }
  PyObject* const other = PyDict_GetItemWithError(d.names, text.get());
  if (other && travels) {
    PyErr_Format(PyExc_ValueError, "the keys %R and %R of a dict are the same in JSON", other, key);
    return -1;
  }
  if (PyErr_Occurred()) return -1;
  return PyDict_SetItem(d.names, text.get(), key);
}

bool is_odd(PyObject* key) { return !PyUnicode_CheckExact(key) && !PyLong_CheckExact(key); }

int name_keys(tracked_dict& d, bool travels) {
  ref const names = ref::take(PyDict_New());
  if (!names) return -1;
  Py_XSETREF(d.names, Py_NewRef(names.get()));
  PyObject *key, *value;
  for (Py_ssize_t i = 0; PyDict_Next(reinterpret_cast<PyObject*>(&d), &i, &key, &value);) {
    d.odd_keys = d.odd_keys || is_odd(key);
    if (add_name(d, key, travels) < 0) return -1;
  }
  return 0;
}

}  // namespace

void set_key_error(PyObject* key) {
  // In a tuple, so that a key that is a tuple stays one.
  if (ref const arguments = ref::take(PyTuple_Pack(1, key)))
    PyErr_SetObject(PyExc_KeyError, arguments.get());
}

PyObject* key_text(PyObject* key) {
  if (PyUnicode_CheckExact(key)) return Py_NewRef(key);
  if (key == Py_None) return PyUnicode_FromString("null");
  if (PyBool_Check(key)) return PyUnicode_FromString(key == Py_True ? "true" : "false");
  class_info const* info = info_of(Py_TYPE(key));
  if (!info) return nullptr;
  switch (info->kind) {
    case value_kind::integer:
      return PyLong_Type.tp_repr(key);
    case value_kind::text:
      return PyUnicode_FromObject(key);
    case value_kind::real: {
      double const value = PyFloat_AS_DOUBLE(key);
      if (std::isfinite(value)) return PyFloat_Type.tp_repr(key);
      return PyUnicode_FromString(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    }
    case value_kind::enumeration: {
      ref const inner = ref::take(PyObject_GetAttrString(key, "value"));
      return inner ? key_text(inner.get()) : nullptr;
    }
    default:
      PyErr_Format(PyExc_TypeError, "a key of type %.200s cannot stand in JSON",
                   Py_TYPE(key)->tp_name);
      return nullptr;
  }
}

int read_keys(tracked_dict& d, bool travels) {
  PyObject *key, *value;
  for (Py_ssize_t i = 0; PyDict_Next(reinterpret_cast<PyObject*>(&d), &i, &key, &value);) {
    if (!PyUnicode_CheckExact(key)) return name_keys(d, travels);
  }
  return 0;
}

int admit_key(tracked_dict& d, PyObject* key, bool travels) {
  if (!d.names && PyUnicode_CheckExact(key)) return 0;
  if (!d.names && name_keys(d, travels) < 0) return -1;
  d.odd_keys = d.odd_keys || is_odd(key);
  return add_name(d, key, travels);
}

void forget_key(tracked_dict& d, PyObject* key) noexcept {
  if (!d.names) return;
  ref const text = ref::take(key_text(key));
  if (text) PyDict_DelItem(d.names, text.get());
  PyErr_Clear();
}

}  // namespace statelink::python
