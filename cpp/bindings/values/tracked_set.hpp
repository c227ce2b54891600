// Changing a tracked set by single elements. REQUIRES: begin_write was asked, and order_of has
// given an order.
#pragma once

#include <Python.h>

#include "tracked.hpp"

namespace statelink::python {

/// 1: it went in, 0: it was there, -1 with an exception set.
int add_element(tracked_set& s, place const& at, PyObject* element);
/// 1: it is gone, 0: it was not there, -1 with an exception set.
int discard_element(tracked_set& s, place const& at, PyObject* element);

}  // namespace statelink::python
