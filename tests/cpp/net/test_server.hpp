// A running server on a free port, and the part of the loop thread played by the test.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "fanout/batch.hpp"
#include "statelink/server.hpp"
#include "support/ws_client.hpp"
#include "wire/ws_frame.hpp"

namespace statelink::testing {

/// An event with texts of its own.
struct kept_event {
  session_no session;
  event_id id = 0;
  std::string handler;
  std::string arguments;
};

/// A page, or stored values.
struct kept_text {
  session_no session;
  bool is_page = false;
  std::string text;
};

/// Waits until `holds`; false after ten seconds.
inline bool eventually(std::function<bool()> const& holds) {
  auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

inline std::string framed(std::string_view payload) {
  std::string out;
  append_frame(out, ws_opcode::text, payload);
  return out;
}

class test_server {
 public:
  explicit test_server(config limits = {}, std::function<void(server&)> const& before_start = {})
      : server_(std::move(limits)) {
    if (before_start) before_start(server_);
    std::error_code failed;
    port_ = server_.listen("127.0.0.1", 0, failed);
    if (failed) throw std::system_error(failed);
    if ((failed = server_.start())) throw std::system_error(failed);
  }

  server& get() { return server_; }
  std::uint16_t port() const { return port_; }

  /// The next thing received of this kind; what else comes before is dropped. Throws after ten
  /// seconds.
  template <class Item>
  Item next() {
    for (;;) {
      while (!items_.empty()) {
        auto front = std::move(items_.front());
        items_.pop_front();
        if (auto* found = std::get_if<Item>(&front)) return std::move(*found);
      }
      take(10'000);
    }
  }
  /// Takes what is there now.
  void take_now() { take(0); }
  /// Whether something was received and not asked for, within `milliseconds`.
  bool has_more(int milliseconds) {
    pollfd p{server_.inbound_fd(), POLLIN, 0};
    return !items_.empty() || ::poll(&p, 1, milliseconds) > 0;
  }

  /// Answers the next hello: attaches its session as this client, with a stream of its own and
  /// these rooms.
  session_no attach(std::uint64_t client, std::string const& preamble = framed("welcome"),
                    std::vector<attach_item::room_cursor> rooms = {}) {
    attach_item attach{};
    attach.client = {client};
    attach.session = next<inbound_hello>().session;
    attach.preamble = preamble;
    attach.stream = {1'000'000 + client};
    attach.stream_at = 0;
    attach.cursors = std::move(rooms);
    session_no const session = attach.session;
    hand_over(std::move(attach));
    return session;
  }
  /// Queues bytes for one client.
  void send_to(std::uint64_t client, std::string_view bytes) {
    batch b;
    b.bytes = bytes;
    b.outbox.emplace_back(
        entry_item{{client}, {0, static_cast<std::uint32_t>(bytes.size())}, {}, 0, {}, {}});
    server_.hand_over(b);
  }
  template <class Item>
  void hand_over(Item what) {
    batch b;
    b.outbox.emplace_back(std::move(what));
    server_.hand_over(b);
  }

 private:
  using received = std::variant<kept_event, kept_text, inbound_hello, inbound_closed,
                                inbound_snapshot_request, inbound_page_request>;

  void take(int milliseconds) {
    pollfd p{server_.inbound_fd(), POLLIN, 0};
    if (::poll(&p, 1, milliseconds) <= 0 && milliseconds > 0)
      throw std::runtime_error("nothing came for ten seconds");
    inbound_batch b;
    server_.take(b);
    for (inbound_item& i : b.items) {
      if (auto const* e = std::get_if<inbound_event>(&i)) {
        items_.emplace_back(kept_event{e->session, e->id, std::string(b.handler(*e)),
                                       std::string(b.arguments(*e))});
        continue;
      }
      if (auto const* page = std::get_if<inbound_page>(&i)) {
        items_.emplace_back(kept_text{page->session, true, std::string(b.path(*page))});
        continue;
      }
      if (auto const* s = std::get_if<inbound_stored>(&i)) {
        items_.emplace_back(kept_text{s->session, false, std::string(b.values(*s))});
        continue;
      }
      std::visit(
          [this](auto& other) {
            if constexpr (!requires { other.offset; }) items_.emplace_back(std::move(other));
          },
          i);
    }
  }

  server server_;
  std::uint16_t port_ = 0;
  std::deque<received> items_;
};

}  // namespace statelink::testing
