// Attributes of dataclass and pydantic instances, read and written past the class's own hooks.
#pragma once

#include <Python.h>

#include <vector>

#include "class_info.hpp"
#include "node.hpp"
#include "ref.hpp"

namespace statelink::python {

struct attribute {
  ref name;
  ref value;
};

/// Where an instance keeps one attribute; the instance and the name must outlive it.
class attribute_place {
 public:
  attribute_place(PyObject* object, class_info const& info, PyObject* name);
  /// New reference; null without an exception where there is no value.
  PyObject* get() const;
  /// Null: takes the value away. 0, or -1 with an exception set.
  int set(PyObject* value) const;

 private:
  PyObject* object_;
  PyObject* name_;
  PyObject** member_;  // null: in `dict_`
  ref dict_;
};

/// The interpreter before 3.13 reads an attribute slowly where the instance has a dict that shares
/// its keys with others, as one has that was ever asked for its `__dict__`: gives it one of its own.
void unshare_keys(PyObject* object);

/// Appends all that the instance itself holds: `__slots__`, `__dict__`, pydantic's extras and
/// private attributes. -1 with an exception set.
int read_attributes(PyObject* object, class_info const& info, std::vector<attribute>& out);
/// New reference; null without an exception where the instance has no such attribute.
PyObject* get_raw(PyObject* object, class_info const& info, PyObject* name);
/// Sets, or with a null value deletes. -1 with an exception set.
int set_raw(PyObject* object, class_info const& info, PyObject* name, PyObject* value);
/// Whether the attribute is among those that travel: a field, or a pydantic extra.
bool attribute_travels(PyObject* object, class_info const& info, PyObject* name);
/// pydantic's extras (borrowed); null where there are none.
PyObject* extras_of(PyObject* object, class_info const& info);
/// A copy of pydantic's set of fields set, or null without an exception; and putting it back.
PyObject* copy_fields_set(PyObject* object);
void restore_fields_set(PyObject* object, PyObject* fields_set);

/// Makes the class note the changes of its instances. -1 with an exception set.
int wrap_class(class_info& info);

}  // namespace statelink::python
