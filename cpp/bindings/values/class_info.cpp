#include "class_info.hpp"

#include <structmember.h>

#include <memory>
#include <unordered_map>

#include "json_text.hpp"

namespace statelink::python {
namespace {

struct known_classes {
  ref enum_class;
  ref dataclass_field_marker;
  std::vector<std::pair<PyTypeObject*, value_kind>> bases;  // strong
};
known_classes* known = nullptr;

std::unordered_map<PyTypeObject*, std::unique_ptr<class_info>>& classes() {
  static auto* map = new std::unordered_map<PyTypeObject*, std::unique_ptr<class_info>>;
  return *map;
}

std::unordered_map<PyTypeObject*, ref>& serializers() {
  static auto* map = new std::unordered_map<PyTypeObject*, ref>;
  return *map;
}

ref import_attribute(char const* module_name, char const* name) {
  ref const module = ref::take(PyImport_ImportModule(module_name));
  return module ? ref::take(PyObject_GetAttrString(module.get(), name)) : ref();
}

bool add_field(class_info& info, PyObject* name) {
  // A leading underscore keeps a field back, as it does a var.
  if (PyUnicode_GET_LENGTH(name) == 0 || PyUnicode_READ_CHAR(name, 0) == '_') return true;
  json_writer text;
  if (!text.put_string(name)) return true;  // a name that no JSON text can hold
  text.put(':');
  info.fields.push_back({ref::share(name), std::string(text.view())});
  return PySet_Add(info.field_names.get(), name) == 0;
}

bool read_dataclass_fields(class_info& info, PyObject* fields) {
  PyObject *name, *field;
  for (Py_ssize_t at = 0; PyDict_Next(fields, &at, &name, &field);) {
    ref const marker = ref::take(PyObject_GetAttrString(field, "_field_type"));
    if (!marker) return false;
    if (marker.get() == known->dataclass_field_marker.get() && !add_field(info, name)) return false;
  }
  return true;
}

bool read_pydantic_fields(class_info& info, PyObject* fields) {
  PyObject *name, *field;
  for (Py_ssize_t at = 0; PyDict_Next(fields, &at, &name, &field);) {
    ref const exclude = ref::take(PyObject_GetAttrString(field, "exclude"));
    if (!exclude) PyErr_Clear();
    if (exclude.get() == Py_True) continue;
    if (!add_field(info, name)) return false;
  }
  return true;
}

void read_members(class_info& info) {
  PyObject* mro = info.type->tp_mro;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(mro); ++i) {
    auto* base = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(mro, i));
    if (!(base->tp_flags & Py_TPFLAGS_HEAPTYPE)) continue;
    ref const names =
        ref::take(PyObject_GetAttrString(reinterpret_cast<PyObject*>(base), "__dict__"));
    if (!names) return PyErr_Clear();
    ref const items = ref::take(PyMapping_Items(names.get()));
    if (!items) return PyErr_Clear();
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(items.get()); ++k) {
      PyObject* item = PyList_GET_ITEM(items.get(), k);
      PyObject* member = PyTuple_GET_ITEM(item, 1);
      if (Py_TYPE(member) != &PyMemberDescr_Type) continue;
      PyMemberDef const* definition = reinterpret_cast<PyMemberDescrObject*>(member)->d_member;
      if (definition->type != T_OBJECT_EX) continue;
      // pydantic keeps extras and private attributes in dicts of their own, which are looked into
      // separately.
      char const* text = PyUnicode_AsUTF8(PyTuple_GET_ITEM(item, 0));
      if (!text || std::string_view(text).starts_with("__pydantic_")) continue;
      info.members.push_back({ref::share(PyTuple_GET_ITEM(item, 0)), definition->offset});
    }
  }
}

ref own_attribute(PyTypeObject* type, char const* name) {
  ref const attributes =
      ref::take(PyObject_GetAttrString(reinterpret_cast<PyObject*>(type), "__dict__"));
  if (!attributes) {
    PyErr_Clear();
    return {};
  }
  ref value = ref::take(PyMapping_GetItemString(attributes.get(), name));
  if (!value) PyErr_Clear();
  return value;
}

// Whether `base`, met in the method resolution order of info.type, decides what its instances are.
// -1 on error.
int decide(class_info& info, PyTypeObject* base) {
  if (auto const found = serializers().find(base); found != serializers().end()) {
    info.kind = value_kind::serialized;
    info.serializer = found->second;
    return 1;
  }
  if (base == reinterpret_cast<PyTypeObject*>(known->enum_class.get())) {
    info.kind = value_kind::enumeration;
    return 1;
  }
  for (auto const& [type, kind] : known->bases) {
    if (base != type) continue;
    int const is_enum =
        PyObject_IsSubclass(reinterpret_cast<PyObject*>(info.type), known->enum_class.get());
    if (is_enum < 0) return -1;
    info.kind = is_enum ? value_kind::enumeration : kind;
    return 1;
  }
  auto* subject = reinterpret_cast<PyObject*>(info.type);
  bool const is_pydantic = own_attribute(base, "__pydantic_validator__") &&
                           own_attribute(base, "__pydantic_decorators__");
  if (ref const own = own_attribute(base, "__dataclass_fields__"); own && PyDict_Check(own.get())) {
    ref const fields = ref::take(PyObject_GetAttrString(subject, "__dataclass_fields__"));
    info.field_names = ref::take(PySet_New(nullptr));
    if (!fields || !info.field_names || !read_dataclass_fields(info, fields.get())) return -1;
  } else if (is_pydantic) {
    ref fields = ref::take(PyObject_GetAttrString(subject, "__pydantic_fields__"));
    if (!fields) {
      PyErr_Clear();
      fields = ref::take(PyObject_GetAttrString(subject, "model_fields"));
    }
    info.field_names = ref::take(PySet_New(nullptr));
    if (!fields || !info.field_names) return -1;
    if (!PyDict_Check(fields.get())) return 0;
    if (!read_pydantic_fields(info, fields.get())) return -1;
    info.is_pydantic = true;
  } else {
    return 0;
  }
  info.kind = value_kind::data_object;
  read_members(info);
  return 1;
}

