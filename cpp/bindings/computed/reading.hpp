// One run of a personal computed var: what its view leads to, and what it has read so far.
//
// A run sees committed values only. It holds no lock: where a turn is at an instance that it wants
// to read, or has changed one that it read while it was suspended, the run is thrown away, and the
// var is looked at again when that turn commits or is rolled back.
#pragma once

#include <Python.h>

#include "computed/computation.hpp"
#include "turns/view.hpp"

namespace statelink::python {

class runtime;

struct reading_object {
  PyObject_HEAD runtime* run_by;
  computation* of;  ///< null when the run is over or its client is gone
  readings* read;   ///< owned
  readings* named;  ///< owned; what decides alone when to run again, null: what it reads
  std::vector<view_object*>* views;  ///< owned; each strong: its own, then those of get_state
};

/// A new run. Null with an exception set.
reading_object* reading_new(runtime& run_by, computation& of);
/// The view that the var's function gets; borrowed. Null with an exception set: ReadLater where a
/// turn is at its instance.
view_object* reading_view(reading_object* r, class_no cls);
/// Whether nothing that it has read so far has changed since. REQUIRES: it is not over.
bool reading_holds(reading_object const* r);
/// Sets ReadLater: a turn is at an instance that it wants to read; the var is looked at again after
/// it.
void reading_wait_for(reading_object* r, instance_values& in);
/// The run is over: its views end.
void reading_end(reading_object* r) noexcept;
/// Whether the set exception says that the run must be thrown away.
bool read_later_is_set() noexcept;

/// What a view gives for a personal computed var: its client's value. New reference.
PyObject* personal_value(view_object* view, instance_values& values, std::size_t index);
/// An awaitable that is done. New reference.
PyObject* ready_new(PyObject* value);

/// Adds Reading, ReadLater to the module. 0, or -1 with an exception set.
int register_readings(PyObject* module);

}  // namespace statelink::python
