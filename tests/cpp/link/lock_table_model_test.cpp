// The lock table beside a naive model of what it promises, in random runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>

#include "statelink/lock_table.hpp"

namespace statelink {
namespace {

using enum lock_outcome;
using turns = lock_table::turns;

/// Locks as one would explain them, at whatever cost: the wait graph is made anew for every
/// question.
class naive_locks {
 public:
  struct party {
    turn_no turn;
    bool shared = false;
    bool of_all = false;
    bool unconsumed = false;
    bool upgraded = false;
  };
  struct lock {
    std::vector<party> holders;
    std::deque<party> queue;
  };
  using graph = std::map<turn_no, std::set<turn_no>>;

  std::map<lock_key, lock> locks;
  graph refused;  ///< with the last wait that would have closed a cycle

  party* holder(lock& l, turn_no t) { return find_in(l.holders, t); }
  party* waiter(lock& l, turn_no t) { return find_in(l.queue, t); }

  lock_outcome acquire(turn_no t, lock_key key, bool shared) {
    auto const before = locks;
    lock& l = locks[key];
    party* const held = holder(l, t);
    if (held != nullptr && (shared || !held->shared)) return granted;
    if (party* const w = waiter(l, t)) {
      w->shared = w->shared && shared;
    } else if (can_have_now(l, t, shared)) {
      if (held != nullptr)
        held->shared = false;
      else
        l.holders.push_back({t, shared});
      return granted;
    } else if (held != nullptr) {
      l.queue.push_front({t, shared});
    } else {
      l.queue.push_back({t, shared});
    }
    refused = waits();
    if (reaches(refused, t, t)) {
      locks = before;
      return would_deadlock;
    }
    return waiting;
  }

  lock_outcome acquire_all(turn_no t, std::set<lock_key> const& keys) {
    auto const before = locks;
    bool waits_for_some = false;
    for (auto const key : keys) {
      if (acquire(t, key, false) == granted) continue;
      // A queue place that closes a cycle is not taken by acquire(): take it here, and decide on
      // them all together.
      lock& l = locks[key];
      if (waiter(l, t) == nullptr) {
        if (holder(l, t) != nullptr)
          l.queue.push_front({t});
        else
          l.queue.push_back({t});
      }
      waiter(l, t)->of_all = true;
      waits_for_some = true;
    }
    if (!waits_for_some) return granted;
    refused = waits();
    if (reaches(refused, t, t)) {
      locks = before;
      return would_deadlock;
    }
    for (auto const key : keys) {
      party* const h = holder(locks[key], t);
      if (h == nullptr || h->shared) continue;
      auto const was = before.find(key);
      auto* const held_before =
          was == before.end() ? nullptr : find_in(const_cast<lock&>(was->second).holders, t);
      if (held_before != nullptr && !held_before->shared) continue;
      h->of_all = h->unconsumed = true;
      h->upgraded = held_before != nullptr;
    }
    return waiting;
  }

  void consume(turn_no t) {
    bool const incomplete = awaits_all(t);
    for (auto& [key, l] : locks) {
      party* const h = holder(l, t);
      if (h == nullptr || (h->of_all && incomplete)) continue;
      h->of_all = h->unconsumed = h->upgraded = false;
    }
  }

  void release(turn_no t, lock_key key, std::vector<turn_no>& woken) {
    std::erase_if(locks[key].holders, [&](party const& p) { return p.turn == t; });
    pass_on(key, woken);
  }

  void release_all(turn_no t, std::vector<lock_key> const& order, turns& woken) {
    for (auto& [key, l] : locks) leave(l, t);
    for (auto const key : order) pass_on(key, woken);
  }

  void cancel(turn_no t, lock_key const* only, std::vector<lock_key> const& order, turns& woken) {
    for (auto& [key, l] : locks) {
      if (only != nullptr && *only != key) continue;
      std::erase_if(l.queue,
                    [&](party const& p) { return p.turn == t && !(only != nullptr && p.of_all); });
      party* const h = holder(l, t);
      if (h == nullptr || !h->unconsumed || (only != nullptr && h->of_all)) continue;
      if (h->upgraded)
        *h = {t, true};
      else
        std::erase_if(l.holders, [&](party const& p) { return p.turn == t; });
    }
    for (auto const key : order) pass_on(key, woken);
  }

  bool awaits_all(turn_no t) const {
    for (auto const& [key, l] : locks) {
      for (auto const& p : l.queue) {
        if (p.turn == t && p.of_all) return true;
      }
    }
    return false;
  }

  bool is_waiting(turn_no t) const {
    for (auto const& [key, l] : locks) {
      for (auto const& p : l.queue) {
        if (p.turn == t) return true;
      }
    }
    return false;
  }

  static bool excludes(party const& a, party const& b) {
    return a.turn != b.turn && !(a.shared && b.shared);
  }

