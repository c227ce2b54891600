// What module.cpp binds, one file each.
#pragma once

#include <pybind11/pybind11.h>

namespace statelink::python {

void bind_state_class(pybind11::module_& m);
void bind_config(pybind11::module_& m);
void bind_pages(pybind11::module_& m);
void bind_runtime(pybind11::module_& m);

}  // namespace statelink::python
