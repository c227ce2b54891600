// Who is away, and which rooms nobody uses.
#include <gtest/gtest.h>

#include "support/simulation.hpp"

using namespace statelink;
using namespace statelink::test;
using std::chrono::milliseconds;

namespace {

struct lifetimes : testing::Test {
  simulation s;
  milliseconds const grace = s.limits.link_grace;
  milliseconds const expiry = s.limits.client_expiry;
  milliseconds const room_expiry = s.limits.room_expiry;
  using clients_t = std::vector<client_no>;
  using rooms_t = std::vector<instance_no>;

  void clients(std::size_t n) {
    for (std::size_t c = 0; c < n; ++c) s.add_client();
    settle();
  }
  void settle() {
    s.drain();
    s.check_all();
  }
  instance_no room(std::string const& token) { return s.core.find_room(s.room, token); }
};

TEST_F(lifetimes, who_has_been_gone_for_the_grace_is_named_once) {
  clients(2);
  EXPECT_TRUE(s.core.departed(grace * 10).empty());
  s.disconnect(1);  // at 0
  EXPECT_TRUE(s.core.departed(grace - milliseconds(1)).empty());
  EXPECT_EQ(s.core.departed(grace), clients_t{s.number(1)});
  EXPECT_TRUE(s.core.departed(grace * 2).empty());
  EXPECT_EQ(s.core.expired(expiry), clients_t{s.number(1)});
  s.reconnect(1);
  EXPECT_TRUE(s.core.departed(expiry).empty());
  EXPECT_TRUE(s.core.expired(expiry * 2).empty());
}

TEST_F(lifetimes, a_reload_within_the_grace_was_never_away) {
  clients(1);
  s.disconnect(0);
  s.reconnect(0);
  EXPECT_TRUE(s.core.departed(grace * 10).empty());
}

TEST_F(lifetimes, who_is_away_keeps_its_link_and_its_room) {
  clients(2);
  for (std::size_t c : {0u, 1u}) s.link(c, s.room, "A");
  settle();
  instance_no const a = room("A");
  EXPECT_EQ(s.core.present(a), (clients_t{s.number(0), s.number(1)}));
  s.disconnect(1);
  s.core.set_present(s.number(1), a, false);
  EXPECT_EQ(s.core.present(a), clients_t{s.number(0)});
  EXPECT_EQ(s.core.audience(a).size(), 2u);
  s.unlink(0, s.room);
  EXPECT_TRUE(s.core.idle_rooms(room_expiry * 3).empty());
  s.reconnect(1);
  s.core.set_present(s.number(1), a, true);
  EXPECT_EQ(s.core.present(a), clients_t{s.number(1)});
  settle();
}

TEST_F(lifetimes, a_new_link_is_present_and_is_named_again) {
  clients(1);
  s.link(0, s.room, "A");
  settle();
  s.disconnect(0);
  EXPECT_EQ(s.core.departed(grace), clients_t{s.number(0)});
  s.core.set_present(s.number(0), room("A"), false);
  s.link(0, s.room, "B");
  EXPECT_TRUE(s.core.is_present(s.number(0), room("B")));
  EXPECT_FALSE(s.core.is_present(s.number(0), room("A")));
  EXPECT_EQ(s.core.departed(grace), clients_t{s.number(0)});
  s.link(0, s.room, "A");
  EXPECT_TRUE(s.core.is_present(s.number(0), room("A")));
}

TEST_F(lifetimes, a_link_that_is_rolled_back_leaves_who_is_away_away) {
  clients(1);
  s.link(0, s.room, "A");
  settle();
  s.disconnect(0);
  s.core.departed(grace);
  s.core.set_present(s.number(0), room("A"), false);
  s.event(0, [&](turn& t) {
    s.link(t, s.room, "B");
    throw std::runtime_error("no");
  });
  EXPECT_FALSE(s.core.is_present(s.number(0), room("A")));
  EXPECT_TRUE(s.core.departed(grace).empty());
}

TEST_F(lifetimes, a_room_without_links_ends_after_its_last_use) {
  clients(1);
  s.core.set_time(milliseconds(1000));
  s.link(0, s.room, "A");
  s.increment(0, s.room);
  s.unlink(0, s.room);
  settle();
  instance_no const a = room("A");
  EXPECT_TRUE(s.core.idle_rooms(milliseconds(999) + room_expiry).empty());
  EXPECT_EQ(s.core.idle_rooms(milliseconds(1000) + room_expiry), rooms_t{a});
  s.core.end_room(a);
  EXPECT_FALSE(room("A"));
  s.link(0, s.room, "A");
  EXPECT_NE(room("A"), a);
  settle();
}

TEST_F(lifetimes, entering_a_room_uses_it) {
  clients(1);
  instance_no const a = s.core.room(s.room, "A");
  s.core.set_time(room_expiry);
  turn t;
  s.core.begin(t, {});
  s.core.enter(t, a);
  EXPECT_TRUE(s.core.idle_rooms(room_expiry * 5).empty());  // a turn is at it
  s.core.commit(t);
  s.core.end(t);
  EXPECT_TRUE(s.core.idle_rooms(room_expiry * 6 - milliseconds(1)).empty());
  EXPECT_EQ(s.core.idle_rooms(room_expiry * 6), rooms_t{a});
}

TEST_F(lifetimes, a_room_that_is_linked_again_does_not_end) {
  clients(1);
  instance_no const a = s.core.room(s.room, "A");
  EXPECT_EQ(s.core.idle_rooms(room_expiry), rooms_t{a});
  s.link(0, s.room, "A");
  s.core.end_room(a);
  EXPECT_EQ(room("A"), a);
  EXPECT_TRUE(s.core.idle_rooms(room_expiry * 9).empty());
  settle();
}

TEST_F(lifetimes, an_own_instance_that_has_become_a_room_ends_like_one) {
  clients(2);
  std::string const token = s.token(0);
  s.link(1, s.room, token);
  settle();
  instance_no const own = room(token);
  s.disconnect(0);
  s.core.forget(s.number(0));
  EXPECT_EQ(room(token), own);
  EXPECT_TRUE(s.core.idle_rooms(room_expiry * 2).empty());
  s.unlink(1, s.room);
  EXPECT_EQ(s.core.idle_rooms(room_expiry * 4), rooms_t{own});
  s.core.end_room(own);
  EXPECT_FALSE(room(token));
}

TEST_F(lifetimes, with_no_expiry_at_all_every_look_ends) {
  config limits;
  limits.room_expiry = limits.client_expiry = milliseconds(0);
  engine core(limits);
  std::error_code error;
  class_no const cls = core.define(
      {.name = "Room",
       .shared = true,
       .make = [](instance_no, client_no) { return std::make_unique<sample_values>(); }},
      error);
  ASSERT_FALSE(error);
  instance_no const a = core.room(cls, "A"), b = core.room(cls, "B");
  EXPECT_EQ(core.idle_rooms(milliseconds(0)), (rooms_t{a, b}));
}

}  // namespace
