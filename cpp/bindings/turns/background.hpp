// One run of a background handler: it begins at once beside its client's other events and holds no
// lock. What it changes, it changes in blocks (`async with self:`), each of which is a turn.
//
// Its views outlive its blocks. In one they are views of that turn; outside they have no stores:
// each read looks anew for what the client sees then, and gets committed values only. So an
// instance, or the client itself, may end between two blocks.
#pragma once

#include <Python.h>

#include <vector>

#include "statelink/ids.hpp"
#include "turns/view.hpp"
#include "values/ref.hpp"

namespace statelink::python {

class runtime;
struct handler_record;
struct client_record;

struct background_object {
  PyObject_HEAD runtime* run_by;     ///< null when the handler is over
  handler_record const* record;      ///< null when the handler is over
  PyObject* name;                    ///< strong: the handler's, as text
  client_no client;                  ///< it may be gone
  PyObject* router;                  ///< strong: of the event that began it
  turn_object* block;                ///< borrowed: of the open block; null outside
  std::vector<view_object*>* views;  ///< owned; each strong; one per state class
};

/// A new run. Null with an exception set.
background_object* background_new(runtime& run_by, handler_record const& record, client_no client,
                                  ref const& router);
/// The handler's name, as UTF-8.
char const* background_handler(background_object const* b) noexcept;
/// Its client; null with an exception set where that is gone. REQUIRES: it is not over.
client_record* background_client(background_object const* b);
/// Its view of a class, made when needed. Borrowed; null with an exception set.
view_object* background_view(background_object* b, state_class_record const& cls);
/// Outside of a block: the committed values of what the client sees now of the view's class, or of
/// its ancestor at this depth. Null with an exception set: a turn is at them, or they are gone.
store* background_store(view_object const* view, std::size_t depth);
/// The run is over: its views end.
void background_end(background_object* b) noexcept;

/// Sets the exception that an instance cannot be read outside of a block now.
void raise_being_changed(background_object const* b, instance_values const& in);
/// Sets the exception that `what` can only be done in a block.
void raise_outside_block(view_object const* view, PyObject* what);

/// Adds Background to the module. 0, or -1 with an exception set.
int register_backgrounds(PyObject* module);

}  // namespace statelink::python
