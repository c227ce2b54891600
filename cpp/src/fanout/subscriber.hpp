// What the fan-out keeps of one session. I/O thread only.
#pragma once

#include <boost/container/deque.hpp>
#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fanout/batch.hpp"
#include "journal/journal.hpp"
#include "statelink/ids.hpp"

namespace statelink {

struct shared_journal;

/// A client's place in a journal: every frame up to `at` has been written to it.
struct cursor {
  shared_journal* in = nullptr;
  position at = 0;
  /// The next thing it needs is a snapshot at `at` or later: it is new, fell off the ring, or asked
  /// for a resync. A stream's snapshot must also know of every change of cursors that was written,
  /// else it shows what is seen no more.
  bool lost = false;
};

class subscriber {
 public:
  explicit subscriber(session_no session) : session_(session) {}
  subscriber(subscriber const&) = delete;
  subscriber& operator=(subscriber const&) = delete;

  session_no session() const noexcept { return session_; }
  client_no client() const noexcept { return client_; }
  /// The socket took less than it was given; nothing is gathered until fanout::writable.
  bool blocked() const noexcept { return blocked_; }
  /// Half a frame has been written: control frames must wait for the rest of it.
  bool mid_frame() const noexcept { return !rest_.empty(); }
  /// Bytes of answers and cursor changes that wait, and of a half-sent frame.
  std::size_t backlog() const noexcept {
    return rest_.size() + outbox_bytes_.size() - outbox_begin_;
  }
  /// Bytes of memory that these take.
  std::size_t memory() const noexcept {
    return rest_.capacity() + control_.capacity() + outbox_bytes_.capacity();
  }

 private:
  friend class fanout;

  struct entry {
    // Offset in outbox_bytes_ at which it ends; it begins where the one before ends.
    std::size_t end;
    follow_list follow;
    std::uint64_t change;  // it is this client's so-many-th change of cursors; 0: none
    journal_no end_cursor;
    journal_no start_cursor;
  };
  /// A piece of what gather() gave, and what becomes true once its bytes are written.
  struct part {
    enum class kind : std::uint8_t { rest, control, snapshot, frames, entry };
    kind what;
    std::size_t size;
    shared_journal* in = nullptr;  // snapshot, frames
    position from = 0;             // frames
    position to = 0;               // snapshot, frames
  };
  using cursor_list = boost::container::small_vector<cursor, 4>;
  /// Where the client was in journals that it has left: a snapshot must not take it back there. The
  /// newest few suffice.
  class left_list {
   public:
    void add(journal_no no, position at);
    /// 0 where it is not known.
    position at(journal_no no) const noexcept;

   private:
    static constexpr std::size_t most = 16;
    boost::container::small_vector<journal_position, 2> list_;
  };

  session_no const session_;
  client_no client_;
  journal_no stream_;
  cursor_list cursors_;
  left_list left_;
  std::uint64_t gate_ = 0;  // cursor changes written
  // The last change that a snapshot of the stream has made ahead of its entry. Answers before that
  // entry may follow frames of an instance that the client will never see: they wait until whatever
  // took its place has been introduced.
  std::uint64_t early_ = 0;

  std::string rest_;
  std::string control_;  // pings, pongs, close: framed by the network part
  std::string outbox_bytes_;
  std::size_t outbox_begin_ = 0;
  boost::container::deque<entry> outbox_;  // no memory while it is empty

  std::vector<part> plan_;  // of the last gather()
  bool plan_was_cut_ = false;
  bool dirty_ = false;
  bool blocked_ = false;
};

/// A journal and the subscribers that have a cursor in it.
struct shared_journal {
  explicit shared_journal(journal_no n) : no(n) {}
  journal_no const no;
  journal frames;
  std::vector<subscriber*> subscribers;
  std::uint64_t appended_in = 0;    // the newest batch with a frame of it
  bool to_trim = false;             // it may be above its limits
  bool snapshot_requested = false;  // the loop thread has been asked and has not answered yet
  bool ending = false;              // it ends with its last cursor
};

}  // namespace statelink
