// What one kind of server wants to hear, and how its frames are understood. One class for each, in a
// file of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "loader/client.hpp"
#include "loader/scoreboard.hpp"
#include "loader/ws_frames.hpp"

namespace statelink::benchmarks {

enum class event_kind : std::uint8_t { increment, set_field, append };

/// What the clients of a run have in common.
struct protocol_options {
  std::string name = "statelink";  ///< see make_protocol()
  event_kind kind = event_kind::increment;
  std::uint64_t rows = 0;           ///< that a room has: set_field picks one of them
  std::string enter = "Room.link";  ///< statelink: the handler that joins; "": a hello is all
  std::string counter = "count";    ///< the var that counts events
  std::string events;               ///< yjs: file of the prepared updates
};

class protocol {
 public:
  explicit protocol(scoreboard& told) : told_(told) {}
  virtual ~protocol() = default;
  protocol(protocol const&) = delete;
  protocol& operator=(protocol const&) = delete;

  /// Of the upgrade's request.
  virtual std::string target(client const& c) const { return c.place; }
  /// Further lines of its head, each with its line end.
  virtual std::string headers() const { return {}; }
  /// The upgrade was granted: appends the first frames to c.out.
  virtual void opened(client& c) { static_cast<void>(c); }
  /// Understands one text or binary message, and tells the scoreboard. Answers go to c.out.
  virtual void received(client& c, std::string_view message) = 0;
  /// Appends one event of the client to c.out; it is the room's event `number`.
  virtual void put_event(client& c, std::uint64_t number) = 0;
  /// Whether every event has an answer of its own: told_.answered().
  virtual bool answers() const { return false; }
  /// Whether any client of a room may send its next event.
  virtual bool any_may_send() const { return true; }

 protected:
  scoreboard& told_;
};

/// By name: statelink, json (hand-written servers and the limit), reflex, yjs, colyseus. Throws
/// std::invalid_argument at another one.
std::unique_ptr<protocol> make_protocol(protocol_options const& options, scoreboard& told);

/// Whether such a server tells every value of the counter to everybody.
bool counts_all(protocol_options const& options);

}  // namespace statelink::benchmarks
