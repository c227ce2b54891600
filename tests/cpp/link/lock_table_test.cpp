#include "statelink/lock_table.hpp"

#include <gtest/gtest.h>

#include <array>

namespace statelink {
namespace {

using enum lock_outcome;
using turns = lock_table::turns;

constexpr turn_no a{1}, b{2}, c{3}, d{4}, e{5};
constexpr lock_key x = lock_key::of(instance_no{1});
constexpr lock_key y = lock_key::of(instance_no{2});
constexpr lock_key z = lock_key::of(client_no{1});

class lock_table_rules : public ::testing::Test {
 protected:
  lock_outcome acquire(turn_no t, lock_key k) { return locks.acquire(t, k, ++now).outcome; }
  lock_outcome shared(turn_no t, lock_key k) { return locks.acquire_shared(t, k, ++now).outcome; }
  lock_outcome all(turn_no t, std::vector<lock_key> keys) {
    return locks.acquire_all(t, keys, ++now).outcome;
  }
  turns release(turn_no t, lock_key k) {
    turns granted;
    locks.release(t, k, ++now, granted);
    return granted;
  }
  turns release_all(turn_no t) {
    turns granted;
    locks.release_all(t, ++now, granted);
    return granted;
  }
  turns cancel(turn_no t) {
    turns granted;
    locks.cancel(t, ++now, granted);
    return granted;
  }
  turns cancel(turn_no t, lock_key k) {
    turns granted;
    locks.cancel(t, k, ++now, granted);
    return granted;
  }

