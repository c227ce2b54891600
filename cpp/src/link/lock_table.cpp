#include "statelink/lock_table.hpp"

#include <algorithm>

namespace statelink {

// --- asking -------------------------------------------------------------------------------------

lock_answer lock_table::acquire(turn_no turn, lock_key key, std::int64_t now) {
  return ask(turn, key, false, now);
}

lock_answer lock_table::acquire_shared(turn_no turn, lock_key key, std::int64_t now) {
  return ask(turn, key, true, now);
}

lock_answer lock_table::ask(turn_no turn, lock_key key, bool shared, std::int64_t now) {
  key_record& k = keys_.find_or_add(key.value);
  own_claims const own = k.holder == none ? own_claims{} : find(turn, key);
  if (satisfies(own.held, shared)) return {};
  if (own.waiting != none) {
    if (shared || !claims_[own.waiting].shared) return {lock_outcome::waiting};
    return tighten(own.waiting);
  }
  if (is_available(k, shared, own.held != none)) {
    take(k, own, turn, key, shared, false, now);
    return {};
  }
  index const c = wait(k, own, turn, key, shared, now);
  turns cycle;
  if (closes_cycle(turn, cycle)) {
    leave_queue(k, c);
    destroy(c);
    return {lock_outcome::would_deadlock, std::move(cycle)};
  }
  return {lock_outcome::waiting};
}

/// A turn that waits as a reader now asks to write: it keeps its place.
lock_answer lock_table::tighten(index waiting) {
  claim& c = claims_[waiting];
  c.shared = false;
  turns cycle;
  if (!closes_cycle(c.turn, cycle)) return {lock_outcome::waiting};
  c.shared = true;
  return {lock_outcome::would_deadlock, std::move(cycle)};
}

lock_answer lock_table::acquire_all(turn_no turn, std::span<lock_key const> keys,
                                    std::int64_t now) {
  // First the waits, since only they can fail; a key given twice is found waiting or held the
  // second time.
  index awaited = 0;
  for (lock_key const key : keys) {
    key_record* const k = keys_.find(key.value);
    if (k == nullptr) continue;
    own_claims const own = find(turn, key);
    if (satisfies(own.held, false) || own.waiting != none) continue;
    if (is_available(*k, false, own.held != none)) continue;
    claims_[wait(*k, own, turn, key, false, now)].of_all = true;
    ++awaited;
  }
  turns cycle;
  if (awaited > 0 && closes_cycle(turn, cycle)) {
    for (lock_key const key : keys) {
      index const c = find(turn, key).waiting;
      if (c == none) continue;
      leave_queue(*keys_.find(key.value), c);
      destroy(c);
    }
    return {lock_outcome::would_deadlock, std::move(cycle)};
  }
  for (lock_key const key : keys) {
    key_record& k = keys_.find_or_add(key.value);
    own_claims const own = find(turn, key);
    if (satisfies(own.held, false) || own.waiting != none) continue;
    take(k, own, turn, key, false, awaited > 0, now);
  }
  if (awaited == 0) return {};
  turns_.find(turn.value)->awaited = awaited;
  return {lock_outcome::waiting};
}

lock_table::own_claims lock_table::find(turn_no turn, lock_key key) const {
  own_claims own;
  turn_record const* const t = turns_.find(turn.value);
  if (t == nullptr) return own;
  for (index c = t->first; c != none; c = claims_[c].turn_next) {
    if (claims_[c].key == key) (claims_[c].waiting ? own.waiting : own.held) = c;
  }
  return own;
}

bool lock_table::satisfies(index held, bool shared) const {
  return held != none && (shared || !claims_[held].shared);
}

/// Whether a turn that holds the lock as a reader (`held`), or not at all, can have it at once.
bool lock_table::is_available(key_record const& k, bool shared, bool held) const {
  if (k.holder == none) return true;
  if (shared) return k.first == none && claims_[k.holder].shared;
  return held && claims_[k.holder].next == none;
}

bool lock_table::holds(turn_no turn, lock_key key) const { return find(turn, key).held != none; }

bool lock_table::is_wanted(lock_key key) const { return keys_.find(key.value) != nullptr; }

bool lock_table::is_waiting(turn_no turn) const {
  turn_record const* const t = turns_.find(turn.value);
  for (index c = t == nullptr ? none : t->first; c != none; c = claims_[c].turn_next) {
    if (claims_[c].waiting) return true;
  }
  return false;
}

// --- leaving ------------------------------------------------------------------------------------

void lock_table::consume(turn_no turn) {
  turn_record const* const t = turns_.find(turn.value);
  if (t == nullptr) return;
  for (index i = t->first; i != none; i = claims_[i].turn_next) {
    claim& c = claims_[i];
    if (c.waiting || (c.of_all && t->awaited > 0)) continue;
    c.unconsumed = c.upgraded = c.of_all = false;
  }
}

void lock_table::release(turn_no turn, lock_key key, std::int64_t now, turns& granted) {
  index const c = find(turn, key).held;
  if (c == none) return;
  give_up(c);
  pass_on_freed(now, granted);
}

void lock_table::release_all(turn_no turn, std::int64_t now, turns& granted) {
  turn_record const* const t = turns_.find(turn.value);
  for (index c = t == nullptr ? none : t->first; c != none;) {
    index const next = claims_[c].turn_next;
    give_up(c);
    c = next;
  }
  pass_on_freed(now, granted);
}

void lock_table::cancel(turn_no turn, std::int64_t now, turns& granted) {
  if (turn_record* const t = turns_.find(turn.value)) t->awaited = 0;
  cancel_claims(turn, lock_key{}, now, granted);
}

void lock_table::cancel(turn_no turn, lock_key key, std::int64_t now, turns& granted) {
  cancel_claims(turn, key, now, granted);
}

/// `only`: nothing, or the one lock.
void lock_table::cancel_claims(turn_no turn, lock_key only, std::int64_t now, turns& granted) {
  turn_record const* const t = turns_.find(turn.value);
  for (index i = t == nullptr ? none : t->first; i != none;) {
    claim& c = claims_[i];
    index const next = c.turn_next;
    bool const meant = only == lock_key{} || (only == c.key && !c.of_all);
    if (meant && c.upgraded) {
      c.shared = true;
      c.unconsumed = c.upgraded = c.of_all = false;
      freed_.push_back(c.key);
    } else if (meant && (c.waiting || c.unconsumed)) {
      give_up(i);
    }
    i = next;
  }
  pass_on_freed(now, granted);
}

/// The claim ends; its lock is in freed_ where somebody may now have it.
void lock_table::give_up(index c) {
  lock_key const key = claims_[c].key;
  key_record& k = *keys_.find(key.value);
  if (claims_[c].waiting) {
    leave_queue(k, c);
  } else {
    leave_holders(k, c);
  }
  destroy(c);
  if (k.first != none) {
    freed_.push_back(key);
  } else if (k.holder == none) {
    keys_.erase(key.value);
  }
}

void lock_table::pass_on_freed(std::int64_t now, turns& granted) {
  // Only when the turn has left all its locks: it must not be granted one of them.
  for (lock_key const key : freed_) pass_on(key, now, granted);
  freed_.clear();
  if (keys_.size() == 0) shrink();
}

void lock_table::pass_on(lock_key key, std::int64_t now, turns& granted) {
  key_record* const k = keys_.find(key.value);
  if (k == nullptr) return;
  while (k->first != none) {
    claim const& next = claims_[k->first];
    bool const possible =
        k->holder == none ||
        (next.shared ? claims_[k->holder].shared
                     : claims_[k->holder].turn == next.turn && claims_[k->holder].next == none);
    if (!possible) return;
    grant(*k, k->first, now, granted);
  }
  if (k->holder == none) keys_.erase(key.value);
}

void lock_table::grant(key_record& k, index c, std::int64_t now, turns& granted) {
  turn_no const turn = claims_[c].turn;
  bool const of_all = claims_[c].of_all;
  leave_queue(k, c);
  if (!claims_[c].shared &&
      k.holder != none) {  // the turn is the last reader: it becomes the writer
    claim& held = claims_[k.holder];
    held.shared = false;
    held.upgraded = !held.unconsumed;
    held.unconsumed = true;
    held.of_all = of_all;
    destroy(c);
  } else {
    claims_[c].waiting = false;
    claims_[c].unconsumed = true;
    claims_[c].since = now;
    enter_holders(k, c);
  }
  if (of_all && --turns_.find(turn.value)->awaited > 0) return;
  granted.push_back(turn);
}

// --- claims -------------------------------------------------------------------------------------

void lock_table::take(key_record& k, own_claims own, turn_no turn, lock_key key, bool shared,
                      bool of_all, std::int64_t now) {
  if (own.held != none) {
    claim& held = claims_[own.held];
    held.shared = false;
    held.upgraded = of_all && !held.unconsumed;
    held.unconsumed |= of_all;
    held.of_all = of_all;
    return;
  }
  index const c = make(turn, key, shared, now);
  claims_[c].unconsumed = claims_[c].of_all = of_all;
  enter_holders(k, c);
}

lock_table::index lock_table::wait(key_record& k, own_claims own, turn_no turn, lock_key key,
                                   bool shared, std::int64_t now) {
  index const c = make(turn, key, shared, now);
  claims_[c].waiting = true;
  // All others wait for it already, as a reader.
  enter_queue(k, c, own.held != none);
  return c;
}

lock_table::index lock_table::make(turn_no turn, lock_key key, bool shared, std::int64_t now) {
  if (free_ == none) {
    free_ = static_cast<index>(claims_.size());
    claims_.emplace_back();
  }
  index const c = free_;
  claim& made = claims_[c];
  free_ = made.turn_next;
  made = claim{};
  made.key = key;
  made.turn = turn;
  made.since = now;
  made.shared = shared;

  turn_record& t = turns_.find_or_add(turn.value);
  made.turn_previous = t.last;
  (t.last == none ? t.first : claims_[t.last].turn_next) = c;
  t.last = c;
  return c;
}

void lock_table::destroy(index c) {
  claim& gone = claims_[c];
  turn_record& t = *turns_.find(gone.turn.value);
  (gone.turn_previous == none ? t.first : claims_[gone.turn_previous].turn_next) = gone.turn_next;
  (gone.turn_next == none ? t.last : claims_[gone.turn_next].turn_previous) = gone.turn_previous;
  if (t.first == none) turns_.erase(gone.turn.value);
  gone.turn_next = free_;
  free_ = c;
}

void lock_table::enter_holders(key_record& k, index c) {
  claims_[c].previous = none;
  claims_[c].next = k.holder;
  if (k.holder != none) claims_[k.holder].previous = c;
  k.holder = c;
}

void lock_table::leave_holders(key_record& k, index c) {
  claim const& gone = claims_[c];
  (gone.previous == none ? k.holder : claims_[gone.previous].next) = gone.next;
  if (gone.next != none) claims_[gone.next].previous = gone.previous;
}

void lock_table::enter_queue(key_record& k, index c, bool at_front) {
  claim& entering = claims_[c];
  entering.previous = at_front ? none : k.last;
  entering.next = at_front ? k.first : none;
  (entering.previous == none ? k.first : claims_[entering.previous].next) = c;
  (entering.next == none ? k.last : claims_[entering.next].previous) = c;
}

void lock_table::leave_queue(key_record& k, index c) {
  claim const& gone = claims_[c];
  (gone.previous == none ? k.first : claims_[gone.previous].next) = gone.next;
  (gone.next == none ? k.last : claims_[gone.next].previous) = gone.previous;
}

std::size_t lock_table::memory() const noexcept {
  return keys_.memory() + turns_.memory() + claims_.capacity() * sizeof(claim) +
         steps_.capacity() * sizeof(step) + freed_.capacity() * sizeof(lock_key);
}

/// Gives back what a crowd has left. REQUIRES: nothing is held.
void lock_table::shrink() {
  constexpr std::size_t kept_claims = 1024;
  if (claims_.size() <= kept_claims) return;
  *this = lock_table();
}

// --- deadlocks ----------------------------------------------------------------------------------

/// Whether `asking`, which has just begun to wait, waits for itself. Every wait is searched when it
/// begins, and a lock that is passed on adds nothing to what others wait for: so there is never a
/// cycle that `asking` is not part of.
bool lock_table::closes_cycle(turn_no asking, turns& cycle) {
  if (!is_awaited(asking)) return false;
  ++search_;
  steps_.clear();
  steps_.push_back({asking});
  turns_.find(asking.value)->search = search_;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    index c = turns_.find(steps_[i].turn.value)->first;
    for (; c != none; c = claims_[c].turn_next) {
      if (!claims_[c].waiting || !visit_obstacles(c, asking, i)) continue;
      for (std::size_t at = i; at != 0; at = steps_[at].from) cycle.push_back(steps_[at].turn);
      cycle.push_back(asking);
      std::reverse(cycle.begin(), cycle.end());
      return true;
    }
  }
  return false;
}

