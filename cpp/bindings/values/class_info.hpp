// What statelink knows of a Python class: how its instances are encoded, and whether they are
// tracked.
#pragma once

#include <Python.h>

#include <string>
#include <vector>

#include "ref.hpp"

namespace statelink::python {

enum class value_kind : unsigned char {
  none,
  boolean,
  integer,
  real,
  text,
  list,
  tuple,
  dict,
  set,
  frozen_set,
  bytes,        // bytes
  byte_buffer,  // bytearray, memoryview: mutable
  enumeration,
  iso_text,     // datetime, date, time
  duration,     // timedelta
  plain_text,   // Decimal, UUID: str()
  data_object,  // dataclass or pydantic instance
  serialized,   // has a registered serializer
  unknown,
};

/// A field that travels.
struct object_field {
  ref name;
  std::string json_key;  // `"name":`
};

/// Where an instance keeps an attribute of `__slots__`.
struct slot_member {
  ref name;
  Py_ssize_t offset;
};

struct class_info {
  PyTypeObject* type = nullptr;  // strong: classes seen here live on
  value_kind kind = value_kind::unknown;
  ref serializer;

  // Of a data_object.
  std::vector<object_field> fields;
  ref field_names;  // set of the names in `fields`
  std::vector<slot_member> members;
  bool is_pydantic = false;
  bool is_wrapped = false;  // its __setattr__ and __delattr__ note changes

  /// Whether a value can be changed without our seeing it: putting one anywhere counts as a change.
  bool is_opaque() const noexcept {
    return kind == value_kind::serialized || kind == value_kind::unknown ||
           kind == value_kind::byte_buffer;
  }
};

/// What is known of `type`; found out at the first call. Null with an exception set.
class_info* info_of(PyTypeObject* type);

/// From now on instances of `type` and its subclasses are encoded as what `function` makes of them.
/// Classes whose instances are tracked in place already keep their mapping. 0, or -1 with an
/// exception set.
int register_serializer(PyTypeObject* type, PyObject* function);

/// Imports what classes are compared with. 0, or -1 with an exception set.
int init_class_info();

/// Whether `value` cannot change but by being replaced. -1 with an exception set.
int is_immutable(PyObject* value);

/// Whether putting `value` somewhere always counts as a change, because what is inside cannot be
/// seen. -1 with an exception set.
int is_opaque(PyObject* value);

}  // namespace statelink::python
