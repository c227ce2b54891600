// What a link means: one instance seen by many, private values that come back, the clients of
// another client.
#include <gtest/gtest.h>

#include "support/simulation.hpp"

using namespace statelink;
using namespace statelink::test;

namespace {

/// The simulation with `n` hydrated clients that have heard everything.
struct links : testing::Test {
  simulation s;

  void clients(std::size_t n) {
    for (std::size_t c = 0; c < n; ++c) s.add_client();
    settle();
  }
  void settle() {
    s.drain();
    s.check_all();
  }
  std::int64_t shown(std::size_t c, char const* state = "Room") {
    return (*s.model(c).values(state)).at("count");
  }
  std::vector<std::string> heard(std::size_t c) { return s.model(c).take_heard(); }
};

TEST_F(links, a_new_client_sees_defaults_and_is_hydrated) {
  clients(1);
  EXPECT_EQ(shown(0), 0);
  EXPECT_TRUE(s.model(0).hydrated());
  EXPECT_FALSE(s.model(0).resumed());
  EXPECT_EQ(s.model(0).counted().frames, 5);  // hello, three snapshots, hydrated
  EXPECT_EQ(s.model(0).client_token().size(), 22u);
  EXPECT_NE(s.model(0).secret(), s.model(0).client_token());
}

TEST_F(links, clients_are_private_until_they_link) {
  clients(2);
  s.increment(0, s.room);
  s.increment(0, s.room);
  s.increment(1, s.room);
  settle();
  EXPECT_EQ(shown(0), 2);
  EXPECT_EQ(shown(1), 1);
}

TEST_F(links, linked_clients_share_one_instance) {
  clients(3);
  s.link(0, s.room, "A");
  s.link(1, s.room, "A");
  s.increment(0, s.room);
  s.increment(1, s.room);
  s.increment(2, s.room);
  settle();
  EXPECT_EQ(shown(0), 2);
  EXPECT_EQ(shown(1), 2);
  EXPECT_EQ(shown(2), 1);
  EXPECT_EQ(s.model(0).held("Room"), s.model(1).held("Room"));
}

TEST_F(links, a_late_joiner_sees_the_present_values) {
  clients(2);
  s.link(0, s.room, "A");
  for (int i = 0; i < 5; ++i) s.increment(0, s.room);
  settle();
  s.link(1, s.room, "A");
  settle();
  EXPECT_EQ(shown(1), 5);
}

TEST_F(links, unlinking_brings_the_private_values_back) {
  clients(2);
  s.increment(0, s.room);
  s.link(0, s.room, "A");
  s.link(1, s.room, "A");
  for (int i = 0; i < 7; ++i) s.increment(1, s.room);
  settle();
  EXPECT_EQ(shown(0), 7);
  s.unlink(0, s.room);
  settle();
  EXPECT_EQ(shown(0), 1);
  s.increment(0, s.room);
  s.increment(1, s.room);
  settle();
  EXPECT_EQ(shown(0), 2);
  EXPECT_EQ(shown(1), 8);
}

TEST_F(links, no_two_introductions_have_the_same_revision) {
  clients(1);
  s.increment(0, s.room);
  settle();
  revision const before = s.model(0).held("Room")->at;
  for (int i = 0; i < 2; ++i) {
    s.link(0, s.room, "A");
    s.unlink(0, s.room);
  }
  settle();
  EXPECT_EQ(s.model(0).held("Room")->at, before + 2);
}

TEST_F(links, unlinking_shows_defaults_where_nothing_was_changed) {
  clients(1);
  s.link(0, s.room, "A");
  s.increment(0, s.room);
  s.unlink(0, s.room);
  settle();
  EXPECT_EQ(shown(0), 0);
}

TEST_F(links, private_values_stay_as_they_are_while_linked) {
  clients(1);
  s.increment(0, s.room);
  s.link(0, s.room, "A");
  settle();
  heard(0);
  // Not by what is visible: the private instance itself.
  s.event(0, [&](turn& t) { ++s.enter(t, s.core.own(t.actor(), s.room)).now.count; });
  settle();
  EXPECT_EQ(heard(0), std::vector<std::string>{"ack 3"});
  s.unlink(0, s.room);
  settle();
  EXPECT_EQ(shown(0), 2);
}

TEST_F(links, a_turn_may_unlink_and_change_what_it_sees_then) {
  clients(1);
  s.increment(0, s.room);
  s.link(0, s.room, "A");
  settle();
  s.event(0, [&](turn& t) {
    s.increment(t, s.room);
    s.unlink(t, s.room);
    s.increment(t, s.room);
  });
  settle();
  EXPECT_EQ(shown(0), 2);
  EXPECT_EQ(s.values(s.core.find_room(s.room, "A")).committed().count, 1);
}

TEST_F(links, a_turn_may_change_its_own_and_then_link) {
  clients(2);
  s.link(1, s.room, "A");
  s.event(0, [&](turn& t) {
    s.increment(t, s.room);
    s.link(t, s.room, "A");
    s.increment(t, s.room);
    s.increment(t, s.room);
  });
  settle();
  EXPECT_EQ(shown(0), 2);
  EXPECT_EQ(shown(1), 2);
  s.unlink(0, s.room);
  settle();
  EXPECT_EQ(shown(0), 1);
}

TEST_F(links, relinking_moves_to_the_other_room) {
  clients(3);
  s.link(1, s.room, "A");
  s.link(2, s.room, "B");
  s.increment(2, s.room);
  s.link(0, s.room, "A");
  s.link(0, s.room, "B");
  settle();
  EXPECT_EQ(shown(0), 1);
  heard(0);
  s.increment(1, s.room);
  settle();
  EXPECT_TRUE(heard(0).empty());
  EXPECT_EQ(shown(1), 1);
}

TEST_F(links, linking_where_one_is_linked_is_nothing) {
  clients(1);
  s.link(0, s.room, "A");
  settle();
  heard(0);
  s.link(0, s.room, "A");
  s.event(0, [&](turn& t) {
    s.link(t, s.room, "B");
    s.link(t, s.room, "A");
  });
  settle();
  EXPECT_EQ(heard(0), std::vector<std::string>{"ack [2,3]"});
}

TEST_F(links, each_state_class_is_linked_by_itself) {
  clients(2);
  s.link(0, s.room, "A");
  s.link(1, s.pad, "A");
  s.increment(0, s.room);
  s.increment(1, s.pad);
  s.increment(1, s.room);
  s.increment(1, s.room);
  settle();
  EXPECT_EQ(shown(0, "Room"), 1);
  EXPECT_EQ(shown(0, "Pad"), 0);
  EXPECT_EQ(shown(1, "Pad"), 1);
  EXPECT_EQ(shown(1, "Room"), 2);
}

TEST_F(links, what_cannot_be_linked) {
  clients(1);
  client_no const c = s.number(0);
  EXPECT_EQ(s.core.can_link(c, s.room, "A"), errc::none);
  EXPECT_EQ(s.core.can_link(c, s.room, ""), errc::empty_token);
  EXPECT_EQ(s.core.can_link(c, s.room, std::string(513, 'x')), errc::token_too_long);
  EXPECT_EQ(s.core.can_link(c, s.room, std::string(512, 'x')), errc::none);
  EXPECT_EQ(s.core.can_link(c, s.room, s.token(0)), errc::own_token);
  EXPECT_EQ(s.core.can_link(c, s.own, "A"), errc::not_shared);
  turn t;
  s.core.begin(t, c);
  EXPECT_EQ(s.core.link(t, s.own, "A"), errc::not_shared);
  EXPECT_EQ(s.core.unlink(t, s.room), errc::not_linked);
  EXPECT_FALSE(s.core.commit(t));
  s.core.end(t);
}

// --- another client's token

TEST_F(links, a_guest_and_the_owner_see_the_owners_instance) {
  clients(3);
  s.increment(0, s.room);
  s.increment(1, s.room);
  s.increment(1, s.room);
  s.link(1, s.room, s.token(0));
  settle();
  EXPECT_EQ(shown(1), 1);
  s.increment(0, s.room);
  s.increment(1, s.room);
  settle();
  EXPECT_EQ(shown(0), 3);
  EXPECT_EQ(shown(1), 3);
  EXPECT_EQ(s.model(0).held("Room"), s.model(1).held("Room"));
  s.link(2, s.room, s.token(0));
  s.unlink(1, s.room);
  s.increment(2, s.room);
  settle();
  EXPECT_EQ(shown(0), 4);
  EXPECT_EQ(shown(1), 2);
  EXPECT_EQ(shown(2), 4);
}

TEST_F(links, a_guest_may_come_before_the_owner_has_values) {
  clients(2);
  s.link(1, s.room, s.token(0));
  s.increment(1, s.room);
  settle();
  EXPECT_EQ(shown(0), 1);
}

TEST_F(links, an_owner_who_is_elsewhere_finds_what_guests_did) {
  clients(2);
  s.increment(0, s.room);
  s.link(0, s.room, "A");
  s.link(1, s.room, s.token(0));
  s.increment(1, s.room);
  settle();
  EXPECT_EQ(shown(0), 0);
  EXPECT_EQ(shown(1), 2);
  s.unlink(0, s.room);
  settle();
  EXPECT_EQ(shown(0), 2);
  s.increment(1, s.room);
  settle();
  EXPECT_EQ(shown(0), 3);
  s.link(0, s.room, "A");
  s.unlink(1, s.room);
  s.unlink(0, s.room);
  s.increment(0, s.room);
  settle();
  EXPECT_EQ(shown(0), 4);
}

TEST_F(links, a_guest_that_comes_while_the_owner_is_about_to_link) {
  clients(2);
  s.open_event(0, [&](turn& t) { s.link(t, s.room, "A"); });
  s.link(1, s.room, s.token(0));
  s.increment(1, s.room);
  s.close_events(false);  // the owner stays
  s.increment(1, s.room);
  settle();
  EXPECT_EQ(shown(0), 2);
}

// --- rollback

TEST_F(links, a_handler_that_fails_leaves_nothing_behind) {
  clients(2);
  s.link(1, s.room, "A");
  s.increment(0, s.room);
  settle();
  heard(0);
  heard(1);
  event_id const e = s.event(0, [&](turn& t) {
    s.increment(t, s.room);
    s.link(t, s.room, "A");
    s.increment(t, s.room);
    s.link(t, s.room, "B");
    s.increment(t, s.room);
    throw std::runtime_error("no");
  });
  settle();
  EXPECT_EQ(s.model(0).answer(e), "handler_error");
  EXPECT_EQ(heard(0), std::vector<std::string>{"error 2"});
  EXPECT_TRUE(heard(1).empty());
  EXPECT_EQ(shown(0), 1);
  EXPECT_EQ(shown(1), 0);
  EXPECT_EQ(s.core.audience(s.core.find_room(s.room, "A")), std::vector<client_no>{s.number(1)});
  EXPECT_TRUE(s.core.audience(s.core.find_room(s.room, "B")).empty());
}

TEST_F(links, what_was_committed_before_the_failure_stays) {
  clients(1);
  event_id const e = s.event(0, [&](turn& t) {
    s.increment(t, s.room);
    s.link(t, s.room, "A");
    s.increment(t, s.room);
    s.core.commit(t);
    s.note_commit(t);
    s.increment(t, s.room);
    s.unlink(t, s.room);
    throw std::runtime_error("no");
  });
  settle();
  EXPECT_EQ(s.model(0).answer(e), "handler_error");
  EXPECT_EQ(shown(0), 1);
  s.unlink(0, s.room);
  settle();
  EXPECT_EQ(shown(0), 1);
}

TEST_F(links, an_open_turn_is_seen_by_nobody) {
  clients(3);
  s.link(0, s.room, "A");
  s.link(1, s.room, "A");
  s.increment(1, s.room);
  settle();
  s.model(0).answers_may_be_late = true;
  s.open_event(0, [&](turn& t) {
    s.increment(t, s.room);
    s.unlink(t, s.room);
    s.link(t, s.room, "B");
    s.increment(t, s.room);
  });
  for (std::size_t c : {0u, 1u}) s.resync(c, s.room);
  s.drain();
  // A resync waits for the turn that holds the room; nothing dirty leaves.
  EXPECT_EQ(s.model(0).values("Room"), nullptr);
  s.disconnect(0);
  s.reconnect(0);
  s.drain();
  s.close_events(false);
  settle();
  EXPECT_EQ(shown(0), 1);
  EXPECT_EQ(shown(1), 1);
}

TEST_F(links, a_snapshot_that_is_asked_for_between_the_commit_and_the_end_of_a_turn_comes) {
  clients(1);
  s.link(0, s.room, "A");
  s.increment(0, s.own);
  settle();
  instance_no const a = s.core.find_room(s.room, "A");
  turn t;
  s.core.begin(t, s.number(0));
  ++s.enter(t, a).now.count;
  ++s.enter(t, s.core.own(t.actor(), s.own)).now.count;
  s.core.commit(t);
  s.note_commit(t);
  s.drain();
  s.resync(0, s.room);
  s.resync(0, s.own);
  s.drain();
  EXPECT_EQ(s.model(0).values("Room"), nullptr);
  s.core.end(t);
  settle();
}

// --- the end of clients

TEST_F(links, clients_without_a_socket_expire) {
  using std::chrono::milliseconds;
  clients(2);
  auto const expiry = s.limits.client_expiry;
  EXPECT_TRUE(s.core.expired(expiry * 10).empty());
  s.disconnect(1);  // at 0
  EXPECT_TRUE(s.core.expired(expiry - milliseconds(1)).empty());
  EXPECT_EQ(s.core.expired(expiry), std::vector<client_no>{s.number(1)});
  s.reconnect(1);
  EXPECT_TRUE(s.core.expired(expiry * 10).empty());
}

TEST_F(links, a_forgotten_client_leaves_its_rooms_and_is_unknown) {
  clients(2);
  s.link(0, s.room, "A");
  s.link(1, s.room, "A");
  s.increment(1, s.own);
  settle();
  instance_no const a = s.core.find_room(s.room, "A");
  s.disconnect(1);
  EXPECT_EQ(s.core.forget(s.number(1)), std::vector<instance_no>{a});
  EXPECT_EQ(s.core.audience(a), std::vector<client_no>{s.number(0)});
  EXPECT_EQ(s.core.clients(), 1u);
  s.increment(0, s.room);
  s.reconnect(1);
  settle();
  EXPECT_FALSE(s.model(1).resumed());
  EXPECT_EQ(shown(1), 0);
  EXPECT_EQ(shown(1, "Own"), 0);
}

TEST_F(links, the_instance_of_a_forgotten_owner_goes_on_as_a_room) {
  clients(3);
  s.increment(0, s.room);
  s.link(1, s.room, s.token(0));
  settle();
  std::string const owner = s.token(0);
  s.disconnect(0);
  s.core.forget(s.number(0));
  s.increment(1, s.room);
  s.link(2, s.room, owner);
  settle();
  EXPECT_EQ(shown(1), 2);
  EXPECT_EQ(shown(2), 2);
}

TEST_F(links, a_slow_guest_goes_on_when_the_owner_was_forgotten_meanwhile) {
  clients(2);
  s.model(1).may_skip_instances = true;
  s.stall(1, true);
  s.increment(1, s.own);
  s.wake_up();
  s.link(1, s.room, s.token(0));
  s.hand_over();  // with the answer that follows the owner's values
  s.link(1, s.room, "A");
  s.disconnect(0);
  s.core.forget(s.number(0));
  s.wake_up();
  s.out.trim();
  s.increment(1, s.room);
  s.drain();
  s.check(1);
  EXPECT_EQ(shown(1), 1);
}

TEST_F(links, journals_are_given_back) {
  clients(2);
  std::size_t const journals = s.out.journals();
  for (std::size_t c : {0u, 1u}) s.link(c, s.room, "A");
  for (int i = 0; i < 100; ++i) s.increment(0, s.room);
  settle();
  EXPECT_EQ(s.out.journals(), journals + 1);
  s.unlink(0, s.room);
  settle();
  EXPECT_EQ(s.out.journals(), journals + 1);
  s.unlink(1, s.room);
  settle();
  EXPECT_EQ(s.out.journals(), journals);
  for (int i = 0; i < 2; ++i) {
    s.link(0, s.room, "A");  // the values are still there
    s.wake_up();
    EXPECT_TRUE(s.out.take_snapshot_requests().empty());  // it came with the link
    EXPECT_EQ(shown(0), 100);
    s.unlink(0, s.room);
    settle();
  }
  for (std::size_t c : {0u, 1u}) {
    s.disconnect(c);
    s.core.forget(s.number(c));
  }
  s.drain();
  EXPECT_EQ(s.out.journals(), 0u);
  EXPECT_EQ(s.out.journal_memory(), 0u);
}

}  // namespace
