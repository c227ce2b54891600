// A run: the crowd, and one verb for each kind of phase. Each prints its report.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "loader/crowd.hpp"
#include "loader/options.hpp"
#include "loader/report.hpp"

namespace statelink::benchmarks {

class run {
 public:
  explicit run(run_options options);

  /// All phases, until one has faults. False where one had.
  bool all();

 private:
  /// CPU, received bytes and time since it was made, for a report.
  class meter {
   public:
    explicit meter(run const& of);
    double seconds() const;
    void tell(report& to) const;

   private:
    run const& of_;
    double began_, server_cpu_, own_cpu_, machine_cpu_;
    std::uint64_t bytes_;
  };

  void carry_out(phase const& p);
  void join(phase const& p);
  void load(phase const& p);
  void tell_stalled(phase const& p);
  void recover(phase const& p);
  void reconnect(phase const& p);

  /// Polls until `done`, or for `patience`: then a fault says that `what` did not happen.
  void wait_until(std::function<bool()> const& done, char const* what);
  /// Polls for so long.
  void pass(double seconds);
  /// Polls until nothing has come for a while.
  void settle();
  void send_events(phase const& p, std::uint64_t& left, double at);
  bool all_answered() const;
  bool has_seen_all(client const& c) const { return c.seen >= told_.sent_in(c.room); }
  void print(report& r) const;

  run_options const options_;
  scoreboard told_;
  std::unique_ptr<protocol> speaks_;
  crowd crowd_;
  std::vector<std::vector<std::uint32_t>> senders_;  ///< by room: the clients that may send
  std::minstd_rand random_;
};

}  // namespace statelink::benchmarks
