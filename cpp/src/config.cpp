#include "statelink/config.hpp"

namespace statelink {
namespace {

// Bytes of what is received are addressed by 32 bits; much of them may wait.
constexpr std::size_t most_message_bytes = std::size_t{1} << 30;

template <class Member>
struct named {
  char const* name;
  Member config::* member;
};

constexpr named<std::size_t> sizes[] = {
    {"ring_frames", &config::ring_frames},
    {"ring_bytes", &config::ring_bytes},
    {"send_bytes", &config::send_bytes},
    {"sends_per_slice", &config::sends_per_slice},
    {"outbox_bytes", &config::outbox_bytes},
    {"message_bytes", &config::message_bytes},
    {"message_depth", &config::message_depth},
    {"queued_events", &config::queued_events},
    {"connections", &config::connections},
    {"http_head_bytes", &config::http_head_bytes},
    {"link_token_bytes", &config::link_token_bytes},
};

constexpr named<std::chrono::milliseconds> times[] = {
    {"http_timeout", &config::http_timeout},   {"hello_timeout", &config::hello_timeout},
    {"ping_interval", &config::ping_interval}, {"ping_timeout", &config::ping_timeout},
    {"close_timeout", &config::close_timeout},
};

// These may be 0.
constexpr named<std::chrono::milliseconds> delays[] = {
    {"client_expiry", &config::client_expiry}, {"link_grace", &config::link_grace},
    {"room_expiry", &config::room_expiry},     {"slow_lock", &config::slow_lock},
    {"retry_delay", &config::retry_delay},
};

}  // namespace

errc check(config const& limits, std::string& which) {
  auto const refuse = [&](char const* name, char const* must) {
    which = std::string(name) + " must be " + must;
    return errc::bad_limit;
  };
  for (auto const& [name, member] : sizes) {
    if (limits.*member == 0) return refuse(name, "at least 1");
  }
  if (limits.message_bytes > most_message_bytes) return refuse("message_bytes", "at most 2^30");
  if (limits.kernel_unsent_bytes <= 0) return refuse("kernel_unsent_bytes", "at least 1");
  for (auto const& [name, member] : times) {
    if ((limits.*member).count() <= 0) return refuse(name, "longer than 0");
  }
  for (auto const& [name, member] : delays) {
    if ((limits.*member).count() < 0) return refuse(name, "0 or longer");
  }
  if (limits.hand_over_interval.count() < 0) return refuse("hand_over_interval", "0 or longer");
  if (limits.ping_timeout <= limits.ping_interval) {
    return refuse("ping_timeout", "longer than ping_interval");
  }
  return errc::none;
}

}  // namespace statelink
