// The rules of one WebSocket session, docs/protocol.md: what a socket said goes in, what to do
// comes out. No I/O, no clock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "session/steady_ms.hpp"
#include "statelink/config.hpp"
#include "statelink/ids.hpp"
#include "wire/client_frames.hpp"
#include "wire/ws_reader.hpp"

namespace statelink {

// What the network part must do. Besides these: a hello_frame, an event_frame, a page_frame and a
// stored_frame go to the loop thread, a resync_frame goes to the fan-out, std::monostate asks for
// nothing.

struct send_ping {};
/// `payload` is a view into the input.
struct send_pong {
  std::string_view payload;
};
/// Write this close frame after what is queued; code 0: one without a code. With `last` nothing
/// more is awaited from the peer.
struct send_close {
  std::uint16_t code = 0;
  std::string reason;
  bool last = false;
};
/// The peer has answered our close frame: nothing more is to be written.
struct hang_up {};
/// The peer is gone or took too long: end the socket now.
struct drop_socket {};

using session_action =
    std::variant<std::monostate, event_frame, hello_frame, page_frame, stored_frame, resync_frame,
                 send_ping, send_pong, send_close, hang_up, drop_socket>;

class session {
 public:
  enum class stage : std::uint8_t {
    awaiting_hello,   ///< the upgrade is done
    awaiting_attach,  ///< the loop thread has been told of the hello
    live,
    closing,  ///< a close frame has been decided
    closed,   ///< the socket is gone
  };

  /// `limits` must outlive the session.
  session(session_no number, config const& limits, steady_ms now);

  session_no number() const noexcept { return number_; }
  stage at() const noexcept { return stage_; }
  bool said_hello() const noexcept { return said_hello_; }

  /// Bytes came from the socket.
  void heard(steady_ms now) noexcept { heard_ = now; }
  /// A message, a control frame or a breach of RFC 6455. The action may point into `input` and
  /// `parser`.
  session_action received(ws_input const& input, client_frame_parser& parser, steady_ms now);
  /// The loop thread has given the session its client.
  void attached() noexcept;
  /// The server wants it closed. Nothing happens where it is closing already.
  session_action close(std::uint16_t code, std::string reason, steady_ms now);
  /// The socket is gone.
  void ended() noexcept { stage_ = stage::closed; }

  /// To be called at next_tick(), where there is one; earlier does no harm. `reading`: the socket
  /// is being read, so silence is the peer's.
  session_action tick(steady_ms now, bool reading);
  steady_ms next_tick() const noexcept;

 private:
  session_action text(std::string_view message, client_frame_parser& parser, steady_ms now);
  session_action breach(close_code code, std::string reason, steady_ms now);
  /// Counts an event, or another frame; false: more than the limit in the last second.
  bool within_rate(steady_ms now) noexcept;

  session_no const number_;
  config const& limits_;
  stage stage_ = stage::awaiting_hello;
  bool said_hello_ = false;
  steady_ms const opened_;
  steady_ms heard_;   // when the peer was last heard
  steady_ms pinged_;  // when the last ping was sent
  steady_ms closing_since_{};
  std::chrono::nanoseconds spent_{};  // of the event rate: each event spends its share of a second
};

}  // namespace statelink
