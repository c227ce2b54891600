// statelink._core: table of contents.
#include <pybind11/pybind11.h>

#include "bind.hpp"
#include "computed/reading.hpp"
#include "turns/background.hpp"
#include "turns/storage_var.hpp"
#include "turns/turn.hpp"
#include "turns/var_object.hpp"
#include "turns/view.hpp"
#include "values/store.hpp"

PYBIND11_MODULE(_core, m) {
  namespace sp = statelink::python;
  m.doc() = "The native half of statelink; use the package statelink.";
  if (sp::register_values(m.ptr()) < 0 || sp::register_views(m.ptr()) < 0 ||
      sp::register_vars(m.ptr()) < 0 || sp::register_turns(m.ptr()) < 0 ||
      sp::register_readings(m.ptr()) < 0 || sp::register_backgrounds(m.ptr()) < 0 ||
      sp::register_storage_vars(m.ptr()) < 0) {
    throw pybind11::error_already_set();
  }
  sp::bind_state_class(m);
  sp::bind_config(m);
  sp::bind_pages(m);
  sp::bind_runtime(m);
}
