// Config: every limit and time, by the names of statelink/config.hpp.
#include <pybind11/stl.h>

#include "bind.hpp"
#include "statelink/config.hpp"

namespace statelink::python {

namespace py = pybind11;

namespace {

/// A time of the config as seconds.
template <class Duration>
auto seconds(Duration config::* member) {
  using real = std::chrono::duration<double>;
  return std::pair{
      [member](config const& c) { return real(c.*member).count(); },
      [member](config& c, double s) { c.*member = std::chrono::duration_cast<Duration>(real(s)); }};
}

}  // namespace

void bind_config(py::module_& m) {
  py::class_<config> c(m, "Config", "Limits and times of a server; docs/configuration.md.");
  c.def(py::init<>());
  c.def_readwrite("ring_frames", &config::ring_frames);
  c.def_readwrite("ring_bytes", &config::ring_bytes);
  c.def_readwrite("send_bytes", &config::send_bytes);
  c.def_readwrite("sends_per_slice", &config::sends_per_slice);
  c.def_readwrite("kernel_unsent_bytes", &config::kernel_unsent_bytes);
  c.def_readwrite("outbox_bytes", &config::outbox_bytes);
  c.def_readwrite("message_bytes", &config::message_bytes);
  c.def_readwrite("message_depth", &config::message_depth);
  c.def_readwrite("queued_events", &config::queued_events);
  c.def_readwrite("events_per_second", &config::events_per_second);
  c.def_readwrite("connections", &config::connections);
  c.def_readwrite("http_head_bytes", &config::http_head_bytes);
  c.def_readwrite("allowed_origins", &config::allowed_origins);
  c.def_readwrite("kept_errors", &config::kept_errors);
  c.def_readwrite("link_token_bytes", &config::link_token_bytes);
  auto const time = [&c](char const* name, auto member) {
    auto const [get, set] = seconds(member);
    c.def_property(name, get, set);
  };
  time("http_timeout", &config::http_timeout);
  time("hello_timeout", &config::hello_timeout);
  time("ping_interval", &config::ping_interval);
  time("ping_timeout", &config::ping_timeout);
  time("close_timeout", &config::close_timeout);
  time("client_expiry", &config::client_expiry);
  time("link_grace", &config::link_grace);
  time("room_expiry", &config::room_expiry);
  time("slow_lock", &config::slow_lock);
  time("hand_over_interval", &config::hand_over_interval);
  time("retry_delay", &config::retry_delay);
}

}  // namespace statelink::python