  /// Who waits for whom: for every holder and everyone ahead that one cannot hold the lock together
  /// with.
  graph waits() const {
    graph g;
    for (auto const& [key, l] : locks) {
      for (std::size_t i = 0; i < l.queue.size(); ++i) {
        for (auto const& h : l.holders) {
          if (excludes(l.queue[i], h)) g[l.queue[i].turn].insert(h.turn);
        }
        for (std::size_t ahead = 0; ahead < i; ++ahead) {
          if (excludes(l.queue[i], l.queue[ahead])) g[l.queue[i].turn].insert(l.queue[ahead].turn);
        }
      }
    }
    return g;
  }

  /// Whether there is a way of at least one step.
  static bool reaches(graph const& g, turn_no from, turn_no to) {
    std::set<turn_no> seen;
    std::vector<turn_no> todo = {from};
    while (!todo.empty()) {
      auto const at = g.find(todo.back());
      todo.pop_back();
      if (at == g.end()) continue;
      for (auto const next : at->second) {
        if (next == to) return true;
        if (seen.insert(next).second) todo.push_back(next);
      }
    }
    return false;
  }

  static bool can_enter(lock const& l, party const& p) {
    return std::none_of(l.holders.begin(), l.holders.end(),
                        [&](party const& h) { return excludes(p, h); });
  }

 private:
  template <class Parties>
  static party* find_in(Parties& parties, turn_no t) {
    for (auto& p : parties) {
      if (p.turn == t) return &p;
    }
    return nullptr;
  }

  bool can_have_now(lock& l, turn_no t, bool shared) {
    return can_enter(l, {t, shared}) && (l.queue.empty() || holder(l, t) != nullptr);
  }

  static void leave(lock& l, turn_no t) {
    auto const is_it = [&](party const& p) { return p.turn == t; };
    std::erase_if(l.holders, is_it);
    std::erase_if(l.queue, is_it);
  }

  void pass_on(lock_key key, turns& woken) {
    lock& l = locks[key];
    while (!l.queue.empty() && can_enter(l, l.queue.front())) {
      party p = l.queue.front();
      l.queue.pop_front();
      if (party* const held = holder(l, p.turn)) {
        held->shared = false;
        held->upgraded = !held->unconsumed;
        held->unconsumed = true;
        held->of_all = p.of_all;
      } else {
        p.unconsumed = true;
        l.holders.push_back(p);
      }
      if (!p.of_all || !awaits_all(p.turn)) woken.push_back(p.turn);
    }
  }
};

class run {
 public:
  run(std::uint32_t seed, std::uint64_t turn_count, std::uint64_t keys)
      : engine_(seed), turns_(turn_count), keys_(keys) {}

  void step() {
    ++now_;
    turn_no const t{1 + below(turns_)};
    lock_key const key = some_key();
    turns woken, expected;
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
        if (naive_.is_waiting(t) && below(4) != 0) return;
        compare(t, {key}, locks_.acquire(t, key, now_),
                [&] { return naive_.acquire(t, key, false); });
        break;
      case 3:
      case 4:
        if (naive_.is_waiting(t) && below(4) != 0) return;
        compare(t, {key}, locks_.acquire_shared(t, key, now_),
                [&] { return naive_.acquire(t, key, true); });
        break;
      case 5: {
        if (naive_.is_waiting(t)) return;
        locks_.consume(t);  // a turn that asks has gone on
        naive_.consume(t);
        std::vector<lock_key> keys;
        for (auto n = 1 + below(4); n > 0; --n) {
          auto const another = some_key();
          if (std::find(keys.begin(), keys.end(), another) == keys.end()) keys.push_back(another);
        }
        compare(t, keys, locks_.acquire_all(t, keys, now_),
                [&] { return naive_.acquire_all(t, {keys.begin(), keys.end()}); });
        break;
      }
      case 6:
        locks_.consume(t);
        naive_.consume(t);
        break;
      case 7:
      case 8:
        locks_.release(t, key, now_, woken);
        naive_.release(t, key, expected);
        break;
      case 9:
        naive_.release_all(t, order_of(t), expected);
        locks_.release_all(t, now_, woken);
        asked_[t].clear();
        break;
      case 10:
        naive_.cancel(t, nullptr, order_of(t), expected);
        locks_.cancel(t, now_, woken);
        std::sort(woken.begin(), woken.end());  // no order of locks is promised
        std::sort(expected.begin(), expected.end());
        break;
      default:
        naive_.cancel(t, &key, {key}, expected);
        locks_.cancel(t, key, now_, woken);
    }
    if (::testing::Test::HasFatalFailure()) return;
    ASSERT_EQ(woken, expected);
    wakes += woken.size();
    check();
  }

  std::size_t deadlocks = 0;
  std::size_t waits = 0;
  std::size_t wakes = 0;

 private:
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }

