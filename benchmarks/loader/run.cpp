#include "loader/run.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "loader/usage.hpp"

namespace statelink::benchmarks {
namespace {

/// As many descriptors as the system allows: 10,000 clients are a case.
void raise_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

run::run(run_options options)
    : options_(std::move(options)),
      told_(options_.rooms, counts_all(options_.speaks)),
      speaks_(make_protocol(options_.speaks, told_)),
      crowd_(options_.port, *speaks_, told_),
      senders_(options_.rooms) {
  raise_descriptors();
  std::uint32_t const reading = options_.rooms * options_.clients;
  crowd_.clients().reserve(reading + options_.stalled);
  for (std::uint32_t k = 0; k < reading + options_.stalled; ++k) {
    bool const stalls = k >= reading;
    std::uint32_t const room = stalls ? 0 : k / options_.clients;
    std::string place =
        options_.places.empty() ? "/room/" + std::to_string(room) : options_.places[k];
    crowd_.add(room, std::move(place), stalls);
    // With one room the sender is its first client, as in a session that one person drives.
    bool const one_sender = options_.rooms == 1 || !speaks_->any_may_send();
    if (!stalls && (!one_sender || k % options_.clients == 0)) senders_[room].push_back(k);
  }
}

bool run::all() {
  for (phase const& p : options_.phases) {
    told_.reset();
    carry_out(p);
    if (!told_.faults().empty()) return false;
  }
  return true;
}

void run::carry_out(phase const& p) {
  switch (p.kind) {
    case phase_kind::join:
      return join(p);
    case phase_kind::load:
    case phase_kind::window:
      return load(p);
    case phase_kind::stalled:
      return tell_stalled(p);
    case phase_kind::recover:
      return recover(p);
    case phase_kind::reconnect:
      return reconnect(p);
  }
}

run::meter::meter(run const& of)
    : of_(of),
      began_(now()),
      server_cpu_(cpu_of(of.options_.processes)),
      own_cpu_(own_cpu()),
      machine_cpu_(machine_cpu()),
      bytes_(of.crowd_.received_bytes()) {}

double run::meter::seconds() const { return now() - began_; }

void run::meter::tell(report& to) const {
  double const wall = seconds();
  double const server = cpu_of(of_.options_.processes) - server_cpu_;
  to.add("seconds", wall);
  to.add("server_cpu_s", server);
  to.add("server_busy", server / wall);
  double const own = own_cpu() - own_cpu_;
  to.add("loader_busy", own / wall);
  to.add("others_busy", std::max(0.0, machine_cpu() - machine_cpu_ - server - own) / wall);
  to.add("bytes", static_cast<double>(of_.crowd_.received_bytes() - bytes_));
}

void run::wait_until(std::function<bool()> const& done, char const* what) {
  double const end = now() + options_.patience;
  while (!done()) {
    crowd_.poll(20);
    if (!told_.faults().empty()) return;
    if (now() > end) return told_.fault(crowd_.clients().front(), std::string("in vain: ") + what);
  }
}

void run::pass(double seconds) {
  double const end = now() + seconds;
  while (now() < end) crowd_.poll(10);
}

void run::settle() {
  for (std::uint64_t before = ~std::uint64_t{0}; before != crowd_.received_bytes();) {
    before = crowd_.received_bytes();
    pass(0.2);
  }
}

bool run::all_answered() const {
  if (!speaks_->answers()) return true;
  auto const& clients = crowd_.clients();
  return std::all_of(clients.begin(), clients.end(),
                     [](client const& c) { return c.answered == c.said; });
}

void run::print(report& r) const {
  r.add("rss_kib", rss_of(options_.processes));
  r.add("faults", told_.faults());
  r.print();
}

}  // namespace statelink::benchmarks
