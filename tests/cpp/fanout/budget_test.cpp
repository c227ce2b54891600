// How much is written to one client in one go, and that nobody starves.
#include <gtest/gtest.h>

#include <set>

#include "fanout/hand_made.hpp"
#include "statelink/fanout.hpp"

using namespace statelink;
using namespace statelink::test;

namespace {

constexpr std::uint64_t room = 1000;
constexpr std::uint64_t other_room = 1001;

config budget(std::size_t bytes) {
  config c;
  c.send_bytes = bytes;
  return c;
}

std::string frame(char name, std::size_t size) { return "[" + std::string(size - 2, name) + "]"; }

TEST(budget, one_send_has_at_most_the_budget_and_a_frame) {
  sockets net(budget(100));
  net.open(1);
  batch_maker b;
  b.snapshot(room, 0, frame('S', 30));
  for (position at = 1; at <= 50; ++at) b.append(room, at, frame('r', 30));
  b.attach(1, 1, "[hello]", {room});
  for (int i = 0; i < 50; ++i) b.entry(1, frame('a', 30));
  net.apply(b);
  std::string expected = "[hello]" + frame('S', 30);
  for (int i = 0; i < 50; ++i) expected += frame('r', 30);
  for (int i = 0; i < 50; ++i) expected += frame('a', 30);

  int sends = 0;
  while (subscriber* s = net.out.next_dirty()) {
    std::size_t const given = net.send(*s);
    EXPECT_LT(given, 130u);
    sends += given > 0;
  }
  EXPECT_EQ(net.take(1), expected);
  EXPECT_GE(sends, 3000 / 130);
  EXPECT_LE(sends, 3000 / 70);
}

TEST(budget, a_frame_above_the_budget_is_written) {
  sockets net(budget(100));
  net.open(1);
  std::string const large = frame('L', 1000);
  net.apply(batch_maker()
                .snapshot(room, 0, large)
                .append(room, 1, large)
                .append(room, 2, "[r2]")
                .attach(1, 1, "[hello]", {room})
                .entry(1, large)
                .entry(1, "[a]"));
  net.drain();
  EXPECT_EQ(net.take(1), "[hello]" + large + large + "[r2]" + large + "[a]");
}

TEST(budget, clients_with_much_take_turns) {
  sockets net(budget(100));
  batch_maker b;
  b.snapshot(room, 0, "[S]");
  for (std::uint64_t c = 1; c <= 5; ++c) {
    net.open(c);
    b.attach(c, c, "", {room});
  }
  for (position at = 1; at <= 100; ++at) b.append(room, at, frame('r', 50));
  b.entry(5, "[little]");
  net.apply(b);
  std::vector<std::uint64_t> order;
  while (subscriber* s = net.out.next_dirty()) {
    order.push_back(s->session().value);
    net.send(*s);
  }
  // Nobody is served twice before each of the others was served once.
  for (std::size_t i = 0; i + 5 <= 200; ++i) {
    std::set<std::uint64_t> const five(order.begin() + static_cast<long>(i),
                                       order.begin() + static_cast<long>(i) + 5);
    ASSERT_EQ(five.size(), 5u) << i;
  }
}

TEST(budget, a_change_of_cursors_does_not_overtake_frames_that_did_not_fit) {
  for (std::size_t bytes = 1; bytes < 300; ++bytes) {
    sockets net(budget(bytes));
    net.open(1);
    batch_maker b;
    b.snapshot(room, 0, "[S]").snapshot(other_room, 0, "[T]");
    std::string expected = "[S]";
    for (position at = 1; at <= 5; ++at) {
      b.append(room, at, frame('r', 30));
      expected += frame('r', 30);
    }
    b.append(other_room, 1, "[t1]");
    b.attach(1, 1, "", {room})
        .change(1, 1, room, other_room)
        .entry(1, "[ack]", {{{other_room}, 1}});
    net.apply(b);
    net.drain();
    ASSERT_EQ(net.take(1), expected + "[T][t1][ack]") << bytes;
  }
}

TEST(budget, waiting_answers_do_not_keep_the_memory_of_those_that_left) {
  // An outbox that is never empty: one answer always waits for the next frame.
  sockets net(config{});
  net.open(1);
  net.apply(batch_maker().snapshot(room, 0, "[S]").attach(1, 1, "", {room}));
  net.drain();
  std::string expected = "[S]";
  for (position at = 1; at <= 2000; ++at) {
    std::string const answer = frame(static_cast<char>('a' + at % 26), 1000);
    net.apply(batch_maker().append(room, at, text('r', at)).entry(1, answer, {{{room}, at + 1}}));
    net.drain();
    expected += text('r', at);
    if (at > 1) expected += frame(static_cast<char>('a' + (at - 1) % 26), 1000);
    ASSERT_LT(net.at(1).memory(), 20'000u);
  }
  EXPECT_EQ(net.take(1), expected);
}

}  // namespace
