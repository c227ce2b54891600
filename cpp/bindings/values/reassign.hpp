// Putting a value in the place of another of its kind: what is the same stays, so that only the
// difference travels.
#pragma once

#include <Python.h>

#include "tracked.hpp"

namespace statelink::python {

/// As adopt, for the place where `old` stands (and stays until the caller replaces and releases
/// it). Where both are lists, dicts, sets or instances of one class, the result takes over from
/// `old` what is the same: it is not fresh, its own changes say the difference.
PyObject* succeed(node& parent, PyObject* old, PyObject* value, place const& at, PyObject* key,
                  Py_ssize_t index);

/// Makes items [low, high) of `l` be `items` (a tuple), keeping those that are the same. -1 with an
/// exception set and nothing changed.
int edit_range(tracked_list& l, place const& at, Py_ssize_t low, Py_ssize_t high, PyObject* items);

/// Takes everything inside `n` back that successors of it, or of something in it, have got.
void repossess(node& n);

}  // namespace statelink::python
