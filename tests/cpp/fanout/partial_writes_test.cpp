// Sockets that take only a part, at every byte: nothing is torn, lost or repeated, and a change of
// cursors becomes true in the moment in which its entry is written.
#include <gtest/gtest.h>

#include "fanout/hand_made.hpp"
#include "statelink/fanout.hpp"

using namespace statelink;
using namespace statelink::test;

namespace {

constexpr std::uint64_t room = 1000;
constexpr std::uint64_t next_room = 1001;

config small_rings() {
  config c;
  c.ring_frames = 16;
  return c;
}

/// A client with a plan of everything: rest, control, stream, room, answers, a change, the next
/// room's snapshot and frames.
sockets everything() {
  sockets net(small_rings());
  net.open(1);
  net.apply(
      batch_maker().append(room, 1, "[first]").snapshot(room, 0, "[S0]").attach(1, 1, "", {room}));
  net.send(*net.out.next_dirty(), 7);  // "[S0][fi"
  net.out.push_control(net.at(1), "[ping]");
  batch_maker b;
  b.stream(1, 1, "[p1]").stream(1, 2, "[p2]");
  b.append(room, 2, "[second]").append(room, 3, "[third]");
  b.snapshot(next_room, 5, "[T-five]").append(next_room, 6, "[t6]").append(next_room, 7, "[t7]");
  b.stream(1, 3, "[p3]", 1);
  b.entry(1, "[ack1]", {{{room}, 3}}).entry(1, "[ack2]");
  b.change(1, 1, room, next_room, "[moved]");
  b.entry(1, "[ack3]", {{{next_room}, 7}, {{1}, 3}}).entry(1, "[end]");
  net.apply(b);
  net.unblock(1);
  return net;
}

std::string const expected =
    "[S0][first][ping][p1][p2][second][third][ack1][ack2][moved][p3][T-five][t6][t7][ack3][end]";

TEST(partial_writes, the_whole_plan_is_one_send) {
  sockets net = everything();
  std::uint64_t const sends = net.out.counts().sends;
  net.drain();
  EXPECT_EQ(net.out.counts().sends - sends, 1u);
  EXPECT_EQ(net.take(1), expected);
}

TEST(partial_writes, at_every_byte_the_stream_goes_on_where_it_was) {
  for (std::size_t cut = 0; cut <= expected.size() - 7; ++cut) {
    for (std::size_t cut2 : {std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{17}}) {
      sockets net = everything();
      net.send(*net.out.next_dirty(), cut);
      net.unblock(1);
      if (subscriber* s = net.out.next_dirty()) net.send(*s, cut2);
      net.unblock(1);
      net.drain();
      ASSERT_EQ(net.take(1), expected) << cut << " " << cut2;
      EXPECT_FALSE(net.at(1).mid_frame());
      EXPECT_EQ(net.at(1).backlog(), 0u);
    }
  }
}

TEST(partial_writes, byte_by_byte) {
  sockets net = everything();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    subscriber* s = net.out.next_dirty();
    ASSERT_NE(s, nullptr);
    net.send(*s, 1);
    net.unblock(1);
  }
  EXPECT_EQ(net.take(1), expected);
}

TEST(partial_writes, a_change_becomes_true_in_the_moment_its_entry_is_written) {
  std::size_t const at_change = expected.find("[moved]");
  for (std::size_t cut = 0; cut <= expected.size() - 7; ++cut) {
    sockets net = everything();
    net.send(*net.out.next_dirty(), cut);
    // Both rooms go on while the client is blocked.
    net.apply(batch_maker().append(room, 4, "[fourth]").append(next_room, 8, "[t8]"));
    net.unblock(1);
    net.drain();
    // The old room's frame goes out only where not one byte of the change had been written.
    bool const was_in_old = cut + 7 <= at_change;
    std::string const received = net.take(1);
    ASSERT_EQ(received.find("[fourth]") != received.npos, was_in_old) << cut << received;
    ASSERT_EQ(frames_of(received).size(), frames_of(expected).size() + 1 + was_in_old);
    ASSERT_NE(received.find("[t8]"), received.npos);
    if (was_in_old) {
      ASSERT_LT(received.find("[fourth]"), received.find("[moved]"));
    }
  }
}

TEST(partial_writes,
     a_client_that_falls_off_its_ring_in_the_middle_of_a_frame_still_gets_the_frame) {
  for (std::size_t cut = 0; cut <= expected.size() - 7; ++cut) {
    sockets net = everything();
    net.send(*net.out.next_dirty(), cut);
    batch_maker b;
    for (position at = 4; at <= 40; ++at) b.append(room, at, text('r', at));
    for (position at = 8; at <= 50; ++at) b.append(next_room, at, text('t', at));
    net.apply(b);
    net.out.trim();
    net.unblock(1);
    net.drain();
    for (journal_no j : net.out.take_snapshot_requests()) {
      net.apply(batch_maker().snapshot(j.value, j.value == room ? 40 : 50,
                                       j.value == room ? "[S40]" : "[T50]"));
    }
    net.drain();
    for (journal_no j : net.out.take_snapshot_requests()) {
      net.apply(batch_maker().snapshot(j.value, j.value == room ? 40 : 50,
                                       j.value == room ? "[S40]" : "[T50]"));
    }
    net.drain();
    std::string const received = net.take(1);
    std::vector<std::string> const frames = frames_of(received);  // throws when one is torn
    auto const place = [&](char const* name) {
      return std::find(frames.begin(), frames.end(), name) - frames.begin();
    };
    auto const size = static_cast<std::ptrdiff_t>(frames.size());
    // Never the new room before the change, never the old one after it; answers after what they
    // follow.
    ASSERT_LT(place("[ack1]"), place("[ack2]")) << cut;
    ASSERT_LT(place("[ack2]"), place("[moved]")) << cut;
    ASSERT_LT(place("[moved]"), place("[ack3]")) << cut;
    ASSERT_LT(place("[ack3]"), place("[end]")) << cut;
    ASSERT_LT(place("[end]"), size) << cut;
    ASSERT_TRUE(place("[T-five]") == size || place("[moved]") < place("[T-five]"));
    ASSERT_LT(place("[moved]"), std::min(place("[T50]"), place("[t50]")));
    ASSERT_TRUE(place("[S40]") == size || place("[S40]") < place("[moved]"));
    ASSERT_EQ(std::count(frames.begin(), frames.end(), "[p3]"), 1);
    for (std::string const& f : frames) {
      ASSERT_EQ(std::count(frames.begin(), frames.end(), f), 1) << f;
    }
  }
}

}  // namespace
