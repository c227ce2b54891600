// Every limit, time and default of the engine and the server, each with its unit and reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "statelink/error.hpp"

namespace statelink {

struct config {
  // --- journals
  /// Frames a journal keeps for resume and for slow clients. More costs memory; speed does not
  /// depend on it.
  std::size_t ring_frames = 2048;
  /// Bytes a journal keeps, whichever limit is met first.
  std::size_t ring_bytes = std::size_t{1} << 20;

  // --- sending
  /// Bytes written to one client in one go, so that one that lags far behind does not hold up the
  /// others.
  std::size_t send_bytes = std::size_t{256} << 10;
  /// Sends of one fan-out before sockets are looked at again: a room of 1,000 must not delay the
  /// others by 3 ms.
  std::size_t sends_per_slice = 64;
  /// Unsent bytes that the kernel takes per socket (TCP_NOTSENT_LOWAT). Without it a stalled client
  /// gets 2.6 MB of stale frames.
  int kernel_unsent_bytes = 128 << 10;
  /// Bytes of answers and control frames that may wait for one client; beyond it the session is
  /// closed (1013).
  std::size_t outbox_bytes = std::size_t{4} << 20;

  // --- receiving
  /// Bytes of one message from a client; a larger one closes the session (1009).
  std::size_t message_bytes = std::size_t{1} << 20;
  /// Nesting of JSON in a message from a client.
  std::size_t message_depth = 64;
  /// Events of one session that wait for the loop thread; beyond it the socket is not read.
  std::size_t queued_events = 4096;
  /// Events per second and session, averaged over a second; beyond it the session is closed (1013).
  /// 0: no limit.
  std::size_t events_per_second = 0;
  /// Open sockets; more are refused with HTTP 503.
  std::size_t connections = 20000;
  /// Bytes of an HTTP request's head.
  std::size_t http_head_bytes = 16 << 10;

  // --- times
  /// From the accepted socket to the complete HTTP request; for an idle kept-alive connection too.
  std::chrono::milliseconds http_timeout{15'000};
  /// From the upgrade to the hello (close code 4408).
  std::chrono::milliseconds hello_timeout{10'000};
  /// Between the server's pings.
  std::chrono::milliseconds ping_interval{20'000};
  /// Without a byte from the client: it is gone. More than two pings.
  std::chrono::milliseconds ping_timeout{45'000};
  /// From the close frame to the end of the socket, and from stop() to the end of all.
  std::chrono::milliseconds close_timeout{1'000};
  /// A client without a socket keeps its identity, values and links that long.
  std::chrono::milliseconds client_expiry{3'600'000};
  /// A client without a socket for that long leaves the rooms that it is linked to; its links stay.
  /// A reload is over sooner.
  std::chrono::milliseconds link_grace{10'000};
  /// A room to which nobody is linked ends that long after its last use.
  std::chrono::milliseconds room_expiry{3'600'000};
  /// A lock that is held or awaited for longer is logged.
  std::chrono::milliseconds slow_lock{1'000};
  /// Hand over inside a batch of handlers when the last hand-over is older: bounds the delay that
  /// slow handlers cause.
  std::chrono::microseconds hand_over_interval{3'000};
  /// Told to clients at a shutdown as the delay before they reconnect.
  std::chrono::milliseconds retry_delay{500};

  // --- identity and safety
  /// Origins (scheme://host[:port]) whose pages may connect besides the server's own; "*": all.
  std::vector<std::string> allowed_origins;
  /// Errors kept per client, so that a resuming client hears of them though the answer was lost.
  std::size_t kept_errors = 256;
  /// Bytes of a link token.
  std::size_t link_token_bytes = 512;
};

/// errc::bad_limit where a limit or time makes no sense; `which` then says which one and what it
/// must be: "ping_timeout must be longer than ping_interval". Engine and server ask it themselves.
[[nodiscard]] errc check(config const& limits, std::string& which);

}  // namespace statelink
