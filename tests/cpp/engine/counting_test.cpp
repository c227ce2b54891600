// What must not be done twice, or at all: encodings, frames, sends, snapshots. Counted, not timed.
#include <gtest/gtest.h>

#include "support/simulation.hpp"

using namespace statelink;
using namespace statelink::test;

namespace {

struct counting : testing::Test {
  simulation s;
  void members(std::size_t n) {
    for (std::size_t c = 0; c < n; ++c) s.link(s.add_client(), s.room, "A");
    settle();
  }
  void settle() {
    s.drain();
    s.check_all();
  }
  using words = std::vector<std::string>;
};

TEST_F(counting, one_commit_is_encoded_once_whatever_the_number_of_clients) {
  members(100);
  auto const patches = s.core.counted().patches;
  auto const snapshots = s.core.counted().snapshots;
  auto const frames = s.out.counts().frames_appended;
  auto const sends = s.out.counts().sends;
  for (int i = 0; i < 10; ++i) s.increment(7, s.room);
  EXPECT_EQ(s.core.counted().patches - patches, 10u);
  settle();
  EXPECT_EQ(s.out.counts().frames_appended - frames, 10u);
  EXPECT_EQ(s.core.counted().snapshots, snapshots);
  // Ten commits, and the answers of their actor, leave in one send per client.
  EXPECT_EQ(s.out.counts().sends - sends, 100u);
}

TEST_F(counting, a_turn_that_changes_nothing_sends_its_answer_only) {
  members(3);
  for (std::size_t c = 0; c < 3; ++c) s.model(c).take_heard();
  auto const sends = s.out.counts().sends;
  s.event(1, [&](turn& t) {
    sample_values& v = s.enter(t, s.core.visible(t.actor(), s.room));
    ++v.now.count;
    --v.now.count;
  });
  s.event(1, [](turn&) {});
  settle();
  EXPECT_EQ(s.model(1).take_heard().size(), 1u);  // one acknowledgement of both
  EXPECT_TRUE(s.model(0).take_heard().empty());
  EXPECT_EQ(s.out.counts().sends - sends, 1u);
  EXPECT_EQ(s.out.counts().frames_appended, s.core.counted().patches + 3);  // three clients' Pad
}

TEST_F(counting, an_event_of_an_unlinked_client_sends_nothing_to_others) {
  members(3);
  std::size_t const alone = s.add_client();
  settle();
  auto const sends = s.out.counts().sends;
  s.increment(alone, s.room);
  s.increment(alone, s.own);
  settle();
  EXPECT_EQ(s.out.counts().sends - sends, 1u);
}

TEST_F(counting, a_room_that_nobody_hears_encodes_nothing) {
  members(1);
  s.unlink(0, s.room);
  settle();
  auto const patches = s.core.counted().patches;
  auto const snapshots = s.core.counted().snapshots;
  turn t;
  s.core.begin(t, {});
  for (int i = 0; i < 5; ++i) {
    ++s.enter(t, s.core.find_room(s.room, "A")).now.count;
    EXPECT_TRUE(s.core.commit(t));
    s.note_commit(t);
  }
  s.core.end(t);
  settle();
  EXPECT_EQ(s.core.counted().patches, patches);
  EXPECT_EQ(s.core.counted().snapshots, snapshots);
  s.link(0, s.room, "A");
  settle();
  EXPECT_EQ((*s.model(0).values("Room")).at("count"), 5);
}

TEST_F(counting, answers_of_a_batch_are_one_frame) {
  members(1);
  s.model(0).take_heard();
  for (int i = 0; i < 50; ++i) s.increment(0, s.room);
  settle();
  words const heard = s.model(0).take_heard();
  EXPECT_EQ(heard.size(), 51u);
  EXPECT_EQ(heard.back(), "ack [2,51]");
}

TEST_F(counting, answers_stay_in_order_around_errors) {
  members(1);
  s.model(0).take_heard();
  auto const fail = [&] { s.event(0, [](turn&) { throw std::runtime_error("no"); }); };
  s.increment(0, s.own);
  s.increment(0, s.own);
  fail();
  fail();
  s.increment(0, s.own);
  settle();
  words answers;
  for (std::string const& h : s.model(0).take_heard()) {
    if (h.starts_with("ack") || h.starts_with("error")) answers.push_back(h);
  }
  EXPECT_EQ(answers, (words{"ack [2,3]", "error 4", "error 5", "ack 6"}));
}

TEST_F(counting, a_thousand_joins_cost_few_snapshots) {
  // Each join commits, as the list of a room's members does.
  s.link(s.add_client(), s.room, "A");
  s.drain();
  auto const snapshots = s.core.counted().snapshots;
  constexpr std::size_t joins = 1000;
  for (std::size_t n = 0; n < joins; ++n) {
    std::size_t const c = s.add_client();
    s.event(c, [&](turn& t) {
      s.link(t, s.room, "A");
      s.increment(t, s.room);
    });
    s.wake_up();
    s.out.trim();
    ASSERT_TRUE(s.out.take_snapshot_requests().empty());
    ASSERT_EQ(s.model(c).held("Room")->at, n + 1);
    s.check(c);
    s.ignore(c);
  }
  // A thousand are of Pad, which has no common defaults.
  EXPECT_LT(s.core.counted().snapshots - snapshots - joins, 100u);
}

TEST_F(counting, snapshots_are_renewed_once_for_all_who_fell_behind) {
  config limits;
  limits.ring_frames = 16;
  simulation small(limits);
  for (std::size_t c = 0; c < 20; ++c) small.link(small.add_client(), small.room, "A");
  for (int i = 0; i < 50; ++i) {
    small.increment(0, small.room);
    small.drain();
  }
  auto const snapshots = small.core.counted().snapshots;
  for (std::size_t c = 1; c < 20; ++c) small.resync(c, small.room);
  small.increment(0, small.room);
  small.drain();
  small.check_all();
  EXPECT_EQ(small.core.counted().snapshots - snapshots, 1u);
}

TEST_F(counting, duplicate_events_are_dropped) {
  members(1);
  EXPECT_FALSE(s.core.receive(s.number(0), 1));
  EXPECT_TRUE(s.core.receive(s.number(0), 7));  // ids may skip
  EXPECT_FALSE(s.core.receive(s.number(0), 7));
  EXPECT_FALSE(s.core.receive(s.number(0), 3));
}

}  // namespace
