// Who may write an instance: FIFO locks over ids. A pure state machine, without I/O, threads or a
// clock.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "statelink/ids.hpp"

namespace statelink {

/// What a turn locks: all private instances of a client, or a room.
struct lock_key {
  std::uint64_t value = 0;  ///< 0 means "none"

  static constexpr lock_key of(client_no c) noexcept { return {c.value * 2}; }
  static constexpr lock_key of(instance_no i) noexcept { return {i.value * 2 + 1}; }

  constexpr bool is_room() const noexcept { return value % 2 == 1; }
  /// The client_no or instance_no.
  constexpr std::uint64_t number() const noexcept { return value / 2; }

  friend constexpr auto operator<=>(lock_key, lock_key) noexcept = default;
};

enum class lock_outcome : std::uint8_t {
  granted,         ///< the turn holds all it asked for
  waiting,         ///< it is queued; a later verb will name it among the granted
  would_deadlock,  ///< waiting would never end; nothing has changed
};

struct lock_answer {
  lock_outcome outcome = lock_outcome::granted;
  /// would_deadlock: the turn that asked and those it would wait for, each for the next and the
  /// last for the first.
  std::vector<turn_no> cycle{};
};

/// One turn at one lock.
struct lock_party {
  turn_no turn;
  bool shared = false;      ///< a reader
  std::int64_t for_ns = 0;  ///< how long it has held the lock, or waited for it
};

/// One lock that was held or awaited for long.
struct lock_report {
  lock_key key;
  std::vector<lock_party> holders;
  std::vector<lock_party> waiters;  ///< in the order in which they will be granted
};

namespace detail {

/// Flat hash map from numbers other than 0 to small records. Only growing allocates; records move
/// when others come or go.
template <class Record>
class number_map {
 public:
  struct slot {
    std::uint64_t key = 0;
    Record record{};
  };

  Record const* find(std::uint64_t key) const noexcept {
    if (size_ == 0) return nullptr;
    slot const& s = slots_[place_of(key)];
    return s.key == key ? &s.record : nullptr;
  }
  Record* find(std::uint64_t key) noexcept {
    return const_cast<Record*>(std::as_const(*this).find(key));
  }

  Record& find_or_add(std::uint64_t key) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    slot& s = slots_[place_of(key)];
    if (s.key == 0) {
      s.key = key;
      ++size_;
    }
    return s.record;
  }

  /// REQUIRES: there is a record.
  void erase(std::uint64_t key) noexcept {
    std::size_t const mask = slots_.size() - 1;
    std::size_t hole = place_of(key);
    for (std::size_t i = (hole + 1) & mask; slots_[i].key != 0; i = (i + 1) & mask) {
      if (((i - home_of(slots_[i].key)) & mask) >= ((i - hole) & mask)) {
        slots_[hole] = slots_[i];
        hole = i;
      }
    }
    slots_[hole] = slot{};
    --size_;
  }

  std::size_t size() const noexcept { return size_; }
  std::size_t memory() const noexcept { return slots_.capacity() * sizeof(slot); }
  std::vector<slot> const& slots() const noexcept { return slots_; }  ///< those with key 0 are free

 private:
  std::size_t home_of(std::uint64_t key) const noexcept {
    return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15u) >> 32) & (slots_.size() - 1);
  }

  std::size_t place_of(std::uint64_t key) const noexcept {
    std::size_t i = home_of(key);
    while (slots_[i].key != 0 && slots_[i].key != key) i = (i + 1) & (slots_.size() - 1);
    return i;
  }

  void grow() {
    std::vector<slot> old(slots_.empty() ? 16 : 2 * slots_.size());
    old.swap(slots_);
    for (slot& s : old) {
      if (s.key != 0) slots_[place_of(s.key)] = std::move(s);
    }
  }

  std::vector<slot> slots_;  // a power of two of them, at most half in use
  std::size_t size_ = 0;
};

}  // namespace detail

/// Every lock is either free, held by one turn, or held by several readers; those who wait stand in
/// one FIFO, readers and others alike, and nobody passes them. A free lock takes no memory, and
/// taking and leaving one allocates nothing.
///
/// A turn may wait for several locks at once, by acquire_all() or by several acquire(). It needs
/// all that it waits for: that is what deadlock detection assumes. The wait that would close a
/// cycle is the one that is refused.
///
/// The verbs that free something append the turns that are granted by it to `granted`, in order; a
/// turn is named once for each acquire() and once for an acquire_all(), when its last lock is
/// granted. A turn so named goes on later: it says so with consume(). Until then a cancel() still
/// passes the grant on.
///
/// `now` is any clock in nanoseconds that does not go back. Loop thread only.
class lock_table {
 public:
  using turns = std::vector<turn_no>;

  /// Locks `key` for writing. Granted when the turn has it. A turn that has it as a reader keeps
  /// that, and waits before all others for the other readers to leave.
  lock_answer acquire(turn_no turn, lock_key key, std::int64_t now);

