// What the runtime keeps of a client beside what the engine keeps: its router, and its events in
// their order.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "computed/computation.hpp"
#include "engine/engine.hpp"
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

/// How many of a computed var's runs somebody waits for: one that has suspended, and the next where
/// it is out of date already.
struct awaited_runs {
  computation const* of;
  int runs;
};

/// An answer that waits for personal computed vars of the client to take in what its event changed.
struct pending_answer {
  turn engine_turn;
  event_id event = 0;  ///< 0: not an answer, but that the client is hydrated
  std::string code;    ///< of an error; empty: success
  std::string message;
  std::vector<awaited_runs> awaits;
};

struct client_record {
  client_no no;
  std::uint64_t router_version = 1;  ///< grows with each new router
  /// By class, owned by the engine; null for those without personal computed vars.
  std::vector<overlay_values*> overlays;
  std::size_t in_flight = 0;           ///< its computed vars that have suspended
  std::deque<pending_answer> answers;  ///< in the order of their events
  session_no session;                  ///< none while it has no socket
  ref router;                          ///< what handlers see as self.router
  /// Events that wait for the running one: one client's events run strictly in order.
  std::deque<pending_event> events;
  turn_object* running = nullptr;  ///< borrowed
  bool paused = false;             ///< so many events wait that its socket is not read
};

}  // namespace statelink::python
