// The object that a handler calls `self`: (this client, this state class, this turn) and the stores
// that it leads to.
//
// A view has one store for each state class on the way from State to its own class. Linking changes
// which store that is; nothing is copied. It is made for a turn and dies with it: whoever keeps it
// gets an error that names the handler.
#pragma once

#include <Python.h>

#include "turns/instance_values.hpp"
#include "turns/state_class.hpp"

namespace statelink::python {

class runtime;
struct turn_object;
struct client_record;
struct background_object;

struct view_object {
  PyObject_HEAD turn_object* turn;  ///< strong; null for the view of a computed var
  PyObject* reading;                ///< strong; of a personal computed var's run, else null
  background_object* background;    ///< strong; of a background handler's run, else null
  client_record*
      client;      ///< null without a client (a shared computed var), and when the view has ended
  store** stores;  ///< by depth, borrowed from their instances; null when the view has ended
  state_class_record const* cls;
};

/// Adds View to the module. 0, or -1 with an exception set.
int register_views(PyObject* module);

bool is_view(PyObject* object) noexcept;
inline view_object* as_view(PyObject* object) noexcept {
  return reinterpret_cast<view_object*>(object);
}

/// A new view; its stores are to be set. Null with an exception set.
view_object* view_new(state_class_record const& cls, turn_object* turn, client_record* client);
/// What it was made for is over.
void view_end(view_object* view) noexcept;
/// The block of its background handler is over.
void view_detach(view_object* view) noexcept;
/// Whether it is of a background handler, and no block has it.
inline bool is_outside(view_object const* view) noexcept {
  return view->background && !view->turn && view->stores;
}
/// Its client now; null with an exception set.
client_record* view_client(view_object const* view, char const* what);
/// Whether the code that runs now may use the view; else with an exception set.
bool is_usable(view_object const* view);
/// Where it finds the vars of its class, or of an ancestor; null with an exception set.
store* store_at(view_object* view, std::size_t depth);
/// REQUIRES: it has a client.
runtime& view_runtime(view_object const* view) noexcept;

/// Sets the exception that a shared computed var needs a client (a BaseException that only the
/// engine catches).
void raise_needs_client(char const* who, char const* what);
/// Sets the exception that a view without a client cannot do `what`: that one, or in a turn one for
/// people.
void raise_needs_client(view_object const* view, char const* what);
/// Whether that exception is set.
bool needs_client_is_set() noexcept;
/// Sets the exception that the view has ended.
void raise_ended(view_object const* view);

}  // namespace statelink::python
