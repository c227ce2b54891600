// Phases that send events.
#include <algorithm>

#include "loader/run.hpp"
#include "loader/usage.hpp"

namespace statelink::benchmarks {
namespace {

double percentile(std::vector<float>& seconds, double share) {
  if (seconds.empty()) return 0;
  auto const at = std::min(seconds.size() - 1, static_cast<std::size_t>(share * seconds.size()));
  auto const place = seconds.begin() + static_cast<std::ptrdiff_t>(at);
  std::nth_element(seconds.begin(), place, seconds.end());
  return *place;
}

}  // namespace

void run::send_events(phase const& p, std::uint64_t& left, double at) {
  bool const whole = p.kind == phase_kind::window;
  std::vector<client*> said;
  while (left > 0 && told_.in_flight() < p.window) {
    std::uint32_t const room = options_.rooms == 1 ? 0 : random_() % options_.rooms;
    auto const& senders = senders_[room];
    client& c = crowd_.clients()[senders[senders.size() == 1 ? 0 : random_() % senders.size()]];
    told_.sent(room, whole ? at : now());
    speaks_->put_event(c, told_.sent_in(room));
    --left;
    if (!whole) {
      crowd_.push(c);
    } else if (options_.rooms > 1 || said.empty()) {
      said.push_back(&c);
    }
  }
  for (client* c : said) crowd_.push(*c);
}

void run::load(phase const& p) {
  meter const used(*this);
  std::uint64_t left = p.most;
  std::uint64_t windows = 0;
  for (;;) {
    double const t = now();
    if (used.seconds() > p.seconds) left = 0;
    if (left > 0 && (p.kind == phase_kind::load || told_.in_flight() == 0)) {
      ++windows;
      send_events(p, left, t);
    }
    if (left == 0 && told_.in_flight() == 0) break;
    crowd_.poll(10);
    if (!told_.faults().empty()) break;
    if (used.seconds() > p.seconds + options_.patience) {
      told_.fault(crowd_.clients().front(),
                  std::to_string(told_.in_flight()) + " events were not seen by all");
      break;
    }
  }
  report r(p.name);
  used.tell(r);
  double const wall = used.seconds();
  auto const events = static_cast<double>(told_.completed());
  auto const deliveries = static_cast<double>(told_.deliveries());
  r.add("window", static_cast<double>(p.window));
  if (p.kind == phase_kind::window) r.add("windows", static_cast<double>(windows));
  r.add("events", events);
  r.add("deliveries", deliveries);
  r.add("frames", static_cast<double>(told_.frames()));
  r.add("events_per_s", events / wall);
  r.add("deliveries_per_s", deliveries / wall);
  r.add("p50_ms", percentile(told_.latencies(), 0.5) * 1e3);
  r.add("p99_ms", percentile(told_.latencies(), 0.99) * 1e3);
  wait_until([this] { return all_answered(); }, "the answers to all events");
  print(r);
  pass(0.05);
}

}  // namespace statelink::benchmarks