bool classify(class_info& info) {
  info.kind = value_kind::unknown;
  PyObject* mro = info.type->tp_mro;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(mro); ++i) {
    int const decided = decide(info, reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(mro, i)));
    if (decided != 0) return decided > 0;
  }
  return true;
}

}  // namespace

class_info* info_of(PyTypeObject* type) {
  static class_info* last = nullptr;
  if (last && last->type == type) return last;
  auto& map = classes();
  if (auto const found = map.find(type); found != map.end()) return last = found->second.get();
  auto info = std::make_unique<class_info>();
  info->type = type;
  if (!classify(*info)) return nullptr;
  Py_INCREF(type);
  return last = map.emplace(type, std::move(info)).first->second.get();
}

int register_serializer(PyTypeObject* type, PyObject* function) {
  if (!PyCallable_Check(function)) {
    PyErr_SetString(PyExc_TypeError, "a serializer must be callable");
    return -1;
  }
  serializers()[type] = ref::share(function);
  for (auto& [seen, info] : classes()) {
    if (info->kind == value_kind::data_object && info->is_wrapped) continue;
    if (PyType_IsSubtype(seen, type) && !classify(*info)) return -1;
  }
  return 0;
}

int init_class_info() {
  auto found = std::make_unique<known_classes>();
  found->enum_class = import_attribute("enum", "Enum");
  found->dataclass_field_marker = import_attribute("dataclasses", "_FIELD");
  if (!found->enum_class || !found->dataclass_field_marker) return -1;
  auto const add = [&](PyTypeObject* type, value_kind kind) {
    Py_INCREF(type);
    found->bases.emplace_back(type, kind);
  };
  add(Py_TYPE(Py_None), value_kind::none);
  add(&PyBool_Type, value_kind::boolean);
  add(&PyLong_Type, value_kind::integer);
  add(&PyFloat_Type, value_kind::real);
  add(&PyUnicode_Type, value_kind::text);
  add(&PyList_Type, value_kind::list);
  add(&PyTuple_Type, value_kind::tuple);
  add(&PyDict_Type, value_kind::dict);
  add(&PySet_Type, value_kind::set);
  add(&PyFrozenSet_Type, value_kind::frozen_set);
  add(&PyBytes_Type, value_kind::bytes);
  add(&PyByteArray_Type, value_kind::byte_buffer);
  add(&PyMemoryView_Type, value_kind::byte_buffer);
  struct named {
    char const* module_name;
    char const* name;
    value_kind kind;
  };
  for (named const& n : {named{"datetime", "datetime", value_kind::iso_text},
                         named{"datetime", "date", value_kind::iso_text},
                         named{"datetime", "time", value_kind::iso_text},
                         named{"datetime", "timedelta", value_kind::duration},
                         named{"decimal", "Decimal", value_kind::plain_text},
                         named{"uuid", "UUID", value_kind::plain_text}}) {
    ref const type = import_attribute(n.module_name, n.name);
    if (!type) return -1;
    add(reinterpret_cast<PyTypeObject*>(type.get()), n.kind);
  }
  known = found.release();
  return 0;
}

int is_immutable(PyObject* value) {
  PyTypeObject* type = Py_TYPE(value);
  if (type == &PyUnicode_Type || type == &PyLong_Type || type == &PyFloat_Type ||
      type == &PyBool_Type || value == Py_None) {
    return 1;
  }
  class_info const* info = info_of(type);
  if (!info) return -1;
  switch (info->kind) {
    case value_kind::tuple:
      for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(value); ++i) {
        if (int const inner = is_immutable(PyTuple_GET_ITEM(value, i)); inner != 1) return inner;
      }
      return 1;
    case value_kind::list:
    case value_kind::dict:
    case value_kind::set:
    case value_kind::byte_buffer:
    case value_kind::data_object:
    case value_kind::serialized:
    case value_kind::unknown:
      return 0;
    default:
      return 1;  // a frozenset holds hashable values only: taken for immutable
  }
}

int is_opaque(PyObject* value) {
  PyTypeObject* type = Py_TYPE(value);
  if (type == &PyUnicode_Type || type == &PyLong_Type || type == &PyFloat_Type ||
      type == &PyBool_Type || value == Py_None) {
    return 0;
  }
  class_info const* info = info_of(type);
  if (!info) return -1;
  if (info->kind == value_kind::tuple) {
    int const immutable = is_immutable(value);
    return immutable < 0 ? -1 : !immutable;
  }
  return info->is_opaque();
}

}  // namespace statelink::python
