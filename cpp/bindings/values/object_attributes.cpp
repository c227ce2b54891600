#include "object_attributes.hpp"

namespace statelink::python {
namespace {

PyObject* name_of(char const* text) { return PyUnicode_InternFromString(text); }

/// Names of members are interned: another interned name is another one.
bool is_same_name(PyObject* member, PyObject* name) {
  return member == name ||
         (!PyUnicode_CHECK_INTERNED(name) && PyUnicode_Compare(member, name) == 0);
}

bool has_dict(PyObject* object) {
  PyTypeObject const* type = Py_TYPE(object);
#ifdef Py_TPFLAGS_MANAGED_DICT
  if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) return true;
#endif
  return type->tp_dictoffset != 0;
}

/// The instance's __dict__; null without an exception where it has none.
ref dict_of(PyObject* object) {
  if (!has_dict(object)) return {};
  ref dict = ref::take(PyObject_GenericGetDict(object, nullptr));
  if (!dict) PyErr_Clear();
  return dict;
}

/// One of the dicts that pydantic keeps in slots of its own.
ref pydantic_dict(PyObject* object, PyObject* name) {
  ref dict = ref::take(PyObject_GenericGetAttr(object, name));
  if (dict && PyDict_Check(dict.get())) return dict;
  PyErr_Clear();
  return {};
}

ref extras(PyObject* object) {
  static PyObject* const name = name_of("__pydantic_extra__");
  return pydantic_dict(object, name);
}

ref privates(PyObject* object) {
  static PyObject* const name = name_of("__pydantic_private__");
  return pydantic_dict(object, name);
}

PyObject** member_of(PyObject* object, class_info const& info, PyObject* name) {
  for (slot_member const& member : info.members) {
    if (is_same_name(member.name.get(), name)) {
      return reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + member.offset);
    }
  }
  return nullptr;
}

/// The dict in which pydantic keeps an attribute of this name.
ref home_of(PyObject* object, class_info const& info, PyObject* name) {
  if (info.is_pydantic) {
    if (PyUnicode_GET_LENGTH(name) != 0 && PyUnicode_READ_CHAR(name, 0) == '_') {
      if (ref dict = privates(object)) return dict;
    } else if (PySet_Contains(info.field_names.get(), name) == 0) {
      ref dict = extras(object);
      ref const own = dict_of(object);
      if (dict && (!own || PyDict_Contains(own.get(), name) == 0)) return dict;
    }
  }
  return dict_of(object);
}

void append_items(PyObject* dict, std::vector<attribute>& out) {
  PyObject *name, *value;
  for (Py_ssize_t i = 0; PyDict_Next(dict, &i, &name, &value);) {
    if (PyUnicode_Check(name)) out.push_back({ref::share(name), ref::share(value)});
  }
}

}  // namespace

int read_attributes(PyObject* object, class_info const& info, std::vector<attribute>& out) {
  for (slot_member const& member : info.members) {
    PyObject* const value =
        *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + member.offset);
    if (value) out.push_back({member.name, ref::share(value)});
  }
  if (ref const dict = dict_of(object)) append_items(dict.get(), out);
  if (info.is_pydantic) {
    if (ref const dict = extras(object)) append_items(dict.get(), out);
    if (ref const dict = privates(object)) append_items(dict.get(), out);
  }
  return PyErr_Occurred() ? -1 : 0;
}

attribute_place::attribute_place(PyObject* object, class_info const& info, PyObject* name)
    : object_(object), name_(name), member_(member_of(object, info, name)) {
  if (!member_) dict_ = home_of(object, info, name);
}

PyObject* attribute_place::get() const {
  if (member_) return Py_XNewRef(*member_);
  return dict_ ? Py_XNewRef(PyDict_GetItemWithError(dict_.get(), name_)) : nullptr;
}

int attribute_place::set(PyObject* value) const {
  if (member_) {
    PyObject* const old = *member_;
    *member_ = Py_XNewRef(value);
    Py_XDECREF(old);
    return 0;
  }
  if (!dict_) {
    PyErr_Format(PyExc_AttributeError, "%.200s keeps no attribute %R", Py_TYPE(object_)->tp_name,
                 name_);
    return -1;
  }
  if (value) return PyDict_SetItem(dict_.get(), name_, value);
  return PyDict_Contains(dict_.get(), name_) == 1 ? PyDict_DelItem(dict_.get(), name_) : 0;
}

PyObject* get_raw(PyObject* object, class_info const& info, PyObject* name) {
  return attribute_place(object, info, name).get();
}

int set_raw(PyObject* object, class_info const& info, PyObject* name, PyObject* value) {
  return attribute_place(object, info, name).set(value);
}

void unshare_keys(PyObject* object) {
#if PY_VERSION_HEX < 0x030D0000
  ref const dict = dict_of(object);
  if (!dict || !PyDict_CheckExact(dict.get())) return;
  if (!reinterpret_cast<PyDictObject*>(dict.get())->ma_values) return;
  ref const own = ref::take(PyDict_New());
  if (!own || PyDict_Update(own.get(), dict.get()) < 0 ||
      PyObject_GenericSetDict(object, own.get(), nullptr) < 0)
    PyErr_Clear();
#else
  static_cast<void>(object);
#endif
}

bool attribute_travels(PyObject* object, class_info const& info, PyObject* name) {
  if (PySet_Contains(info.field_names.get(), name) == 1) return true;
  PyObject* const dict = extras_of(object, info);
  return dict && PyDict_Contains(dict, name) == 1;
}

PyObject* extras_of(PyObject* object, class_info const& info) {
  return info.is_pydantic ? extras(object).get() : nullptr;  // the object keeps it alive
}

PyObject* copy_fields_set(PyObject* object) {
  static PyObject* const name = name_of("__pydantic_fields_set__");
  ref const fields_set = ref::take(PyObject_GenericGetAttr(object, name));
  PyObject* const copy = fields_set ? PySet_New(fields_set.get()) : nullptr;
  if (!copy) PyErr_Clear();
  return copy;
}

void restore_fields_set(PyObject* object, PyObject* fields_set) {
  static PyObject* const name = name_of("__pydantic_fields_set__");
  if (PyObject_GenericSetAttr(object, name, fields_set) < 0) PyErr_Clear();
}

}  // namespace statelink::python