/// Whether anybody waits for something that the turn holds, or stands behind it in a queue. Mostly
/// nobody does.
bool lock_table::is_awaited(turn_no turn) const {
  for (index i = turns_.find(turn.value)->first; i != none; i = claims_[i].turn_next) {
    claim const& c = claims_[i];
    if (c.waiting ? c.next != none : keys_.find(c.key.value)->first != none) return true;
  }
  return false;
}

/// Visits the turns that must leave before the claim is granted, each once per search. True when
/// `asking` is one of them.
bool lock_table::visit_obstacles(index waiting, turn_no asking, std::size_t from) {
  claim const& w = claims_[waiting];
  key_record& k = *keys_.find(w.key.value);
  if (k.search != search_) {
    k.search = search_;
    // A reader that waits to write stands first: whoever waits for it as a holder finds it in the
    // queue too.
    for (index h = k.holder; h != none; h = claims_[h].next) {
      if (claims_[h].turn != w.turn && visit(claims_[h].turn, asking, from)) return true;
    }
  }
  // A reader does not wait for the readers just ahead of it; but for all that the first writer
  // ahead of it waits for.
  bool conflicts = !w.shared;
  for (index a = w.previous; a != none; a = claims_[a].previous) {
    claim& ahead = claims_[a];
    if (ahead.search == search_) break;  // and so has everything ahead of it
    conflicts = conflicts || !ahead.shared;
    if (!conflicts) continue;
    ahead.search = search_;
    if (visit(ahead.turn, asking, from)) return true;
  }
  return false;
}

