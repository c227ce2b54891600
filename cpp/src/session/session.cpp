#include "session/session.hpp"

#include <algorithm>
#include <utility>

namespace statelink {

session::session(session_no number, config const& limits, steady_ms now)
    : number_(number), limits_(limits), opened_(now), heard_(now), pinged_(now) {}

session_action session::received(ws_input const& input, client_frame_parser& parser,
                                 steady_ms now) {
  using kind = ws_input::kind;
  if (stage_ == stage::closed) return {};
  if (stage_ == stage::closing) {  // whatever it still says, only the end of it matters
    if (input.what == kind::close || input.what == kind::error) return hang_up{};
    return {};
  }
  switch (input.what) {
    case kind::text:
      return text(input.payload, parser, now);
    case kind::binary:
      return close(static_cast<std::uint16_t>(close_code::binary_refused),
                   "binary frames are not spoken here", now);
    case kind::ping:
      return send_pong{input.payload};
    case kind::close:
    case kind::error: {
      stage_ = stage::closing;
      closing_since_ = now;
      bool const ours =
          input.what == kind::error;  // else the answer to the peer's close repeats its code
      return send_close{input.code, ours ? std::string(input.payload) : std::string(), true};
    }
    case kind::pong:
    case kind::more:
      break;
  }
  return {};
}

session_action session::text(std::string_view message, client_frame_parser& parser, steady_ms now) {
  client_frame frame = parser.parse(message);
  if (auto* const refusal = std::get_if<frame_refusal>(&frame)) {
    return breach(close_code::bad_frame, std::move(refusal->sentence), now);
  }
  if (auto* const hello = std::get_if<hello_frame>(&frame)) {
    if (said_hello_) return breach(close_code::bad_frame, "hello was said twice", now);
    said_hello_ = true;
    stage_ = stage::awaiting_attach;
    return std::move(*hello);
  }
  if (!said_hello_) return breach(close_code::bad_frame, "the first frame is not hello", now);
  if (!within_rate(now)) {
    return breach(close_code::overload,
                  "more than " + std::to_string(limits_.events_per_second) + " events per second",
                  now);
  }
  if (auto* const event = std::get_if<event_frame>(&frame)) return *event;
  if (auto* const page = std::get_if<page_frame>(&frame)) return std::move(*page);
  if (auto* const stored = std::get_if<stored_frame>(&frame)) return *stored;
  return std::move(std::get<resync_frame>(frame));
}

session_action session::breach(close_code code, std::string reason, steady_ms now) {
  return close(static_cast<std::uint16_t>(code), std::move(reason), now);
}

bool session::within_rate(steady_ms now) noexcept {
  if (limits_.events_per_second == 0) return true;
  using namespace std::chrono_literals;
  auto const share =
      std::chrono::nanoseconds(1s) / static_cast<std::int64_t>(limits_.events_per_second);
  spent_ = std::max<std::chrono::nanoseconds>(spent_, now) + share;
  return spent_ <= now + 1s;
}

void session::attached() noexcept {
  if (stage_ == stage::awaiting_attach) stage_ = stage::live;
}

session_action session::close(std::uint16_t code, std::string reason, steady_ms now) {
  if (stage_ >= stage::closing) return {};
  stage_ = stage::closing;
  closing_since_ = now;
  return send_close{code, std::move(reason), false};
}

session_action session::tick(steady_ms now, bool reading) {
  if (stage_ == stage::closed) return {};
  if (stage_ == stage::closing) {
    if (now >= closing_since_ + limits_.close_timeout) return drop_socket{};
    return {};
  }
  if (!reading) heard_ = now;
  if (stage_ == stage::awaiting_hello && now >= opened_ + limits_.hello_timeout) {
    return breach(close_code::no_hello, "no hello", now);
  }
  if (now >= heard_ + limits_.ping_timeout) {
    return breach(close_code::going_away, "no answer to pings", now);
  }
  if (now >= pinged_ + limits_.ping_interval) {
    pinged_ = now;
    return send_ping{};
  }
  return {};
}

steady_ms session::next_tick() const noexcept {
  if (stage_ == stage::closing) return closing_since_ + limits_.close_timeout;
  steady_ms const next = std::min(heard_ + limits_.ping_timeout, pinged_ + limits_.ping_interval);
  return stage_ == stage::awaiting_hello ? std::min(next, opened_ + limits_.hello_timeout) : next;
}

}  // namespace statelink
