#include "journal/journal.hpp"

#include <algorithm>

namespace statelink {

void journal::append(position at, std::string_view frame) {
  if (at != head_ + 1) restart(at - 1);
  ring_.push(frame);
  ends_.push_back(ring_.end());
  head_ = at;
}

void journal::append(position at, std::string_view frame, stream_tag tag) {
  append(at, frame);
  tags_.push_back(tag);
}

void journal::put_snapshot(position at, std::string bytes, std::uint64_t gate) {
  if (has_snapshot_ && at < snapshot_at_) return;
  if (at > head_) restart(at);
  snapshot_.swap(bytes);
  snapshot_at_ = at;
  snapshot_gate_ = gate;
  has_snapshot_ = true;
}

std::optional<position> journal::snapshot_at() const noexcept {
  if (!has_snapshot_ || !can_continue(snapshot_at_)) return std::nullopt;
  return snapshot_at_;
}

std::size_t journal::read(position from, position to, std::vector<std::string_view>& out) const {
  std::uint64_t const begin = end_of(from);
  std::uint64_t const end = end_of(to);
  ring_.read(begin, end, out);
  return static_cast<std::size_t>(end - begin);
}

position journal::within(position from, position to, std::size_t limit) const noexcept {
  if (from == to || size_between(from, to) <= limit) return to;
  auto const first = ends_.begin() + static_cast<std::ptrdiff_t>(index(from + 1));
  auto const last = ends_.begin() + static_cast<std::ptrdiff_t>(index(to)) + 1;
  auto const fits = std::upper_bound(first, last, end_of(from) + limit) - first;
  return from + std::max<position>(1, static_cast<position>(fits));
}

std::optional<position> journal::find_place(std::vector<held_instance> const& seen,
                                            position end) const {
  auto const seen_of = [&](stream_tag const& t) {
    return std::find_if(seen.begin(), seen.end(),
                        [&](held_instance const& s) { return s.instance == t.carries.instance; });
  };
  position const oldest = head_ - ends_.size();
  position place = std::max(end, oldest);
  for (; place > oldest; --place) {
    auto const s = seen_of(tag(place));
    if (s != seen.end() && s->held == tag(place).carries.at) break;
  }
  if (place <= oldest || place > end) return std::nullopt;

  std::vector<held_instance> then = seen;
  for (position at = place + 1; at <= end; ++at) {
    auto const s = seen_of(tag(at));
    if (s == seen.end()) return std::nullopt;
    held_instance& h = then[static_cast<std::size_t>(s - seen.begin())];
    revision const next = tag(at).carries.at;
    if (at != h.introduced_at && next != h.held.value_or(next) + 1) return std::nullopt;
    h.held = next;
  }
  bool const complete =
      std::all_of(then.begin(), then.end(), [](held_instance const& h) { return h.held == h.at; });
  return complete ? std::optional(place) : std::nullopt;
}

void journal::trim(std::size_t max_frames, std::size_t max_bytes, position keep_after) {
  std::size_t drop = 0;
  position const oldest_before = head_ - ends_.size();
  while (drop < ends_.size() && oldest_before + drop < keep_after &&
         (ends_.size() - drop > max_frames ||
          ring_.end() - (drop == 0 ? ring_.begin() : ends_[drop - 1]) > max_bytes)) {
    ++drop;
  }
  if (drop > 0) {
    ring_.drop_before(ends_[drop - 1]);
    auto const count = static_cast<std::ptrdiff_t>(drop);
    ends_.erase(ends_.begin(), ends_.begin() + count);
    if (!tags_.empty()) tags_.erase(tags_.begin(), tags_.begin() + count);
  }
  if (has_snapshot_ && !can_continue(snapshot_at_)) drop_snapshot();
  ring_.shrink();
}

std::size_t journal::memory() const noexcept {
  return ring_.capacity() + ends_.size() * sizeof(ends_[0]) + tags_.size() * sizeof(stream_tag) +
         (has_snapshot_ ? snapshot_.capacity() : 0);
}

void journal::restart(position at) {
  ring_.drop_before(ring_.end());
  ends_.clear();
  tags_.clear();
  drop_snapshot();
  head_ = at;
}

void journal::drop_snapshot() {
  std::string().swap(snapshot_);  // an assignment would keep the memory
  has_snapshot_ = false;
}

}  // namespace statelink
