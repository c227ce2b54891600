// Many clients, rooms and events: everyone sees every revision in order; with a ring of 16 frames
// slow ones may skip.
#include <gtest/gtest.h>

#include <random>

#include "support/simulation.hpp"

using namespace statelink;
using namespace statelink::test;

namespace {

constexpr std::size_t clients = 100;
constexpr std::size_t rooms = 10;
constexpr int events = 5000;

/// Pipelined events of all clients, handed over in batches of random size; `slow`: some sockets
/// take nothing for a while.
void run(simulation& s, bool slow) {
  std::mt19937 random(5);
  for (std::size_t c = 0; c < clients; ++c)
    s.link(s.add_client(), s.room, "room " + std::to_string(c % rooms));
  s.drain();
  std::vector<int> snapshots(clients);
  for (std::size_t c = 0; c < clients; ++c) snapshots[c] = s.model(c).counted().snapshots;

  std::vector<int> commits(rooms);
  for (int e = 0; e < events; ++e) {
    std::size_t const c = random() % clients;
    s.increment(c, s.room);
    ++commits[c % rooms];
    if (random() % 20 == 0) {
      if (slow) s.stall(random() % clients, random() % 2);
      s.wake_up(random() % clients, slow ? random() % 500 : simulation::all);
      s.out.trim();
      s.renew_snapshots();
    }
  }
  s.drain();
  s.check_all();

  int skipped = 0;
  for (std::size_t c = 0; c < clients; ++c) {
    model_client const& m = s.model(c);
    EXPECT_EQ((*m.values("Room")).at("count"), commits[c % rooms]);
    EXPECT_EQ(m.held("Room")->at, static_cast<revision>(commits[c % rooms]));
    // The model takes no gap and no repeat, so each patch is another revision.
    skipped += commits[c % rooms] - m.counted().patches;
    if (!slow) {
      EXPECT_EQ(m.counted().snapshots, snapshots[c]);
    }
  }
  if (slow) {
    EXPECT_GT(skipped, 0);
  } else {
    EXPECT_EQ(skipped, 0);
  }
}

TEST(load, with_the_default_ring_everyone_sees_every_revision) {
  simulation s;
  run(s, false);
}

TEST(load, with_a_ring_of_16_frames_who_reads_misses_nothing) {
  config limits;
  limits.ring_frames = 16;
  simulation s(limits);
  run(s, false);
}

TEST(load, with_a_ring_of_16_frames_slow_clients_skip_and_never_go_back) {
  config limits;
  limits.ring_frames = 16;
  simulation s(limits);
  run(s, true);
}

}  // namespace
