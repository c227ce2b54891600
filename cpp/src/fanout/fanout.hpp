// One commit into many sockets: journals, the cursors in them, and what to write to whom next. No
// sockets in here.
//
// Used by the I/O thread alone. The network part feeds it batches and tells it what the sockets
// took:
//
//   apply(batch) -> while (next_dirty(s)) { gather(s, views); n = send(views); written(s, n,
//   blocked) } -> trim()
//
// gather() gives [rest of a half-sent frame | control | journal parts | outbox entries]; written()
// moves cursors and changes links exactly as far as the bytes went. A cursor is therefore always on
// a frame boundary and may fall off its ring at any time.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fanout/batch.hpp"
#include "fanout/subscriber.hpp"
#include "statelink/config.hpp"

namespace statelink {

/// A session that the network part must close.
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

class fanout {
 public:
  explicit fanout(config const& limits) : limits_(limits) {}

  /// A socket was accepted. The reference is good until close().
  subscriber& open(session_no session);
  /// The socket is gone.
  void close(subscriber& s);

  /// Takes what the loop thread did: appends, snapshots, attachments, answers. Touched sessions
  /// become dirty.
  void apply(batch const& b);

  /// The next session that has something to write, each once; nullptr when there is none.
  subscriber* next_dirty();

  /// Fills `out` with the bytes to write next, at most `limits.send_bytes` and a frame; they are
  /// valid until the next call of anything but written(). Returns their size, 0 when there is
  /// nothing to write now. REQUIRES: !s.blocked().
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
  std::vector<journal_no> take_snapshot_requests() { return std::exchange(requests_, {}); }
  /// Sessions to close, in order.
  std::vector<session_close> take_closes() { return std::exchange(closes_, {}); }

  fanout_counts const& counts() const noexcept { return counts_; }
  std::size_t journals() const noexcept { return journals_.size(); }
  /// Bytes of memory held by all journals.
  std::size_t journal_memory() const noexcept;

 private:
  class planner;

  void apply(batch const& b, journal_item const& item);
  void apply(batch const& b, attach_item const& item);
  void apply(batch const& b, entry_item const& item);
  void apply(batch const& b, close_item const& item);
  void apply(batch const&, flow_item const&) {}  // the network part's
  void apply(batch const&, page_item const&) {}  // likewise

  shared_journal& journal_of(journal_no no);
  void mark(subscriber& s);
  void mark_all(shared_journal& j);
  void needs_trim(shared_journal& j);
  void request_snapshot(shared_journal& j);
  void detach(subscriber& s);
  void add_cursor(subscriber& s, shared_journal& j, position at, bool lost);
  void end_cursor(subscriber& s, journal_no no);
  void end_waiting(shared_journal& j);
  void change_cursors(subscriber& s, subscriber::entry const& e);
  static void compact(subscriber& s);
  static position limit_by_gate(journal const& j, position from, std::uint64_t gate);

  config const& limits_;
  std::unordered_map<journal_no, std::unique_ptr<shared_journal>> journals_;
  std::unordered_map<session_no, std::unique_ptr<subscriber>> sessions_;
  std::unordered_map<client_no, subscriber*> clients_;
  std::deque<subscriber*> dirty_;
  std::vector<shared_journal*> to_trim_;
  std::vector<journal_no> requests_;
  std::vector<session_close> closes_;
  fanout_counts counts_;
};

}  // namespace statelink
