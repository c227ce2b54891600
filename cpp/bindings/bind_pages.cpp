// PageTable: which route a path means, as the server sees it.
#include <pybind11/stl.h>

#include "bind.hpp"
#include "statelink/page_table.hpp"

namespace statelink::python {

namespace py = pybind11;

namespace {

/// What a path says need not be UTF-8.
py::str text(std::string const& s) {
  return py::reinterpret_steal<py::str>(
      PyUnicode_DecodeUTF8(s.data(), static_cast<Py_ssize_t>(s.size()), "replace"));
}

py::object value_of(route_argument const& a) {
  if (!a.is_list) return a.values.empty() ? py::str() : text(a.values[0]);
  py::list all;
  for (std::string const& v : a.values) all.append(text(v));
  return all;
}

void add(page_table& table, std::string const& route, std::size_t page, bool prefix) {
  std::string which;
  if (table.add(route, page, prefix, which) != errc::none) throw py::value_error(which);
}

py::object find(page_table const& table, std::string const& path) {
  auto const segments = path_segments(path);
  auto const found = segments ? table.find(*segments) : std::nullopt;
  if (!found) return py::none();
  py::dict arguments;
  for (route_argument const& a : found->arguments) arguments[py::str(a.name)] = value_of(a);
  return py::make_tuple(found->page, arguments);
}

}  // namespace

void bind_pages(py::module_& m) {
  py::class_<page_table>(m, "PageTable", "Which route a path means.")
      .def(py::init())
      .def("add", &add, py::arg("route"), py::arg("page"), py::arg("prefix"))
      .def("find", &find, py::arg("path"));
}

}  // namespace statelink::python