  lock_table locks;
  std::int64_t now = 0;
};

TEST_F(lock_table_rules, KeysOfClientsAndRoomsDiffer) {
  EXPECT_NE(lock_key::of(client_no{1}), lock_key::of(instance_no{1}));
  EXPECT_TRUE(x.is_room());
  EXPECT_FALSE(z.is_room());
  EXPECT_EQ(y.number(), 2u);
  EXPECT_EQ(z.number(), 1u);
}

TEST_F(lock_table_rules, AFreeLockIsGranted) {
  EXPECT_EQ(acquire(a, x), granted);
  EXPECT_TRUE(locks.holds(a, x));
  EXPECT_FALSE(locks.holds(b, x));
  EXPECT_EQ(acquire(b, y), granted);
  EXPECT_EQ(release(a, x), turns{});
  EXPECT_FALSE(locks.holds(a, x));
  EXPECT_EQ(acquire(b, x), granted);
}

TEST_F(lock_table_rules, FirstComeFirstServed) {
  acquire(a, x);
  EXPECT_EQ(acquire(b, x), waiting);
  EXPECT_EQ(acquire(c, x), waiting);
  EXPECT_EQ(acquire(d, x), waiting);
  EXPECT_TRUE(locks.is_waiting(b));
  EXPECT_EQ(release(a, x), turns{b});
  EXPECT_FALSE(locks.is_waiting(b));
  EXPECT_EQ(acquire(a, x), waiting) << "nobody passes those who wait";
  EXPECT_EQ(release(b, x), turns{c});
  EXPECT_EQ(release(c, x), turns{d});
  EXPECT_EQ(release(d, x), turns{a});
  EXPECT_EQ(release(a, x), turns{});
}

TEST_F(lock_table_rules, AHolderIsGrantedAgain) {
  acquire(a, x);
  acquire(b, x);
  EXPECT_EQ(acquire(a, x), granted);
  EXPECT_EQ(shared(a, x), granted);
  EXPECT_EQ(release(a, x), turns{b}) << "a turn holds a lock or does not: one release is enough";
}

TEST_F(lock_table_rules, AskingTwiceIsOneWait) {
  acquire(a, x);
  EXPECT_EQ(acquire(b, x), waiting);
  EXPECT_EQ(acquire(b, x), waiting);
  EXPECT_EQ(shared(b, x), waiting);
  EXPECT_EQ(release(a, x), turns{b});
  EXPECT_EQ(release(b, x), turns{});
  EXPECT_EQ(locks.locks(), 0u);
}

TEST_F(lock_table_rules, ReleasingWhatOneDoesNotHoldDoesNothing) {
  EXPECT_EQ(release(a, x), turns{});
  acquire(a, x);
  acquire(b, x);
  EXPECT_EQ(release(b, x), turns{}) << "it only waits";
  EXPECT_EQ(release_all(c), turns{});
  EXPECT_EQ(cancel(c), turns{});
  locks.consume(c);
  EXPECT_EQ(release(a, x), turns{b});
}

TEST_F(lock_table_rules, ReadersHoldTogether) {
  EXPECT_EQ(shared(a, x), granted);
  EXPECT_EQ(shared(b, x), granted);
  EXPECT_EQ(acquire(c, x), waiting);
  EXPECT_EQ(release(a, x), turns{});
  EXPECT_EQ(release(b, x), turns{c});
}

TEST_F(lock_table_rules, ReadersDoNotPassAWriterThatWaits) {
  shared(a, x);
  acquire(b, x);
  EXPECT_EQ(shared(c, x), waiting);
  EXPECT_EQ(shared(d, x), waiting);
  EXPECT_EQ(acquire(e, x), waiting);
  EXPECT_EQ(release(a, x), turns{b});
  EXPECT_EQ(release(b, x), (turns{c, d})) << "readers next to each other go together";
  EXPECT_EQ(release(d, x), turns{});
  EXPECT_EQ(release(c, x), turns{e});
}

TEST_F(lock_table_rules, AWriterThatGivesUpLetsTheReadersBehindItIn) {
  shared(a, x);
  acquire(b, x);
  shared(c, x);
  shared(d, x);
  EXPECT_EQ(cancel(b), (turns{c, d}));
}

TEST_F(lock_table_rules, TheOnlyReaderBecomesTheWriter) {
  shared(a, x);
  acquire(b, x);
  EXPECT_EQ(acquire(a, x), granted) << "b waits for a in any case";
  EXPECT_EQ(shared(c, x), waiting);
  EXPECT_EQ(release(a, x), turns{b});
}

TEST_F(lock_table_rules, AReaderThatWantsToWriteWaitsBeforeAllOthers) {
  shared(a, x);
  shared(b, x);
  acquire(c, x);
  EXPECT_EQ(acquire(a, x), waiting);
  EXPECT_TRUE(locks.holds(a, x));
  EXPECT_EQ(release(b, x), turns{a});
  EXPECT_EQ(shared(b, x), waiting);
  EXPECT_EQ(release(a, x), turns{c});
}

TEST_F(lock_table_rules, TwoReadersThatWantToWriteAreADeadlock) {
  shared(a, x);
  shared(b, x);
  EXPECT_EQ(acquire(a, x), waiting);
  auto const answer = locks.acquire(b, x, ++now);
  EXPECT_EQ(answer.outcome, would_deadlock);
  EXPECT_EQ(answer.cycle, (turns{b, a}));
  EXPECT_TRUE(locks.holds(b, x));
  EXPECT_EQ(release_all(b), turns{a});
}

TEST_F(lock_table_rules, ACancelledWaitLeavesTheQueue) {
  acquire(a, x);
  acquire(b, x);
  acquire(c, x);
  EXPECT_EQ(cancel(b), turns{});
  EXPECT_FALSE(locks.is_waiting(b));
  EXPECT_EQ(release(a, x), turns{c});
}

TEST_F(lock_table_rules, ACancelThatCrossesTheGrantPassesItOn) {
  acquire(a, x);
  acquire(b, x);
  acquire(c, x);
  EXPECT_EQ(release(a, x), turns{b});
  EXPECT_EQ(cancel(b), turns{c}) << "b never went on";
  EXPECT_FALSE(locks.holds(b, x));
  locks.consume(c);
  EXPECT_EQ(cancel(c), turns{}) << "c has gone on: the lock is its own";
  EXPECT_TRUE(locks.holds(c, x));
}

TEST_F(lock_table_rules, ACancelKeepsWhatWasHeldBefore) {
  acquire(a, x);
  acquire(b, y);
  acquire(b, x);
  release(a, x);
  EXPECT_EQ(cancel(b), turns{});
  EXPECT_TRUE(locks.holds(b, y));
  EXPECT_FALSE(locks.holds(b, x));
}

TEST_F(lock_table_rules, ACancelThatCrossesTheGrantOfAWriterLeavesAReader) {
  shared(a, x);
  shared(b, x);
  acquire(a, x);
  shared(c, x);
  EXPECT_EQ(release(b, x), turns{a});
  EXPECT_EQ(cancel(a), turns{c});
  EXPECT_TRUE(locks.holds(a, x));
  EXPECT_EQ(shared(d, x), granted);
}

TEST_F(lock_table_rules, OneOfTwoWaitsIsCancelled) {
  acquire(a, x);
  acquire(b, y);
  acquire(c, x);
  acquire(c, y);
  EXPECT_EQ(cancel(c, x), turns{});
  EXPECT_TRUE(locks.is_waiting(c));
  EXPECT_EQ(release(a, x), turns{});
  EXPECT_EQ(release(b, y), turns{c});
  EXPECT_EQ(cancel(c, y), turns{});
  EXPECT_FALSE(locks.holds(c, y));
}

TEST_F(lock_table_rules, TwoWaitsOfOneTurnAreGrantedOneByOne) {
  acquire(a, x);
  acquire(b, y);
  acquire(c, x);
  acquire(c, y);
  EXPECT_EQ(release(b, y), turns{c});
  EXPECT_TRUE(locks.holds(c, y));
  EXPECT_FALSE(locks.holds(c, x));
  EXPECT_EQ(release(a, x), turns{c});
  EXPECT_TRUE(locks.holds(c, x));
}

TEST_F(lock_table_rules, ReleaseAllWakesInTheOrderOfAsking) {
  acquire(a, y);
  acquire(a, x);
  acquire(a, z);
  acquire(b, x);
  acquire(c, y);
  acquire(d, z);
  acquire(e, y);
  EXPECT_EQ(release_all(a), (turns{c, b, d}));
  EXPECT_EQ(release_all(c), turns{e});
}

TEST_F(lock_table_rules, ReleaseAllEndsWaitsToo) {
  acquire(a, x);
  acquire(b, y);
  acquire(b, x);
  acquire(c, x);
  acquire(d, y);
  EXPECT_EQ(release_all(b), turns{d});
  EXPECT_EQ(release_all(a), turns{c});
}

TEST_F(lock_table_rules, ReleaseAllNeverGrantsToTheTurnItself) {
  shared(a, x);
  shared(b, x);
  acquire(a, x);
  acquire(c, x);
  EXPECT_EQ(release_all(a), turns{});
  EXPECT_EQ(release_all(b), turns{c});
}

TEST_F(lock_table_rules, TheWaitThatClosesACycleIsRefused) {
  acquire(a, x);
  acquire(b, y);
  EXPECT_EQ(acquire(a, y), waiting);
  auto const answer = locks.acquire(b, x, ++now);
  EXPECT_EQ(answer.outcome, would_deadlock);
  EXPECT_EQ(answer.cycle, (turns{b, a}));
  EXPECT_FALSE(locks.is_waiting(b)) << "nothing has changed";
  EXPECT_TRUE(locks.holds(b, y));
  EXPECT_EQ(release_all(b), turns{a}) << "the other goes on";
}

TEST_F(lock_table_rules, ACycleOfThree) {
  acquire(a, x);
  acquire(b, y);
  acquire(c, z);
  EXPECT_EQ(acquire(a, y), waiting);
  EXPECT_EQ(acquire(b, z), waiting);
  auto const answer = locks.acquire(c, x, ++now);
  EXPECT_EQ(answer.outcome, would_deadlock);
  EXPECT_EQ(answer.cycle, (turns{c, a, b}));
}

TEST_F(lock_table_rules, ACycleIsNamedByTheShortestWay) {
  acquire(a, x);
  acquire(b, x);  // two more wait for x before the one that deadlocks
  acquire(c, x);
  acquire(d, y);
  acquire(a, y);
  auto const answer = locks.acquire(d, x, ++now);
  EXPECT_EQ(answer.outcome, would_deadlock);
  EXPECT_EQ(answer.cycle, (turns{d, a}));
}

TEST_F(lock_table_rules, ACycleThroughAPlaceInAQueue) {
  // b waits for x behind a, which waits for y, which b holds; c, who holds x, is not part of it.
  acquire(c, x);
  acquire(b, y);
  EXPECT_EQ(acquire(a, x), waiting);
  EXPECT_EQ(acquire(a, y), waiting);
  auto const answer = locks.acquire(b, x, ++now);
  EXPECT_EQ(answer.outcome, would_deadlock);
  EXPECT_EQ(answer.cycle, (turns{b, a}));
}

TEST_F(lock_table_rules, AReaderDoesNotWaitForTheReadersAheadOfIt) {
  // as above, but a and b are readers of x: they would be granted together
  acquire(c, x);
  acquire(b, y);
  shared(a, x);
  acquire(a, y);
  EXPECT_EQ(shared(b, x), waiting);
  EXPECT_EQ(release(c, x), (turns{a, b}));
}

TEST_F(lock_table_rules, ACycleThroughReaders) {
  shared(a, x);
  shared(b, x);
  acquire(c, y);
  EXPECT_EQ(acquire(b, y), waiting);
  auto const answer = locks.acquire(c, x, ++now);
  EXPECT_EQ(answer.outcome, would_deadlock);
  EXPECT_EQ(answer.cycle, (turns{c, b}));
}

TEST_F(lock_table_rules, AReaderThatAsksToWriteWhileItWaitsIsChecked) {
  acquire(c, x);
  acquire(b, y);
  shared(a, x);
  acquire(a, y);
  shared(b, x);
  EXPECT_EQ(acquire(b, x), would_deadlock) << "now it would wait for the reader ahead of it";
  EXPECT_EQ(release(c, x), (turns{a, b})) << "still a reader";
}

TEST_F(lock_table_rules, AllAtOnce) {
  EXPECT_EQ(all(a, {z, x, y, x}), granted);
  EXPECT_TRUE(locks.holds(a, x) && locks.holds(a, y) && locks.holds(a, z));
  EXPECT_EQ(all(a, {x}), granted);
  EXPECT_EQ(all(b, {}), granted);
  EXPECT_EQ(release_all(a), turns{});
}

TEST_F(lock_table_rules, AllIsGrantedOnceWithTheLast) {
  acquire(a, x);
  acquire(b, y);
  EXPECT_EQ(all(c, {x, y, z, y}), waiting);
  EXPECT_TRUE(locks.holds(c, z));
  EXPECT_EQ(release(a, x), turns{});
  EXPECT_EQ(release(b, y), turns{c});
  EXPECT_TRUE(locks.holds(c, x) && locks.holds(c, y));
}

TEST_F(lock_table_rules, TwoOfAllNeverDeadlock) {
  acquire(a, x);
  acquire(a, y);
  EXPECT_EQ(all(b, {x, y}), waiting);
  EXPECT_EQ(all(c, {y, x}), waiting);
  EXPECT_EQ(release_all(a), turns{b});
  EXPECT_EQ(release_all(b), turns{c});
}

TEST_F(lock_table_rules, AllCancelledWhileWaitingPassesOnWhatItHas) {
  acquire(a, x);
  acquire(b, y);
  all(c, {x, y, z});
  acquire(d, z);
  acquire(e, x);
  release(a, x);
  EXPECT_EQ(cancel(c), (turns{e, d}));
  EXPECT_EQ(release(b, y), turns{});
  EXPECT_EQ(locks.locks(), 2u);
}

TEST_F(lock_table_rules, AllCancelledAfterTheGrantPassesOnEverything) {
  acquire(a, x);
  all(c, {x, z});
  EXPECT_EQ(release(a, x), turns{c});
  acquire(d, z);
  EXPECT_EQ(cancel(c), turns{d});
  EXPECT_FALSE(locks.holds(c, x));
}

TEST_F(lock_table_rules, AllConsumedIsHeld) {
  acquire(a, x);
  all(c, {x, z});
  release(a, x);
  locks.consume(c);
  EXPECT_EQ(cancel(c), turns{});
  EXPECT_TRUE(locks.holds(c, x) && locks.holds(c, z));
}

TEST_F(lock_table_rules, ADeadlockWithAllIsFoundOnEitherSide) {
  acquire(a, x);
  EXPECT_EQ(all(b, {x, y}), waiting);
  auto const answer = locks.acquire(a, y, ++now);
  EXPECT_EQ(answer.outcome, would_deadlock);
  EXPECT_EQ(answer.cycle, (turns{a, b}));
  EXPECT_EQ(release_all(a), turns{b});

  EXPECT_EQ(acquire(c, z), granted);
  EXPECT_EQ(acquire(c, y), waiting);
  EXPECT_EQ(all(b, {z, lock_key::of(instance_no{9})}), would_deadlock);
  EXPECT_FALSE(locks.is_waiting(b));
  EXPECT_FALSE(locks.holds(b, lock_key::of(instance_no{9}))) << "nothing has changed";
}

TEST_F(lock_table_rules, ReportNamesHoldersAndWaitersPastTheThreshold) {
  locks.acquire(a, x, 100);
  locks.acquire(b, x, 150);
  locks.acquire_shared(c, y, 180);
  locks.acquire_shared(d, y, 190);
  EXPECT_TRUE(locks.report(199, 100).empty());
  auto reports = locks.report(200, 100);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].key, x);
  ASSERT_EQ(reports[0].holders.size(), 1u);
  EXPECT_EQ(reports[0].holders[0].turn, a);
  EXPECT_EQ(reports[0].holders[0].for_ns, 100);
  ASSERT_EQ(reports[0].waiters.size(), 1u);
  EXPECT_EQ(reports[0].waiters[0].turn, b);
  EXPECT_EQ(reports[0].waiters[0].for_ns, 50);

