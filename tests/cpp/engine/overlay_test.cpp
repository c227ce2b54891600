// Overlays: what only one client sees of a state, laid over the instance that it sees.
#include <gtest/gtest.h>

#include "support/simulation.hpp"

using namespace statelink;
using namespace statelink::test;

namespace {

struct overlays : testing::Test {
  simulation s;

  void clients(std::size_t n) {
    for (std::size_t c = 0; c < n; ++c) s.add_client();
    settle();
  }
  void settle() {
    s.drain();
    s.check_all();
  }
  void change(std::size_t c) {
    s.event(c, [&](turn& t) { ++s.enter(t, s.core.overlay(t.actor(), s.room)).now.count; });
  }
  std::int64_t shown(std::size_t c, char const* state) {
    return (*s.model(c).values(state)).at("count");
  }
};

TEST_F(overlays, are_told_at_their_first_commit_to_their_client_alone) {
  clients(2);
  EXPECT_EQ(s.model(0).values("Room+"), nullptr);
  s.model(1).take_heard();
  change(0);
  change(0);
  settle();
  EXPECT_EQ(shown(0, "Room+"), 2);
  EXPECT_TRUE(s.model(1).take_heard().empty());
}

TEST_F(overlays, stay_when_their_states_instance_is_replaced) {
  clients(2);
  change(0);
  s.link(0, s.room, "A");
  s.link(1, s.room, "A");
  s.increment(1, s.room);
  change(0);
  settle();
  EXPECT_EQ(shown(0, "Room"), 1);
  EXPECT_EQ(shown(0, "Room+"), 2);
  s.unlink(0, s.room);
  change(0);
  settle();
  EXPECT_EQ(shown(0, "Room"), 0);
  EXPECT_EQ(shown(0, "Room+"), 3);
}

TEST_F(overlays, are_followed_by_answers) {
  clients(1);
  s.link(0, s.room, "A");
  settle();
  s.model(0).take_heard();
  change(0);
  change(0);
  settle();
  auto const heard = s.model(0).take_heard();
  ASSERT_EQ(heard.size(), 3u);
  EXPECT_EQ(heard.back(), "ack [2,3]");
  EXPECT_EQ(s.model(0).followed(), std::vector{*s.model(0).held("Room+")});
}

TEST_F(overlays, are_resumed_and_resynced) {
  clients(1);
  change(0);
  settle();
  s.disconnect(0);
  change(0);
  s.reconnect(0);
  settle();
  EXPECT_EQ(s.model(0).counted().snapshots, 0);
  EXPECT_EQ(s.model(0).counted().patches, 1);
  auto const asked = s.model(0).ask_resync("Room+");
  ASSERT_EQ(asked.size(), 1u);
  s.disconnect(0);  // the resync was lost
  s.reconnect(0);
  settle();
  EXPECT_EQ(shown(0, "Room+"), 2);
}

TEST_F(overlays, are_not_encoded_while_a_turn_changes_them) {
  clients(1);
  change(0);
  settle();
  s.model(0).answers_may_be_late = true;
  s.open_event(0, [&](turn& t) { ++s.enter(t, s.core.overlay(t.actor(), s.room)).now.count; });
  s.resync(0, s.own);  // of the same stream
  s.drain();
  s.close_events(false);
  settle();
  EXPECT_EQ(shown(0, "Room+"), 1);
}

TEST_F(overlays, end_with_their_client) {
  clients(1);
  change(0);
  settle();
  s.disconnect(0);
  s.core.forget(s.number(0));
  s.reconnect(0);
  settle();
  EXPECT_EQ(s.model(0).values("Room+"), nullptr);
}

}  // namespace
