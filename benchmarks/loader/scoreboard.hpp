// What must come true: each event is to be seen by every client of its room, in order and once.
//
// A room's counter grows by one with each event, so event k is complete when every receiver has
// seen the counter k. Whatever does not fit is a fault, and a run with faults counts for nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "loader/client.hpp"

namespace statelink::benchmarks {

class scoreboard {
 public:
  /// `counts_all`: servers tell every value of the counter. Others may leave some out.
  scoreboard(std::size_t rooms, bool counts_all) : rooms_(rooms), counts_all_(counts_all) {}

  // --- from the phases
  void add_receiver(std::uint32_t room) { ++rooms_[room].receivers; }
  /// An event of that room leaves at this time.
  void sent(std::uint32_t room, double at);
  /// The room's counter was changed by joins: the next event is the one after this.
  void starts_at(std::uint32_t room, std::uint64_t counter);
  /// When what is received from now on has come.
  void set_time(double seconds) { time_ = seconds; }
  /// Begins a new count of everything below but faults.
  void reset();

  std::uint64_t sent_in(std::uint32_t room) const { return rooms_[room].sent; }
  std::uint64_t receivers_of(std::uint32_t room) const { return rooms_[room].receivers; }
  std::uint64_t in_flight() const { return in_flight_; }
  std::uint64_t completed() const { return completed_; }
  std::uint64_t deliveries() const { return deliveries_; }
  std::uint64_t frames() const { return frames_; }
  std::uint64_t joined() const { return joined_; }
  /// Seconds from sent to seen by all, of each completed event.
  std::vector<float>& latencies() { return latencies_; }

  // --- from the protocols
  void has_joined(client& c);
  /// A frame that tells the room's counter.
  void saw(client& c, std::uint64_t counter);
  /// A snapshot that tells it; values may be left out before it.
  void saw_snapshot(client& c, std::uint64_t counter);
  /// Events up to `last` were answered; `first` must be the next one.
  void answered(client& c, std::uint64_t first, std::uint64_t last);
  void fault(client const& c, std::string const& what);

  /// The first few; empty: all was right.
  std::vector<std::string> const& faults() const { return faults_; }

 private:
  struct event_in_flight {
    double at;
    std::uint64_t missing;  ///< receivers that have not seen it
  };
  struct tally {
    std::uint64_t receivers = 0;
    std::uint64_t sent = 0;      ///< number of its last event
    std::uint64_t complete = 0;  ///< every event up to it
    std::vector<event_in_flight> ring =
        std::vector<event_in_flight>(64);  ///< by number; power of 2

    event_in_flight& at(std::uint64_t number) { return ring[number & (ring.size() - 1)]; }
    void grow();
  };

  void advance(client& c, std::uint64_t counter);

  std::vector<tally> rooms_;
  bool const counts_all_;
  double time_ = 0;
  std::uint64_t in_flight_ = 0;
  std::uint64_t completed_ = 0;
  std::uint64_t deliveries_ = 0;
  std::uint64_t frames_ = 0;
  std::uint64_t joined_ = 0;
  std::vector<float> latencies_;
  std::vector<std::string> faults_;
};

}  // namespace statelink::benchmarks
