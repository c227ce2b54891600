// Runtime: the native half of a started app.
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include "bind.hpp"
#include "runtime/runtime.hpp"

namespace statelink::python {

namespace py = pybind11;

namespace {

void define(runtime& r, std::shared_ptr<state_class_record> const& cls, std::string name,
            std::vector<std::tuple<std::string, py::object, py::object>> const& handlers) {
  class_no const no = r.define(cls, name);
  if (!no) throw py::error_already_set();
  for (auto const& [handler, function, validator] : handlers) {
    r.add_handler(name + "." + handler, no, function.ptr(), validator.ptr());
  }
}

std::uint16_t listen(runtime& r, std::string const& host, std::uint16_t port) {
  std::error_code error;
  std::uint16_t const bound = r.net().listen(host, port, error);
  if (!error) return bound;
  PyErr_SetObject(PyExc_OSError,
                  py::make_tuple(error.value(), "cannot listen on " + host + ":" +
                                                    std::to_string(port) + ": " + error.message())
                      .ptr());
  throw py::error_already_set();
}

py::dict counts(runtime& r) {
  server_counts const net = r.net().counts();
  engine::counts const& core = r.core().counted();
  py::dict all;
  all["accepted"] = net.accepted;
  all["sessions"] = net.sessions;
  all["events"] = net.events;
  all["wakes_of_loop"] = net.wakes_of_loop;
  all["sends"] = net.fanout.sends;
  all["frames_appended"] = net.fanout.frames_appended;
  all["snapshots_written"] = net.fanout.snapshots_written;
  all["bytes_written"] = net.fanout.bytes_written;
  all["commits"] = core.commits;
  all["patches"] = core.patches;
  all["snapshots"] = core.snapshots;
  all["turns"] = r.counted().turns;
  all["suspended"] = r.counted().suspended;
  all["hand_overs"] = r.counted().hand_overs;
  return all;
}

}  // namespace

void bind_runtime(py::module_& m) {
  py::class_<runtime>(m, "Runtime", "The native half of a started app.")
      .def(py::init([](config limits, py::object const& loop, py::object const& side) {
             return std::make_unique<runtime>(std::move(limits), loop.ptr(), side.ptr());
           }),
           py::arg("config"), py::arg("loop"), py::arg("side"))
      .def("define", &define, py::arg("cls"), py::arg("name"), py::arg("handlers"))
      .def(
          "add_page_text",
          [](runtime& r, std::string route, std::string type, std::string body) {
            return r.net().add_page(std::move(route), page_text{std::move(type), std::move(body)});
          },
          py::arg("route"), py::arg("content_type"), py::arg("body"))
      .def(
          "add_page_file",
          [](runtime& r, std::string route, std::filesystem::path path) {
            return r.net().add_page(std::move(route), page_file{std::move(path)});
          },
          py::arg("route"), py::arg("path"))
      .def(
          "add_page_function",
          [](runtime& r, std::string route) {
            return r.net().add_page(std::move(route), page_dynamic{});
          },
          py::arg("route"))
      .def("listen", &listen, py::arg("host"), py::arg("port"))
      .def("start", [](runtime& r) { r.net().start(); })
      .def("fileno", [](runtime& r) { return r.net().inbound_fd(); })
      .def("drain",
           [](runtime& r) {
             if (!r.drain()) throw py::error_already_set();
           })
      .def("expire", &runtime::expire)
      .def("report_slow_locks", &runtime::report_slow_locks)
      .def("wind_down", &runtime::wind_down)
      .def("stop", &runtime::stop, py::arg("code"), py::arg("reason"))
      .def("counts", &counts);
}

}  // namespace statelink::python
