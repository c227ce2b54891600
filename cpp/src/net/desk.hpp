// What the connections of the I/O thread share: what they work with, and where they lay down what
// is not theirs to do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/tcp.hpp"
#include "session/deadlines.hpp"
#include "session/session.hpp"
#include "statelink/config.hpp"
#include "statelink/fanout.hpp"
#include "statelink/inbound.hpp"
#include "wire/client_frames.hpp"

namespace statelink {

/// A socket whose HTTP request became a WebSocket session.
struct upgraded_socket {
  tcp_socket socket;
  session_no number;
  peer_info peer;
  std::string first_bytes;  ///< came right behind the request
};

/// I/O thread only.
struct desk {
  explicit desk(config const& c)
      : limits(c), out(c), parser(c.message_depth), scratch(std::size_t{64} << 10) {}

  config const& limits;
  fanout out;
  client_frame_parser parser;
  deadlines due;
  std::vector<char> scratch;            ///< every socket is read into it
  std::vector<std::string_view> views;  ///< every socket is written from it
  bool stopping = false;

  /// Received in this wake-up, for the loop thread.
  inbound_batch inbound;
  std::uint64_t events = 0;  ///< ever received
  /// How often the loop thread has taken what was received.
  std::uint64_t takes = 0;
  /// Bytes of events that it has not taken yet, those of this wake-up apart.
  std::size_t untaken_bytes = 0;
  /// Sessions that are not read until it takes again.
  std::vector<session_no> waiting_for_take;

  std::vector<upgraded_socket> upgraded;  ///< to become sessions
  std::vector<session_no> ended;          ///< connections to be forgotten

  /// The time of this wake-up.
  steady_ms now() {
    if (!now_) {
      now_ = std::chrono::duration_cast<steady_ms>(
          std::chrono::steady_clock::now().time_since_epoch());
    }
    return *now_;
  }
  /// Before waiting.
  void forget_now() { now_.reset(); }

 private:
  std::optional<steady_ms> now_;
};

}  // namespace statelink