  turns woken;
  locks.release(a, x, 210, woken);  // b's time as a holder begins
  reports = locks.report(290, 100);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].key, y);
  ASSERT_EQ(reports[0].holders.size(), 2u);
  EXPECT_EQ(reports[0].holders[0].turn, c);
  EXPECT_TRUE(reports[0].holders[1].shared);
}

TEST_F(lock_table_rules, TakingAndLeavingAllocatesNothing) {
  turns woken;
  std::size_t warm = 0;
  for (std::uint64_t i = 1; i <= 100'000; ++i) {
    turn_no const turn{i};
    locks.acquire(turn, lock_key::of(client_no{i % 977 + 1}), 0);
    locks.acquire(turn, lock_key::of(instance_no{i}), 0);
    locks.release_all(turn, 0, woken);
    ASSERT_EQ(locks.locks(), 0u);
    if (i == 1) warm = locks.memory();
  }
  EXPECT_EQ(locks.memory(), warm) << "free locks take no memory";
  EXPECT_LT(warm, 4'096u);
}

TEST_F(lock_table_rules, ACrowdsMemoryIsGivenBack) {
  constexpr std::uint64_t crowd = 10'000;
  for (std::uint64_t i = 1; i <= crowd; ++i) {
    acquire(turn_no{i}, lock_key::of(client_no{i}));
    acquire(turn_no{i}, x);
  }
  EXPECT_GT(locks.memory(), crowd * 100);
  for (std::uint64_t i = 1; i < crowd; ++i) {
    ASSERT_EQ(release_all(turn_no{i}), turns{turn_no{i + 1}});
  }
  EXPECT_EQ(release_all(turn_no{crowd}), turns{});
  EXPECT_LT(locks.memory(), 100'000u);
}

}  // namespace
}  // namespace statelink
