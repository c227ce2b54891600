// Runtime: the native half of a started app.
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include "bind.hpp"
#include "runtime/runtime.hpp"

namespace statelink::python {

namespace py = pybind11;

namespace {

void define(
    runtime& r, std::shared_ptr<state_class_record> const& cls, std::string const& name,
    std::vector<std::tuple<std::string, py::object, py::object, bool, bool>> const& handlers) {
  class_no const no = r.define(cls, name);
  if (!no) throw py::error_already_set();
  for (auto const& [handler, function, validator, is_open, is_background] : handlers) {
    r.add_handler(name + "." + handler, no, function.ptr(), validator.ptr(), is_open,
                  is_background);
  }
}

[[noreturn]] void raise_os_error(std::error_code const& error, std::string const& what) {
  PyErr_SetObject(PyExc_OSError,
                  py::make_tuple(error.value(), what + ": " + error.message()).ptr());
  throw py::error_already_set();
}

std::uint16_t listen(runtime& r, std::string const& host, std::uint16_t port) {
  std::error_code error;
  std::uint16_t const bound = r.net().listen(host, port, error);
  if (error) raise_os_error(error, "cannot listen on " + host + ":" + std::to_string(port));
  return bound;
}

void start(runtime& r) {
  if (std::error_code const error = r.net().start()) raise_os_error(error, "cannot start");
}

py::object open_turn(runtime& r, std::optional<std::string> const& client_token,
                     std::string handler) {
  client_record* const c = client_token ? r.find_client(*client_token) : nullptr;
  if (client_token && !c) throw py::key_error("there is no client " + *client_token);
  auto* const t = reinterpret_cast<PyObject*>(r.open_turn(c, std::move(handler)));
  if (!t) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(t);
}

void add_hooks(runtime& r, std::shared_ptr<state_class_record> const& cls,
               py::object const& on_join, py::object const& on_leave) {
  r.add_hooks(r.class_number(*cls), on_join.ptr(), on_leave.ptr());
}

/// The text of router.session.session_id, where the client has an open socket.
std::optional<std::string> session_id(runtime& r, std::string const& client_token) {
  client_no const who = r.core().find_client(client_token);
  session_no const session = who ? r.core().session_of(who) : session_no{};
  if (!session) return std::nullopt;
  return std::to_string(session.value);
}

/// The client tokens of those that have one.
std::vector<std::string> connected(runtime& r) { return r.connected(); }

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
             std::string which;
             if (check(limits, which) != errc::none) throw py::value_error("Config: " + which);
             return std::make_unique<runtime>(std::move(limits), loop.ptr(), side.ptr());
           }),
           py::arg("config"), py::arg("loop"), py::arg("side"))
      .def("define", &define, py::arg("cls"), py::arg("name"), py::arg("handlers"))
      .def(
          "add_page_text",
          [](runtime& r, std::string const& route, std::string type, std::string body) {
            return r.net().add_page(route, page_text{std::move(type), std::move(body)});
          },
          py::arg("route"), py::arg("content_type"), py::arg("body"))
      .def(
          "add_page_file",
          [](runtime& r, std::string const& route, std::filesystem::path path) {
            return r.net().add_page(route, page_file{std::move(path)});
          },
          py::arg("route"), py::arg("path"))
      .def(
          "add_page_function",
          [](runtime& r, std::string const& route) {
            return r.net().add_page(route, page_dynamic{});
          },
          py::arg("route"))
      .def("open_turn", &open_turn, py::arg("client_token").none(true), py::arg("handler"))
      .def("set_storage_vars", &runtime::set_storage_vars, py::arg("json"))
      .def(
          "end_wait_for_stored",
          [](runtime& r, std::uint64_t client, std::uint64_t wait) {
            r.end_wait_for_stored({client}, wait);
          },
          py::arg("client"), py::arg("wait"))
      .def("listen", &listen, py::arg("host"), py::arg("port"))
      .def("start", &start)
      .def("fileno", [](runtime& r) { return r.net().inbound_fd(); })
      .def("drain",
           [](runtime& r) {
             if (!r.drain()) throw py::error_already_set();
           })
      .def("look_at_the_clock",
           [](runtime& r) {
             if (!r.look_at_the_clock()) throw py::error_already_set();
           })
      .def("set_clock", &runtime::set_clock, py::arg("nanoseconds").none(true))
      .def("add_hooks", &add_hooks, py::arg("cls"), py::arg("on_join"), py::arg("on_leave"))
      .def("session_id", &session_id, py::arg("client_token"))
      .def("connected", &connected)
      .def("report_slow_locks", &runtime::report_slow_locks)
      .def("wind_down", &runtime::wind_down)
      .def("stop", &runtime::stop, py::arg("code"), py::arg("reason"))
      .def("counts", &counts);
}

}  // namespace statelink::python
