// When to look after which connection next: one queue instead of a timer for each. I/O thread only.
#pragma once

#include <functional>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "session/steady_ms.hpp"
#include "statelink/ids.hpp"

namespace statelink {

/// An entry cannot be taken out; see alarm.
class deadlines {
 public:
  void add(steady_ms at, session_no who) { queue_.emplace(at, who); }

  /// Takes out one that is due.
  std::optional<session_no> pop_due(steady_ms now) {
    if (queue_.empty() || queue_.top().first > now) return {};
    session_no const who = queue_.top().second;
    queue_.pop();
    return who;
  }

  std::optional<steady_ms> earliest() const {
    if (queue_.empty()) return {};
    return queue_.top().first;
  }
  std::size_t size() const noexcept { return queue_.size(); }

 private:
  using entry = std::pair<steady_ms, session_no>;
  std::priority_queue<entry, std::vector<entry>, std::greater<>> queue_;
};

/// One connection's time to be looked after. It has one entry in the queue, seldom two, however
/// often the time changes.
class alarm {
 public:
  explicit alarm(session_no who) : who_(who) {}

  void set(steady_ms at, deadlines& queue) {
    at_ = at;
    if (queued_ <= at) return;  // it is woken early, and sees that
    queued_ = at;
    queue.add(at, who_);
  }

  /// An entry of this connection was taken out at `now`: whether its time has come. Else it is
  /// queued again as needed.
  bool rings(steady_ms now, deadlines& queue) {
    if (now < queued_) return false;  // an entry that an earlier one has overtaken
    queued_ = none;
    if (now >= at_) return true;
    set(at_, queue);
    return false;
  }

 private:
  static constexpr steady_ms none = steady_ms::max();

  session_no who_;
  steady_ms at_{};
  steady_ms queued_ = none;  // time of the entry that counts
};

}  // namespace statelink