bool lock_table::visit(turn_no turn, turn_no asking, std::size_t from) {
  if (turn == asking) return true;
  turn_record& t = *turns_.find(turn.value);
  if (t.search == search_) return false;
  t.search = search_;
  steps_.push_back({turn, from});
  return false;
}

// --- looking ------------------------------------------------------------------------------------

std::vector<lock_report> lock_table::report(std::int64_t now, std::int64_t threshold) const {
  std::vector<lock_report> reports;
  for (auto const& slot : keys_.slots()) {
    if (slot.key == 0) continue;
    lock_report r{lock_key{slot.key}, {}, {}};
    bool is_long = false;
    auto const list = [&](index first, std::vector<lock_party>& parties) {
      for (index c = first; c != none; c = claims_[c].next) {
        parties.push_back({claims_[c].turn, claims_[c].shared, now - claims_[c].since});
        is_long = is_long || parties.back().for_ns >= threshold;
      }
    };
    list(slot.record.holder, r.holders);
    list(slot.record.first, r.waiters);
    std::reverse(r.holders.begin(), r.holders.end());  // as they came
    if (is_long) reports.push_back(std::move(r));
  }
  std::sort(reports.begin(), reports.end(),
            [](lock_report const& a, lock_report const& b) { return a.key < b.key; });
  return reports;
}

}  // namespace statelink