  /// Locks `key` together with other readers. Granted when the turn has it in any way.
  lock_answer acquire_shared(turn_no turn, lock_key key, std::int64_t now);

  /// acquire() of all `keys`, queued for in one moment: two such requests of turns that hold
  /// nothing else never deadlock. What is free is held from now on. REQUIRES: the turn waits for
  /// nothing.
  lock_answer acquire_all(turn_no turn, std::span<lock_key const> keys, std::int64_t now);

  /// The turn goes on after it was granted what it waited for.
  void consume(turn_no turn);

  /// The turn no longer holds `key`. No effect when it does not, or only waits for it.
  void release(turn_no turn, lock_key key, std::int64_t now, turns& granted);

  /// The turn has ended or yields: it holds nothing and waits for nothing. Locks are passed on in
  /// the order in which the turn asked for them.
  void release_all(turn_no turn, std::int64_t now, turns& granted);

  /// The turn waits no longer. Grants that it has not consumed are passed on, also those that an
  /// acquire_all() has made so far. What it held before, it holds still.
  void cancel(turn_no turn, std::int64_t now, turns& granted);

  /// The same for one lock that an acquire() or acquire_shared() waits for.
  void cancel(turn_no turn, lock_key key, std::int64_t now, turns& granted);

  bool holds(turn_no turn, lock_key key) const;       ///< in any way
  bool is_waiting(turn_no turn) const;                ///< for any lock
  bool is_wanted(lock_key key) const;                 ///< somebody holds it
  std::size_t locks() const { return keys_.size(); }  ///< that are held

  /// The locks that somebody has held or awaited for at least `threshold` nanoseconds, by key, with
  /// all who hold or await them.
  std::vector<lock_report> report(std::int64_t now, std::int64_t threshold) const;

  /// Bytes of memory held, rounded as allocated. Much of it is given back when nothing is locked.
  std::size_t memory() const noexcept;

 private:
  using index = std::uint32_t;  // in claims_
  static constexpr index none = 0xFFFF'FFFF;

  /// A turn that holds a lock or waits for it: in one list of the lock, and in the turn's list.
  struct claim {
    lock_key key;
    turn_no turn;
    std::int64_t since = 0;    // held or waiting
    std::uint64_t search = 0;  // the last search for a cycle that came by
    index previous = none;     // among the holders, or in the queue
    index next = none;
    index turn_previous = none;
    index turn_next = none;
    bool shared = false;
    bool waiting = false;
    bool unconsumed = false;  // held, but cancel() passes it on
    bool upgraded = false;    // unconsumed, and was held as a reader before
    bool of_all = false;      // made by an acquire_all() that had to wait
  };

  struct key_record {
    index holder = none;  // the first; several are readers
    index first = none;   // of the queue
    index last = none;
    std::uint64_t search = 0;
  };

  struct turn_record {
    index first = none;
    index last = none;
    index awaited = 0;  // locks that its acquire_all() still waits for
    std::uint64_t search = 0;
  };

  /// A turn's claims on one lock; both where it waits to become the only holder.
  struct own_claims {
    index held = none;
    index waiting = none;
  };

  /// A turn that the search for a cycle has come to, and the step it came from.
  struct step {
    turn_no turn;
    std::size_t from = 0;
  };

  lock_answer ask(turn_no turn, lock_key key, bool shared, std::int64_t now);
  lock_answer tighten(index waiting);
  own_claims find(turn_no turn, lock_key key) const;
  bool satisfies(index held, bool shared) const;
  bool is_available(key_record const& k, bool shared, bool held) const;

  index make(turn_no turn, lock_key key, bool shared, std::int64_t now);
  void destroy(index c);
  void take(key_record& k, own_claims own, turn_no turn, lock_key key, bool shared, bool of_all,
            std::int64_t now);
  index wait(key_record& k, own_claims own, turn_no turn, lock_key key, bool shared,
             std::int64_t now);

  void enter_holders(key_record& k, index c);
  void leave_holders(key_record& k, index c);
  void enter_queue(key_record& k, index c, bool at_front);
  void leave_queue(key_record& k, index c);

  void give_up(index c);
  void cancel_claims(turn_no turn, lock_key only, std::int64_t now, turns& granted);
  void pass_on_freed(std::int64_t now, turns& granted);
  void pass_on(lock_key key, std::int64_t now, turns& granted);
  void grant(key_record& k, index c, std::int64_t now, turns& granted);
  void shrink();

  bool closes_cycle(turn_no asking, turns& cycle);
  bool is_awaited(turn_no turn) const;
  bool visit_obstacles(index waiting, turn_no asking, std::size_t from);
  bool visit(turn_no turn, turn_no asking, std::size_t from);

  detail::number_map<key_record> keys_;
  detail::number_map<turn_record> turns_;
  std::vector<claim> claims_;
  index free_ = none;  // unused claims, linked by turn_next

  std::uint64_t search_ = 0;     // the number of the last search for a cycle
  std::vector<step> steps_;      // within one search: breadth first
  std::vector<lock_key> freed_;  // within one verb: to be passed on
};

}  // namespace statelink
