#include "loader/scoreboard.hpp"

#include <algorithm>

namespace statelink::benchmarks {

void scoreboard::tally::grow() {
  std::vector<event_in_flight> larger(ring.size() * 2);
  for (std::uint64_t k = complete + 1; k <= sent; ++k) larger[k & (larger.size() - 1)] = at(k);
  ring.swap(larger);
}

void scoreboard::sent(std::uint32_t no, double at) {
  tally& r = rooms_[no];
  if (r.sent - r.complete == r.ring.size()) r.grow();
  r.at(++r.sent) = {at, r.receivers};
  ++in_flight_;
}

void scoreboard::starts_at(std::uint32_t no, std::uint64_t counter) {
  rooms_[no].sent = rooms_[no].complete = counter;
}

void scoreboard::reset() {
  completed_ = deliveries_ = frames_ = 0;
  latencies_.clear();
}

void scoreboard::has_joined(client& c) {
  if (c.stage == stage::joined) return;
  c.stage = stage::joined;
  c.receives = !c.stalls;
  ++joined_;
}

void scoreboard::saw(client& c, std::uint64_t counter) {
  ++frames_;
  if (counts_all_ && counter != c.seen + 1) {
    fault(c, "the counter went from " + std::to_string(c.seen) + " to " + std::to_string(counter));
  }
  advance(c, counter);
}

void scoreboard::saw_snapshot(client& c, std::uint64_t counter) {
  ++c.snapshots;
  if (counter < c.seen) fault(c, "a snapshot went back to " + std::to_string(counter));
  advance(c, counter);
}

void scoreboard::advance(client& c, std::uint64_t counter) {
  std::uint64_t const before = c.seen;
  c.seen = std::max(c.seen, counter);
  if (!c.receives) return;
  tally& r = rooms_[c.room];
  std::uint64_t const last = std::min(counter, r.sent);
  for (std::uint64_t k = std::max(before, r.complete) + 1; k <= last; ++k) {
    event_in_flight& event = r.at(k);
    if (--event.missing > 0) continue;
    latencies_.push_back(static_cast<float>(time_ - event.at));
    r.complete = k;  // in order: who has seen k has seen all before
    --in_flight_;
    ++completed_;
    deliveries_ += r.receivers;
  }
}

void scoreboard::answered(client& c, std::uint64_t first, std::uint64_t last) {
  if (first != c.answered + 1 || last < first || last > c.said) {
    fault(c, "events " + std::to_string(first) + " to " + std::to_string(last) +
                 " were answered after event " + std::to_string(c.answered));
  }
  c.answered = std::max(c.answered, last);
}

void scoreboard::fault(client const& c, std::string const& what) {
  constexpr std::size_t told = 5;
  if (faults_.size() < told) faults_.push_back("client " + std::to_string(c.number) + ": " + what);
}

}  // namespace statelink::benchmarks
