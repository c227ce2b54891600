// Phases about sockets: joins, clients that do not read, reconnects.
#include <algorithm>

#include "loader/kernel_queues.hpp"
#include "loader/run.hpp"
#include "loader/usage.hpp"

namespace statelink::benchmarks {

void run::join(phase const& p) {
  auto& clients = crowd_.clients();
  double const rss = rss_of(options_.processes);
  meter const used(*this);
  std::size_t dialled = 0;
  wait_until(
      [&] {
        while (dialled < clients.size() && dialled < told_.joined() + options_.at_once) {
          crowd_.dial(clients[dialled++]);
        }
        return told_.joined() == clients.size();
      },
      "that all join");
  report r(p.name);
  r.add("clients", static_cast<double>(clients.size()));
  r.add("joined_s", used.seconds());
  if (options_.joins_count) {
    // Every client of a room is to see the join of its last one.
    wait_until(
        [&] {
          return std::all_of(clients.begin(), clients.end(), [this](client const& c) {
            return c.seen >= told_.receivers_of(c.room);
          });
        },
        "that all see the last join");
  }
  used.tell(r);
  std::uint64_t snapshots = 0;
  for (client const& c : clients) snapshots += c.snapshots;
  r.add("snapshots", static_cast<double>(snapshots));
  settle();
  for (client& c : clients) {
    if (c.stalls) crowd_.set_reading(c, false);
    if (options_.joins_count) told_.starts_at(c.room, c.seen);
  }
  r.add("rss_before_kib", rss);
  r.add("rss_per_client_kib",
        (rss_of(options_.processes) - rss) / static_cast<double>(clients.size()));
  print(r);
}

void run::tell_stalled(phase const& p) {
  std::set<std::uint16_t> ports;
  for (client const& c : crowd_.clients()) {
    if (c.stalls) ports.insert(port_of(c.fd));
  }
  kernel_queues const held = queues_of(crowd_.port(), ports);
  report r(p.name);
  r.add("stalled", static_cast<double>(ports.size()));
  r.add("open", held.open);
  r.add("send_queue_kib", held.send_kib);
  r.add("receive_queue_kib", held.receive_kib);
  print(r);
}

void run::recover(phase const& p) {
  meter const used(*this);
  std::uint64_t stalled = 0;
  std::uint64_t snapshots = 0;
  for (client& c : crowd_.clients()) {
    if (!c.stalls) continue;
    ++stalled;
    snapshots -= c.snapshots;
    crowd_.set_reading(c, true);
  }
  auto const& clients = crowd_.clients();
  wait_until(
      [&] {
        return std::all_of(clients.begin(), clients.end(),
                           [this](client const& c) { return !c.stalls || has_seen_all(c); });
      },
      "that the stalled clients come up to date");
  report r(p.name);
  used.tell(r);
  for (client const& c : clients) snapshots += c.stalls ? c.snapshots : 0;
  r.add("stalled", static_cast<double>(stalled));
  r.add("snapshots", static_cast<double>(snapshots));
  r.add("frames", static_cast<double>(told_.frames()));
  for (client& c : crowd_.clients()) {
    if (c.stalls) crowd_.set_reading(c, false);
  }
  print(r);
}

void run::reconnect(phase const& p) {
  auto& clients = crowd_.clients();
  client& stays = clients.front();
  std::uint64_t snapshots = 0;
  for (client& c : clients) {
    snapshots -= c.snapshots;
    if (&c != &stays) crowd_.hang_up(c);
  }
  settle();
  std::uint64_t const still = told_.joined();
  told_.sent(stays.room, now());
  speaks_->put_event(stays, told_.sent_in(stays.room));
  crowd_.push(stays);
  wait_until([&] { return has_seen_all(stays) && stays.answered == stays.said; },
             "the event that the others miss");
  meter const used(*this);
  for (client& c : clients) {
    if (&c != &stays) crowd_.dial(c);
  }
  wait_until(
      [&] {
        return told_.joined() == still + clients.size() - 1 &&
               std::all_of(clients.begin(), clients.end(),
                           [this](client const& c) { return has_seen_all(c); });
      },
      "that all are back and up to date");
  report r(p.name);
  used.tell(r);
  for (client const& c : clients) snapshots += c.snapshots;
  r.add("clients", static_cast<double>(clients.size() - 1));
  r.add("snapshots", static_cast<double>(snapshots));
  print(r);
}

}  // namespace statelink::benchmarks
