// What the runtime keeps of a client beside what the engine keeps: its router, and its events in their order.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "statelink/ids.hpp"
#include "values/ref.hpp"

namespace statelink::python {

struct turn_object;
struct handler_record;

struct pending_event {
  event_id id = 0;
  handler_record const* handler = nullptr;
  std::string arguments;  // JSON text
};

struct client_record {
  client_no no;
  session_no session;  ///< none while it has no socket
  ref router;          ///< what handlers see as self.router
  /// Events that wait for the running one: one client's events run strictly in order.
  std::deque<pending_event> events;
  turn_object* running = nullptr;  ///< borrowed
  bool paused = false;             ///< so many events wait that its socket is not read
};

}  // namespace statelink::python
