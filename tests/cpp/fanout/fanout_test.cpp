// The fan-out alone: who is woken, what is written in which order, what becomes of slow clients.
#include "statelink/fanout.hpp"

#include <gtest/gtest.h>

#include "fanout/hand_made.hpp"

using namespace statelink;
using namespace statelink::test;

namespace {

constexpr std::uint64_t room = 1000;
constexpr std::uint64_t other_room = 1001;

config small_rings() {
  config c;
  c.ring_frames = 16;
  return c;
}

/// Clients 1..n with sessions of the same numbers, all in `room`, whose snapshot is at 0;
/// everything was read.
sockets members(std::uint64_t n, config limits = {}) {
  sockets net(std::move(limits));
  batch_maker b;
  b.snapshot(room, 0, "[S0]");
  for (std::uint64_t c = 1; c <= n; ++c) {
    net.open(c);
    b.attach(c, c, "[hello]", {room});
  }
  net.apply(b);
  net.drain();
  for (std::uint64_t c = 1; c <= n; ++c) EXPECT_EQ(net.take(c), "[hello][S0]");
  return net;
}

batch_maker commits(position after, position to) {
  batch_maker b;
  for (position at = after + 1; at <= to; ++at) b.append(room, at, text('r', at));
  return b;
}

TEST(fanout, commits_between_two_wake_ups_leave_in_one_send_per_client) {
  sockets net = members(100);
  std::uint64_t const sends = net.out.counts().sends;
  for (position at = 0; at < 30; at += 3) net.apply(commits(at, at + 3));  // ten batches
  net.drain();
  EXPECT_EQ(net.out.counts().sends - sends, 100u);
  EXPECT_EQ(net.out.counts().frames_appended, 30u);
  for (std::uint64_t c = 1; c <= 100; ++c) EXPECT_EQ(net.take(c), texts('r', 0, 30));
}

TEST(fanout, nobody_is_woken_without_a_frame) {
  sockets net = members(3);
  net.apply({});
  EXPECT_EQ(net.out.next_dirty(), nullptr);
  net.apply(batch_maker().append(other_room, 1, "[x]"));
  EXPECT_EQ(net.out.next_dirty(), nullptr);
  net.apply(batch_maker().entry(2, "[a]"));
  subscriber* s = net.out.next_dirty();
  ASSERT_NE(s, nullptr);
  EXPECT_EQ(s->session().value, 2u);
  EXPECT_EQ(net.out.next_dirty(), nullptr);
}

TEST(fanout, a_batch_that_comes_while_sending_wakes_those_who_were_served_already) {
  sockets net = members(3);
  net.apply(commits(0, 1));
  net.send(*net.out.next_dirty());  // only client 1; no trim yet
  net.apply(commits(1, 2));
  net.drain();
  for (std::uint64_t c = 1; c <= 3; ++c) EXPECT_EQ(net.take(c), texts('r', 0, 2)) << c;
}

TEST(fanout, blocked_clients_fall_off_and_get_one_snapshot_while_others_lose_nothing) {
  sockets net = members(10, small_rings());
  position at = 0;
  auto const commit = [&](position n) {
    net.apply(commits(at, at + n));
    at += n;
  };
  commit(1);
  for (int i = 0; i < 10; ++i) {
    subscriber& s = *net.out.next_dirty();
    net.send(
        s, s.session().value <= 3 ? 2 : sockets::all);  // 1, 2 and 3 stop in the middle of a frame
  }
  net.out.trim();
  for (int round = 0; round < 20; ++round) {
    commit(round == 10 ? 100 : 3);  // one batch is larger than the ring
    net.drain();
    net.out.trim();
  }
  EXPECT_TRUE(net.out.take_snapshot_requests().empty());
  for (std::uint64_t c = 4; c <= 10; ++c) EXPECT_EQ(net.take(c), texts('r', 0, at));

  std::uint64_t const snapshots = net.out.counts().snapshots_written;
  for (std::uint64_t c = 1; c <= 3; ++c) net.unblock(c);
  net.drain();
  EXPECT_EQ(net.out.take_snapshot_requests(),
            std::vector<journal_no>{{room}});  // asked once for all three
  for (std::uint64_t c = 1; c <= 3; ++c) EXPECT_EQ(net.take(c), "[r1]");
  commit(2);
  net.apply(batch_maker().snapshot(room, at, "[S]"));
  commit(1);
  net.drain();
  EXPECT_EQ(net.out.counts().snapshots_written - snapshots, 3u);
  for (std::uint64_t c = 1; c <= 3; ++c) EXPECT_EQ(net.take(c), "[S]" + text('r', at));
  for (std::uint64_t c = 4; c <= 10; ++c) EXPECT_EQ(net.take(c), texts('r', at - 3, at));
  EXPECT_TRUE(net.out.take_snapshot_requests().empty());
}

TEST(fanout, a_cursor_that_waits_for_a_snapshot_does_not_hold_the_ring) {
  sockets net = members(2, small_rings());
  net.apply(commits(0, 1));
  net.send(*net.out.next_dirty(), 1);
  net.drain();
  net.apply(commits(1, 40));
  net.drain();
  net.out.trim();
  net.unblock(1);
  net.drain();  // fallen; the snapshot takes its time
  net.apply(commits(40, 1000));
  net.drain();
  net.out.trim();
  EXPECT_LT(net.out.journal_memory(), 1000u);
  net.apply(batch_maker().snapshot(room, 1000, "[S1000]"));
  net.drain();
  EXPECT_EQ(net.take(1), "[r1][S1000]");
}

TEST(fanout, a_ring_that_was_held_by_a_slow_reader_is_cut_later) {
  config limits = small_rings();
  limits.send_bytes = 100;
  sockets net = members(1, limits);
  net.apply(commits(0, 2000));
  subscriber& s = *net.out.next_dirty();
  net.send(s);
  net.out.trim();
  std::size_t const full = net.out.journal_memory();
  net.drain();
  net.out.trim();
  EXPECT_LT(net.out.journal_memory(), full / 10);
  EXPECT_EQ(net.take(1), texts('r', 0, 2000));
}

TEST(fanout, an_entry_waits_for_what_it_follows) {
  sockets net = members(2);
  net.apply(batch_maker().entry(1, "[ack]", {{{room}, 3}}).entry(1, "[ack2]"));
  net.drain();
  EXPECT_EQ(net.take(1), "");
  net.apply(commits(0, 2));
  net.drain();
  EXPECT_EQ(net.take(1), "[r1][r2]");
  net.apply(commits(2, 4));
  net.drain();
  EXPECT_EQ(net.take(1), "[r3][r4][ack][ack2]");
  EXPECT_EQ(net.take(2), texts('r', 0, 4));
}

TEST(fanout, an_entry_waits_for_a_snapshot_that_was_asked_for) {
  sockets net = members(1);
  net.apply(commits(0, 2));
  net.drain();
  net.out.resync(net.at(1), {{room}});
  net.apply(commits(2, 3).entry(1, "[ack]", {{{room}, 3}}));
  net.drain();
  EXPECT_EQ(net.take(1), "[r1][r2]");
  net.apply(batch_maker().snapshot(room, 3, "[S3]"));
  net.drain();
  EXPECT_EQ(net.take(1), "[S3][ack]");
}

TEST(fanout, a_journal_without_a_cursor_counts_as_passed) {
  sockets net = members(1);
  net.apply(batch_maker().entry(1, "[ack]", {{{other_room}, 7}}));
  net.drain();
  EXPECT_EQ(net.take(1), "[ack]");
}

TEST(fanout, a_change_of_cursors_ends_the_old_and_starts_the_new_by_a_snapshot) {
  sockets net = members(1);
  net.apply(batch_maker()
                .append(room, 1, "[r1]")
                .snapshot(other_room, 5, "[T5]")
                .append(other_room, 6, "[t6]")
                .change(1, 1, room, other_room)
                .entry(1, "[ack]", {{{other_room}, 6}}));
  net.drain();
  EXPECT_EQ(net.take(1), "[r1][T5][t6][ack]");
  net.apply(commits(1, 2));
  net.drain();
  EXPECT_EQ(net.take(1), "");
  net.apply(batch_maker().append(other_room, 7, "[t7]"));
  net.drain();
  EXPECT_EQ(net.take(1), "[t7]");
}

TEST(fanout, a_change_back_and_forth_in_one_batch_leaves_one_cursor) {
  sockets net = members(1);
  net.apply(batch_maker()
                .snapshot(other_room, 5, "[T5]")
                .change(1, 1, room, other_room)
                .change(1, 2, other_room, room)
                .entry(1, "[ack]"));
  net.drain();
  EXPECT_EQ(net.take(1), "[T5][S0][ack]");
  net.apply(commits(0, 1));
  net.drain();
  EXPECT_EQ(net.take(1), "[r1]");
}

TEST(fanout, a_start_of_a_cursor_that_is_there_begins_it_anew) {
  sockets net = members(1);
  net.apply(commits(0, 1).snapshot(room, 1, "[S1]").change(1, 1, 0, room));
  net.drain();
  EXPECT_EQ(net.take(1), "[r1][S1]");
  net.apply(commits(1, 2));
  net.drain();
  EXPECT_EQ(net.take(1), "[r2]");
}

TEST(fanout, an_answer_to_a_return_waits_for_the_snapshot) {
  sockets net = members(1);
  net.apply(
      commits(0, 2).change(1, 1, room, 0).change(1, 2, 0, room).entry(1, "[ack]", {{{room}, 2}}));
  net.drain();
  EXPECT_EQ(net.take(1), "[r1][r2]");  // the snapshot at 0 would go back
  net.apply(batch_maker().snapshot(room, 2, "[S2]"));
  net.drain();
  EXPECT_EQ(net.take(1), "[S2][ack]");
}

TEST(fanout, frames_of_the_stream_wait_for_the_change_that_precedes_them) {
  sockets net = members(1);
  // The room is left; the stream's frame shows what is seen then. The change waits behind an
  // answer.
  net.apply(batch_maker()
                .stream(1, 1, "[p1]", 0)
                .stream(1, 2, "[p2]", 1)
                .entry(1, "[ack]", {{{room}, 1}})
                .change(1, 1, room, 0));
  net.drain();
  EXPECT_EQ(net.take(1), "[p1]");
  net.apply(commits(0, 1));
  net.drain();
  EXPECT_EQ(net.take(1), "[r1][ack][p2]");
}

TEST(fanout, a_snapshot_of_the_stream_makes_the_changes_that_it_shows) {
  sockets net = members(1);
  net.apply(batch_maker().stream(1, 1, "[p1]"));
  net.drain();
  net.out.resync(net.at(1), {{7}});  // something of the stream
  net.apply(
      batch_maker().snapshot(1, 1, "[P1]", 1).entry(1, "[ack]", {{{1}, 1}}).change(1, 1, room, 0));
  net.drain();
  EXPECT_EQ(net.take(1), "[p1][P1][ack]");
  net.apply(commits(0, 1));
  net.drain();
  EXPECT_EQ(net.take(1), "");
}

TEST(fanout, a_snapshot_of_the_stream_from_before_a_change_is_not_written) {
  sockets net = members(1);
  net.apply(batch_maker().snapshot(1, 0, "[own]").snapshot(other_room, 0, "[T0]"));
  net.apply(batch_maker().change(1, 1, room, other_room));
  net.drain();
  EXPECT_EQ(net.take(1), "[T0]");
  net.out.resync(net.at(1), {{7}});
  net.drain();
  EXPECT_EQ(net.take(1), "");
  EXPECT_EQ(net.out.take_snapshot_requests(), std::vector<journal_no>{{1}});
  net.apply(batch_maker().snapshot(1, 0, "[nothing]", 1));
  net.drain();
  EXPECT_EQ(net.take(1), "[nothing]");
}

TEST(fanout, control_frames_go_between_frames) {
  sockets net = members(1);
  net.apply(commits(0, 3));
  subscriber& s = *net.out.next_dirty();
  net.send(s, 6);
  EXPECT_TRUE(s.mid_frame());
  net.out.push_control(s, "[ping]");
  net.unblock(1);
  net.drain();
  EXPECT_EQ(net.take(1), "[r1][r2][ping][r3]");
  EXPECT_FALSE(s.mid_frame());
}

TEST(fanout, a_newer_session_supersedes_and_the_old_one_only_ends_its_half_frame) {
  sockets net = members(1);
  net.apply(commits(0, 2).entry(1, "[ack]"));
  net.send(*net.out.next_dirty(), 3);
  net.open(11);
  net.apply(batch_maker().attach(11, 1, "[hello]", {room}).entry(1, "[again]"));
  auto const closes = net.out.take_closes();
  ASSERT_EQ(closes.size(), 1u);
  EXPECT_EQ(closes[0].session.value, 1u);
  EXPECT_EQ(closes[0].code, 4409u);
  net.unblock(1);
  net.drain();
  EXPECT_EQ(net.take(1), "[r1]");
  EXPECT_EQ(net.take(11), "[hello][S0][r1][r2][again]");
  net.close(1);
  net.apply(commits(2, 3));
  net.drain();
  EXPECT_EQ(net.take(11), "[r3]");
}

TEST(fanout, an_attachment_to_a_session_that_is_gone_is_forgotten) {
  sockets net = members(1);
  net.apply(batch_maker().attach(99, 9, "[hello]", {room}).entry(9, "[a]"));
  net.drain();
  EXPECT_EQ(net.out.next_dirty(), nullptr);
  net.apply(commits(0, 1));
  net.drain();
  EXPECT_EQ(net.take(1), "[r1]");
}

TEST(fanout, a_closed_session_is_gone_from_everything) {
  sockets net = members(2);
  net.apply(commits(0, 1).entry(1, "[a]"));  // both are dirty
  net.close(1);
  net.drain();
  net.apply(commits(1, 2).entry(1, "[b]"));
  net.drain();
  EXPECT_EQ(net.take(1), "");
  EXPECT_EQ(net.take(2), "[r1][r2]");
}

TEST(fanout, too_many_waiting_answers_close_the_session) {
  config limits;
  limits.outbox_bytes = 100;
  sockets net = members(2, limits);
  net.apply(batch_maker().entry(1, "[" + std::string(90, 'x') + "]", {{{room}, 9}}));
  EXPECT_TRUE(net.out.take_closes().empty());
  net.apply(batch_maker().entry(1, "[0123456789]").entry(2, "[a]"));
  auto const closes = net.out.take_closes();
  ASSERT_EQ(closes.size(), 1u);
  EXPECT_EQ(closes[0].session.value, 1u);
  EXPECT_EQ(closes[0].code, 1013u);
  net.drain();
  EXPECT_EQ(net.take(1), "");
  EXPECT_EQ(net.take(2), "[a]");
}

TEST(fanout, closes_are_passed_on) {
  sockets net = members(1);
  net.apply(batch_maker().close(1, 1012));
  auto const closes = net.out.take_closes();
  ASSERT_EQ(closes.size(), 1u);
  EXPECT_EQ(closes[0].code, 1012u);
  EXPECT_EQ(closes[0].reason, "because");
}

TEST(fanout, a_dropped_journal_ends_with_its_last_cursor) {
  sockets net = members(2);
  std::size_t const journals = net.out.journals();
  net.apply(commits(0, 1).drop(room));
  net.drain();
  net.out.trim();
  EXPECT_EQ(net.take(1), "[r1]");  // not lost
  EXPECT_EQ(net.out.journals(), journals);
  net.apply(batch_maker().change(1, 1, room, 0).change(2, 1, room, 0));
  net.drain();
  net.out.trim();
  EXPECT_EQ(net.out.journals(), journals - 1);
}

TEST(fanout, a_dropped_journal_stays_when_it_is_used_again) {
  sockets net = members(1);
  std::size_t const journals = net.out.journals();
  net.apply(batch_maker().drop(room).change(1, 1, room, 0));
  net.drain();
  net.apply(batch_maker().snapshot(room, 4, "[S4]").change(1, 2, 0, room));
  net.drain();
  net.out.trim();
  EXPECT_EQ(net.out.journals(), journals);
  EXPECT_EQ(net.take(1), "[S4]");
  net.apply(batch_maker().append(room, 5, "[r5]"));
  net.drain();
  EXPECT_EQ(net.take(1), "[r5]");
}

TEST(fanout, who_waits_for_a_snapshot_that_will_never_come_goes_on_without) {
  sockets net = members(2);
  // Client 1 was linked to a room that has ended since, and moved on; it hears of all that only
  // now.
  net.apply(batch_maker()
                .change(1, 1, room, other_room)
                .entry(1, "[ack]", {{{other_room}, 3}})
                .change(1, 2, other_room, room));
  net.drain();
  EXPECT_EQ(net.take(1), "");
  EXPECT_EQ(net.out.take_snapshot_requests(), std::vector<journal_no>{{other_room}});
  net.apply(batch_maker().gone(other_room));
  net.drain();
  EXPECT_EQ(net.take(1), "[ack][S0]");
}

TEST(fanout, dropping_gives_the_memory_back) {
  sockets net = members(1);
  net.apply(commits(0, 1000).drop(room).change(1, 1, room, 0));
  EXPECT_GT(net.out.journal_memory(), 1000u);
  net.drain();
  net.out.trim();
  EXPECT_EQ(net.out.journal_memory(), 0u);
}

TEST(fanout, a_resync_goes_on_by_a_snapshot_that_is_not_older) {
  sockets net = members(1);
  net.apply(commits(0, 3));
  net.drain();
  EXPECT_EQ(net.take(1), texts('r', 0, 3));
  net.out.resync(net.at(1), {{room}});
  net.drain();
  EXPECT_EQ(net.take(1), "");  // the snapshot at 0 would go back
  EXPECT_EQ(net.out.take_snapshot_requests(), std::vector<journal_no>{{room}});
  net.out.resync(net.at(1), {{room}});
  net.drain();
  EXPECT_TRUE(net.out.take_snapshot_requests().empty());
  net.apply(batch_maker().snapshot(room, 3, "[S3]"));
  net.drain();
  EXPECT_EQ(net.take(1), "[S3]");
  net.out.resync(net.at(1), {{room}});  // the snapshot is at hand
  net.drain();
  EXPECT_EQ(net.take(1), "[S3]");
  EXPECT_TRUE(net.out.take_snapshot_requests().empty());
}

}  // namespace
