// One commit into many sockets: journals, the cursors in them, and what to write to whom next. No
// sockets in here.
//
// `server` has one. Who has a transport of its own uses it directly: it is fed batches, and told
// what the sockets took.
//
//   out.apply(core.flush());
//   clear(core.flush());
//   while (subscriber* s = out.next_dirty()) {
//     if (out.gather(*s, views) == 0) continue;
//     std::size_t const n = send(out.session_of(*s), views);  // as the transport does it
//     out.written(*s, n, blocked);
//   }
//   out.trim();
//   for (journal_no j : out.take_snapshot_requests()) core.renew_snapshot(j);
//
// gather() gives [rest of a half-sent frame | control | journal parts | outbox entries]; written()
// moves cursors and changes links exactly as far as the bytes went. A cursor is therefore always on
// a frame boundary and may fall off its ring at any time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "statelink/batch.hpp"
#include "statelink/config.hpp"
#include "statelink/ids.hpp"

namespace statelink {

/// A session that the transport must close.
struct session_close {
  session_no session;
  std::uint16_t code;
  std::string reason;
};

/// Counted for tests and for the operator; never reset.
struct fanout_counts {
  std::uint64_t frames_appended = 0;
  std::uint64_t sends = 0;  ///< gathers that gave bytes
  std::uint64_t snapshots_written = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t batches = 0;
};

/// One session as the fan-out sees it: its cursors, its outbox, the rest of a half-sent frame.
class subscriber;

/// One thread at a time; `server` uses it from its I/O thread.
class fanout {
 public:
  /// `limits` must outlive it.
  explicit fanout(config const& limits);
  ~fanout();
  fanout(fanout&&) noexcept;
  fanout& operator=(fanout&&) noexcept;

  /// A socket was accepted. The reference is good until close().
  subscriber& open(session_no session);
  /// The socket is gone.
  void close(subscriber& s);

  session_no session_of(subscriber const& s) const noexcept;
  /// The socket took less than it was given; nothing is gathered until writable().
  bool is_blocked(subscriber const& s) const noexcept;

  /// Takes what the loop thread did: appends, snapshots, attachments, answers. Touched sessions
  /// become dirty.
  void apply(batch const& b);

  /// The next session that has something to write, each once; nullptr when there is none.
  subscriber* next_dirty();

  /// Fills `out` with the bytes to write next, at most `limits.send_bytes` and a frame; they are
  /// valid until the next call of anything but written(). Returns their size, 0 when there is
  /// nothing to write now. REQUIRES: !is_blocked(s).
  std::size_t gather(subscriber& s, std::vector<std::string_view>& out);

  /// The socket took the first `size` bytes of what gather() gave; with `blocked` it wants no more
  /// until writable().
  void written(subscriber& s, std::size_t size, bool blocked);

  /// The socket takes bytes again.
  void writable(subscriber& s);

  /// Writes an encoded control frame (ping, pong, close) at the next frame boundary.
  void push_control(subscriber& s, std::string_view frame);

  /// The client met a gap in `instances`: their cursors go on by a snapshot.
  void resync(subscriber& s, std::vector<instance_no> const& instances);

  /// Cuts the rings to their limits; cursors of blocked sockets may fall off, others do not. Ends
  /// journals that were dropped.
  void trim();

  /// Journals whose snapshot the loop thread must renew, each asked once until its snapshot
  /// arrives.
  std::vector<journal_no> take_snapshot_requests();
  /// Sessions to close, in order.
  std::vector<session_close> take_closes();

  fanout_counts const& counts() const noexcept;
  std::size_t journals() const noexcept;
  /// Bytes of memory held by all journals.
  std::size_t journal_memory() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace statelink