  lock_key some_key() {
    auto const n = below(keys_) + 1;
    return n % 2 == 0 ? lock_key::of(client_no{n}) : lock_key::of(instance_no{n});
  }

  /// The locks that the turn holds or waits for, in the order in which it asked for them.
  std::vector<lock_key> order_of(turn_no t) {
    std::vector<lock_key> order;
    for (auto const key : asked_[t]) {
      auto& l = naive_.locks[key];
      if (naive_.holder(l, t) != nullptr || naive_.waiter(l, t) != nullptr) order.push_back(key);
    }
    return order;
  }

  template <class Ask>
  void compare(turn_no t, std::vector<lock_key> const& keys, lock_answer const& answer, Ask ask) {
    auto const before = naive_.locks;
    auto const outcome = ask();
    ASSERT_EQ(answer.outcome, outcome);
    waits += outcome == waiting;
    // What is new, in the order of asking; an acquire_all() takes its places in queues before what
    // is free.
    for (bool const held : {false, true}) {
      for (auto const key : keys) {
        auto const old = before.find(key);
        bool const had = old != before.end() && is_in(old->second, t);
        auto& l = naive_.locks[key];
        if (had || (held ? naive_.holder(l, t) : naive_.waiter(l, t)) == nullptr) continue;
        std::erase(asked_[t], key);
        asked_[t].push_back(key);
      }
    }
    if (outcome != would_deadlock) {
      ASSERT_TRUE(answer.cycle.empty());
      return;
    }
    ++deadlocks;
    ASSERT_GE(answer.cycle.size(), 2u);
    ASSERT_EQ(answer.cycle.front(), t);
    for (std::size_t i = 0; i < answer.cycle.size(); ++i) {
      auto const next = answer.cycle[(i + 1) % answer.cycle.size()];
      ASSERT_TRUE(naive_locks::reaches(naive_.refused, answer.cycle[i], next));
    }
  }

  static bool is_in(naive_locks::lock const& l, turn_no t) {
    auto const is_it = [&](auto const& p) { return p.turn == t; };
    return std::any_of(l.holders.begin(), l.holders.end(), is_it) ||
           std::any_of(l.queue.begin(), l.queue.end(), is_it);
  }

  /// Both agree about everybody's place, and the promises hold whatever the model says.
  void check() {
    auto const reports = locks_.report(now_, 0);
    std::size_t in_use = 0;
    for (auto const& [key, l] : naive_.locks) in_use += !l.holders.empty();
    ASSERT_EQ(reports.size(), in_use);
    ASSERT_EQ(locks_.locks(), in_use);
    for (auto const& r : reports) {
      auto const& l = naive_.locks[r.key];
      ASSERT_EQ(r.holders.size(), l.holders.size());
      for (auto const& h : r.holders) {
        ASSERT_TRUE(h.shared || r.holders.size() == 1) << "mutual exclusion";
        ASSERT_TRUE(std::any_of(l.holders.begin(), l.holders.end(), [&](auto const& p) {
          return p.turn == h.turn && p.shared == h.shared;
        }));
        ASSERT_TRUE(locks_.holds(h.turn, r.key));
      }
      ASSERT_EQ(r.waiters.size(), l.queue.size());
      for (std::size_t i = 0; i < r.waiters.size(); ++i) {
        ASSERT_EQ(r.waiters[i].turn, l.queue[i].turn) << "first come, first served";
        ASSERT_EQ(r.waiters[i].shared, l.queue[i].shared);
        ASSERT_TRUE(locks_.is_waiting(r.waiters[i].turn));
      }
      ASSERT_TRUE(l.queue.empty() || !naive_locks::can_enter(l, l.queue.front()))
          << "no lost wake-up";
    }
    auto const g = naive_.waits();
    for (auto const& [turn, obstacles] : g) {
      ASSERT_FALSE(naive_locks::reaches(g, turn, turn)) << "no deadlock left undetected";
    }
  }

  std::mt19937 engine_;
  std::uint64_t turns_, keys_;
  std::int64_t now_ = 0;
  lock_table locks_;
  naive_locks naive_;
  std::map<turn_no, std::vector<lock_key>> asked_;
};

TEST(LockTableModel, RandomRuns) {
  std::size_t deadlocks = 0, waits = 0, wakes = 0;
  for (std::uint32_t seed = 1; seed <= 1'000; ++seed) {
    SCOPED_TRACE(seed);
    run r(seed, 2 + seed % 9, 1 + seed % 7);
    for (int i = 0; i < 500; ++i) {
      r.step();
      if (::testing::Test::HasFatalFailure()) return;
    }
    deadlocks += r.deadlocks;
    waits += r.waits;
    wakes += r.wakes;
  }
  EXPECT_GT(deadlocks, 1'000u);
  EXPECT_GT(waits, 10'000u);
  EXPECT_GT(wakes, 5'000u);
}

}  // namespace
}  // namespace statelink
