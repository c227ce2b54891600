// What the runtime keeps of a client beside what the engine keeps: its router, and its events in
// their order.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "computed/computation.hpp"
#include "statelink/engine.hpp"
#include "statelink/ids.hpp"
#include "values/ref.hpp"

namespace statelink::python {

struct turn_object;
struct handler_record;

/// What is said of a background handler's event when its turn to be answered comes.
struct begun_event {
  std::string code;  ///< of an error; empty: it has begun
  std::string message;
};

/// What an event of the runtime's own does, which no client sent.
enum class own_step : std::uint8_t {
  none,      ///< it is an event
  leave,     ///< the client has been away for link_grace: it leaves what a class of it is linked to
  come_back  ///< and is there again
};

struct pending_event {
  event_id id = 0;  ///< 0: the client did not send it, but a handler did
  handler_record const* handler = nullptr;
  std::string arguments;   ///< JSON text; of an unknown event: its name
  ref bound;               ///< in place of the text: a dict of arguments by name
  ref router;              ///< of the event that it follows; none: what the client's is then
  std::uint64_t load = 0;  ///< an on_load handler's: client_record::page for which it runs
  std::optional<begun_event> begun{};  ///< it has begun already: it waits to be answered only
  own_step step = own_step::none;
};

/// How many of a computed var's runs somebody waits for: one that has suspended, and the next where
/// it is out of date already.
struct awaited_runs {
  computation const* of;
  int runs;
};

/// What is said to a client in the order of its events. It may wait for personal computed vars of the
/// client to take in what its event changed.
struct pending_answer {
  enum class kind : std::uint8_t {
    answer,    ///< of `event`
    hydrated,  ///< the client is
    failure,   ///< of something that answers no event of the client
    message,   ///< for its page: a frame's JSON text
  };
  turn engine_turn{};
  event_id event = 0;
  std::string code{};  ///< of an error; empty: success
  std::string message{};
  std::vector<awaited_runs> awaits{};
  kind what = kind::answer;
};

/// What the next `stored` frame of a session is.
enum class next_stored : std::uint8_t {
  unwanted,  ///< the client keeps nothing for the server
  stale,     ///< a reconnect's first: the server's values are newer
  first,     ///< a loaded page's first
  change,    ///< of another tab
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
  std::string path;                    ///< of its page, with the query
  std::uint64_t page = 0;              ///< counts its pages
  std::vector<pending_event> on_load;  ///< of its page: not yet among its events
  std::size_t loading = 0;             ///< on_load handlers of its page that have not ended
  std::size_t owed_hydrated = 0;       ///< how often it is to be told, when they have
  std::size_t coming_back = 0;         ///< own_step::come_back that have not ended
  next_stored stored = next_stored::unwanted;
  /// Not 0: its on_load handlers begin when its stored values are there; what `page` was then.
  std::uint64_t awaits_stored = 0;
  std::deque<pending_event> held;  ///< received meanwhile
  /// Events that wait for the running one: one client's events run strictly in order.
  std::deque<pending_event> events;
  turn_object* running = nullptr;  ///< borrowed
  std::size_t outside_turns = 0;   ///< open ones that no event began
  bool paused = false;             ///< so many events wait that its socket is not read
};

}  // namespace statelink::python
