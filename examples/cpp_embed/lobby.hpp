// A chat and a counter for everybody, on statelink's engine and server alone: no Python.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include <statelink/engine.hpp>
#include <statelink/json_values.hpp>
#include <statelink/server.hpp>

/// One thread calls everything here: it is the engine's loop thread. Handlers do not wait, so no
/// two turns overlap and no lock_table is needed.
class lobby {
 public:
  explicit lobby(statelink::config const& limits);

  /// Returns the port, or sets `error` and returns 0.
  std::uint16_t listen(std::string const& host, std::uint16_t port, std::error_code& error);
  /// Handles what has been received; waits for it for at most so long.
  void run_once(std::chrono::milliseconds at_most);
  /// Tells clients to come back soon, and ends.
  void stop();

 private:
  void receive(statelink::inbound_hello const& hello);
  void receive(statelink::inbound_event const& event);
  void receive(statelink::inbound_page const& page);
  void receive(statelink::inbound_stored const&) {}  // there are no client-storage vars
  void receive(statelink::inbound_closed const& closed);
  void receive(statelink::inbound_snapshot_request const& request);
  void receive(statelink::inbound_page_request const&) {}  // no page is made by this thread

  /// Runs one handler in turn_; a sentence where it refuses.
  std::string handle(std::string_view handler, statelink::value const& arguments);
  std::string join(statelink::value const& arguments);
  std::string leave();
  std::string say(statelink::value const& arguments);
  std::string increment();
  /// The values of what the client sees, which the turn enters.
  statelink::json_values& enter();
  void forget_expired();

  statelink::engine core_;
  statelink::server net_;
  statelink::class_no page_;
  std::error_code error_;  // of the constructor
  statelink::turn turn_;
  statelink::inbound_batch inbound_;
};
