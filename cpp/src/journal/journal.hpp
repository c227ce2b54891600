// A journal: a bounded ring of encoded frames, one per commit, in which every client is a cursor.
//
// Owned and used by the I/O thread alone. A room's journal counts its instance's revisions; a
// client stream, the journal of all that is one client's own, counts its own frames and tags each
// with the instance and revision it carries.
#pragma once

#include <boost/container/deque.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/byte_ring.hpp"
#include "statelink/ids.hpp"

namespace statelink {

/// What a frame of a client stream carries, and what must have been written to the client before
/// it.
struct stream_tag {
  instance_revision carries;
  /// How many cursor changes of this client precede the frame; see batch.hpp.
  std::uint64_t gate = 0;
};

/// An instance that a client sees through its client stream, and what of it the client holds.
struct held_instance {
  instance_no instance;
  revision at = 0;               ///< what it is now
  position introduced_at = 0;    ///< place in the stream of the newest snapshot of it
  std::optional<revision> held;  ///< nothing: the client holds none of it
};

class journal {
 public:
  /// Appends the frame that leads to position `at`. Where `at` does not follow head() (nobody
  /// listened for a while), the frames and the snapshot before it are dropped: they could not be
  /// continued.
  void append(position at, std::string_view frame);
  /// The same for a client stream.
  void append(position at, std::string_view frame, stream_tag tag);

  /// Keeps `bytes` (one or several encoded frames) as all values at position `at`. A snapshot of
  /// the future (at > head()) restarts the journal there; one that is older than the present one is
  /// ignored. `gate`: of a client stream's; see stream_tag.
  void put_snapshot(position at, std::string bytes, std::uint64_t gate = 0);

  /// Position of the newest frame ever appended, or of the snapshot that started the journal.
  position head() const noexcept { return head_; }

  /// Whether a cursor at `at` can go on: every frame after it is still held.
  bool can_continue(position at) const noexcept {
    return at <= head_ && at + ends_.size() >= head_;
  }

  /// Position of the snapshot, where it and all frames after it are held; else nothing: the loop
  /// thread must renew it.
  std::optional<position> snapshot_at() const noexcept;
  /// Bytes of the snapshot. REQUIRES: snapshot_at().
  std::string_view snapshot() const noexcept { return snapshot_; }
  std::uint64_t snapshot_gate() const noexcept { return snapshot_gate_; }

  /// Appends the bytes of the frames in (from, to], at most two views, to `out`; valid until the
  /// journal changes. Returns their size in bytes. REQUIRES: can_continue(from), from <= to <=
  /// head().
  std::size_t read(position from, position to, std::vector<std::string_view>& out) const;

  /// The greatest position in [from, to] such that the frames of (from, it] have at most `limit`
  /// bytes, but at least from + 1 where from < to: a frame is never held back for its size.
  position within(position from, position to, std::size_t limit) const noexcept;

  /// Size in bytes of the frames in (from, to].
  std::size_t size_between(position from, position to) const noexcept {
    return static_cast<std::size_t>(end_of(to) - end_of(from));
  }

  /// Tag of the frame that leads to `at`. REQUIRES: a client stream; at is held.
  stream_tag const& tag(position at) const noexcept { return tags_[index(at)]; }

  /// Where a client that holds `seen` can go on: the newest position after which the frames up to
  /// `end` lead each of `seen` from what the client holds to what it is at `end`, without a gap or
  /// a repeat, and carry nothing else. Nothing when there is no such place. REQUIRES: a client
  /// stream; end <= head().
  std::optional<position> find_place(std::vector<held_instance> const& seen, position end) const;

  /// Drops the oldest frames until at most `max_frames` and `max_bytes` remain, but none after
  /// `keep_after`; a snapshot whose following frames are gone goes with them. Memory that has
  /// become idle is given back.
  void trim(std::size_t max_frames, std::size_t max_bytes, position keep_after);

  std::size_t frames() const noexcept { return ends_.size(); }
  std::size_t bytes() const noexcept { return ring_.size(); }
  /// Bytes of memory held, rounded as allocated.
  std::size_t memory() const noexcept;

 private:
  std::size_t index(position at) const noexcept { return ends_.size() - 1 - (head_ - at); }
  /// Absolute byte offset at which the frame leading to `at` ends. `at` may be the position just
  /// before the oldest frame.
  std::uint64_t end_of(position at) const noexcept {
    return head_ - at == ends_.size() ? ring_.begin() : ends_[index(at)];
  }
  void restart(position at);
  void drop_snapshot();

  position head_ = 0;
  byte_ring ring_;
  // Boost's deques, since they take no memory while they are empty.
  boost::container::deque<std::uint64_t>
      ends_;  // absolute end offset of each held frame, oldest first
  boost::container::deque<stream_tag> tags_;  // parallel to ends_ in a client stream, else empty
  std::string snapshot_;
  position snapshot_at_ = 0;
  std::uint64_t snapshot_gate_ = 0;
  bool has_snapshot_ = false;
};

}  // namespace statelink
