// Where a client goes on when it comes back.
#include <gtest/gtest.h>

#include "fanout/hand_made.hpp"
#include "statelink/fanout.hpp"

using namespace statelink;
using namespace statelink::test;

namespace {

constexpr std::uint64_t stream = 1;
constexpr std::uint64_t room = 1000;
constexpr std::uint64_t a = 100;  // instances of the stream
constexpr std::uint64_t b = 101;

/// A stream of: a at 0, b at 0, a at 1, b at 1, a at 2.
sockets with_stream() {
  sockets net(config{});
  net.open(1);
  net.apply(batch_maker()
                .stream(stream, 1, "[a0]", 0, a, 0)
                .stream(stream, 2, "[b0]", 0, b, 0)
                .stream(stream, 3, "[a1]", 0, a, 1)
                .stream(stream, 4, "[b1]", 0, b, 1)
                .stream(stream, 5, "[a2]", 0, a, 2)
                .append(room, 1, "[r1]")
                .append(room, 2, "[r2]")
                .snapshot(room, 0, "[S0]"));
  return net;
}

attach_item back(std::optional<revision> held_a, std::optional<revision> held_b) {
  attach_item item;
  item.client = {1};
  item.session = {1};
  item.stream = {stream};
  item.stream_end = 5;
  item.seen = {{{a}, 2, 1, held_a}, {{b}, 1, 2, held_b}};
  return item;
}

std::string heard(attach_item item, batch_maker more = {}) {
  sockets net = with_stream();
  net.apply(more.attach(std::move(item)));
  net.drain();
  for (journal_no j : net.out.take_snapshot_requests()) {
    net.apply(batch_maker().snapshot(j.value, 5, "[P5]"));
  }
  net.drain();
  return net.take(1);
}

TEST(attach, goes_on_after_the_newest_frame_that_the_client_has) {
  EXPECT_EQ(heard(back(2, 1)), "");
  EXPECT_EQ(heard(back(1, 1)), "[a2]");
  EXPECT_EQ(heard(back(1, 0)), "[b1][a2]");
  EXPECT_EQ(heard(back(0, 0)), "[a1][b1][a2]");
  EXPECT_EQ(heard(back(0, {})), "[b0][a1][b1][a2]");
}

TEST(attach, by_a_snapshot_where_no_place_is_right_for_all) {
  EXPECT_EQ(heard(back({}, {})), "[P5]");
  EXPECT_EQ(heard(back(0, 1)), "[P5]");   // it lacks a1, which is before b1
  EXPECT_EQ(heard(back({}, 1)), "[P5]");  // likewise
  EXPECT_EQ(heard(back(2, 0)), "[P5]");
  EXPECT_EQ(heard(back(7, 9)), "[P5]");
}

TEST(attach, by_a_snapshot_where_what_is_not_seen_any_more_would_come_again) {
  attach_item item = back({}, 0);
  item.seen = {{{b}, 1, 2, 0}};  // a is not seen now: it is linked, say
  EXPECT_EQ(heard(item), "[P5]");
}

TEST(attach, frames_after_the_hello_are_not_taken_for_held) {
  attach_item item = back(2, 1);
  EXPECT_EQ(heard(item, batch_maker().stream(stream, 6, "[a3]", 0, a, 3)), "[a3]");
  item.seen.clear();
  item.stream_at = 5;
  EXPECT_EQ(heard(item, batch_maker().stream(stream, 6, "[a3]", 0, a, 3)), "[a3]");
}

TEST(attach, an_older_snapshot_of_the_stream_is_not_enough) {
  attach_item item = back({}, {});
  EXPECT_EQ(heard(item, batch_maker().snapshot(stream, 3, "[P3]")), "[P5]");
}

TEST(attach, rooms_go_on_where_the_client_is) {
  attach_item item = back(2, 1);
  item.cursors = {{{room}, 1, 0}};
  EXPECT_EQ(heard(item), "[r2]");
  item.cursors = {{{room}, 2, 0}};
  EXPECT_EQ(heard(item), "");
  item.cursors = {{{room}, {}, 0}};
  EXPECT_EQ(heard(item), "[S0][r1][r2]");
  item.cursors = {{{room}, 99, 0}};  // nobody can be there
  EXPECT_EQ(heard(item), "[S0][r1][r2]");
}

TEST(attach, a_snapshot_does_not_take_the_client_back_to_a_room_that_it_left) {
  attach_item item = back(2, 1);
  item.left = {{{room}, 2}};
  EXPECT_EQ(heard(item, batch_maker().change(1, 1, 0, room)),
            "");  // before the hello: not this session's
  sockets net = with_stream();
  net.apply(batch_maker().attach(item).change(1, 1, 0, room));
  net.drain();
  EXPECT_EQ(net.take(1), "");
  EXPECT_EQ(net.out.take_snapshot_requests(), std::vector<journal_no>{{room}});
  net.apply(batch_maker().snapshot(room, 2, "[S2]"));
  net.drain();
  EXPECT_EQ(net.take(1), "[S2]");
}

TEST(attach, a_client_that_says_it_was_farther_than_anybody_is_not_waited_for) {
  attach_item item = back(2, 1);
  item.left = {{{room}, 1'000'000}};
  sockets net = with_stream();
  net.apply(batch_maker().snapshot(room, 2, "[S2]").attach(item).change(1, 1, 0, room));
  net.drain();
  EXPECT_EQ(net.take(1), "[S2]");
}

}  // namespace
