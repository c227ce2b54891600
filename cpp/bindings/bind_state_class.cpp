// StateClass: what the native side knows of a Python state class.
#include <pybind11/stl.h>

#include "bind.hpp"
#include "turns/state_class.hpp"

namespace statelink::python {

namespace py = pybind11;

namespace {

using base_vars = std::vector<std::tuple<std::string, bool, py::object>>;
using computed_vars = std::vector<std::tuple<std::string, bool, bool, py::object, py::dict>>;

void read_options(computed_var& var, state_class_record& cls, py::dict const& options) {
  auto const given = [&](char const* name) { return options.contains(name); };
  if (given("cache")) var.cache = options["cache"].cast<bool>();
  if (given("interval") && !options["interval"].is_none())
    var.interval = static_cast<std::int64_t>(options["interval"].cast<double>() * 1e9);
  if (given("initial_value")) var.initial = ref::share(py::object(options["initial_value"]).ptr());
  if (given("deps")) {
    for (py::handle const name : options["deps"]) var.deps.push_back(ref::share(name.ptr()));
  }
  if (given("auto_deps")) var.auto_deps = options["auto_deps"].cast<bool>();
  if (given("stored")) {
    var.personal = true;
    cls.stored.push_back(options["stored"].cast<std::size_t>());
  }
}

std::shared_ptr<state_class_record> make_state_class(
    py::type const& type, std::string name, bool shared,
    std::shared_ptr<state_class_record> const& parent, base_vars const& base,
    computed_vars const& computed) {
  auto cls = std::make_shared<state_class_record>();
  cls->type = reinterpret_cast<PyTypeObject*>(type.ptr());
  cls->name = std::move(name);
  cls->shared = shared;
  cls->parent = parent;
  cls->depth = parent ? parent->depth + 1 : 0;
  std::vector<slot_spec> slots;
  for (auto const& [var, travels, value] : base) {
    slots.push_back({var, travels, false, ref::share(value.ptr())});
    cls->var_names.push_back(var);
  }
  for (auto const& [var, travels, is_async, function, options] : computed) {
    computed_var& made = cls->computed.emplace_back();
    made.name = var;
    made.travels = travels;
    made.is_async = is_async;
    made.slot = slots.size();
    made.function = ref::share(function.ptr());
    read_options(made, *cls, options);
    slots.push_back({var, travels, true, {}});
    cls->var_names.push_back(var);
  }
  cls->vars = layout_new(std::move(slots));
  if (!cls->vars) throw py::error_already_set();
  return cls;
}

}  // namespace

void bind_state_class(py::module_& m) {
  py::class_<state_class_record, std::shared_ptr<state_class_record>>(
      m, "StateClass", "What the native side knows of a state class.")
      .def(py::init(&make_state_class), py::arg("type"), py::arg("name"), py::arg("shared"),
           py::arg("parent"), py::arg("base_vars"), py::arg("computed_vars"),
           "base_vars: (name, travels, default); computed_vars: (name, travels, is async, function "
           "of a view, options: cache, interval, initial_value, deps, auto_deps; stored: the slot "
           "of "
           "the client-storage var that it shows).")
      .def_readonly("depth", &state_class_record::depth, "Place of its store in a view.")
      .def_readonly("name", &state_class_record::name, "The class's qualified name.");
}

}  // namespace statelink::python
