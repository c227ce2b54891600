// What is in a batch: a plain value, filled by the engine, applied by the fan-out. Users of the
// library see statelink/batch.hpp.
//
// Two lists. Journal items come first and in order, so that "a snapshot at r, then the frame r + 1"
// needs no lock. Outbox items come second, in order: what only one client hears, and the changes
// of its cursors.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "journal/journal.hpp"
#include "statelink/batch.hpp"
#include "statelink/ids.hpp"

namespace statelink {

/// A piece of batch::bytes.
struct batch_span {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};

struct journal_item {
  enum class kind : std::uint8_t {
    append,    ///< a room's frame that leads to position `at`
    stream,    ///< a client stream's frame; `carries` and `gate` are its tag
    snapshot,  ///< all values at position `at`
    /// It was asked for a snapshot and there is none any more: cursors that wait for one end.
    gone,
    /// Nobody is left who could begin or resume in it: it ends with its last cursor, unless one of
    /// the above follows.
    drop,
  };
  kind what;
  journal_no journal;
  position at = 0;
  batch_span bytes;
  instance_revision carries{};
  std::uint64_t gate = 0;
};

using follow_list = boost::container::small_vector<journal_position, 2>;

/// A client says hello: its session gets `preamble` at once, then everything from its cursors on.
struct attach_item {
  client_no client;
  session_no session;
  std::string preamble;
  journal_no stream;
  /// Where to go on in the stream, where that is known. Else the place is looked for with `seen`.
  std::optional<position> stream_at;
  /// What the client sees through its stream, and holds of it; empty, or where no place is found:
  /// it goes on by a snapshot.
  std::vector<held_instance> seen;
  /// The end of the stream at the hello: `seen` says what the instances are there. A snapshot must
  /// not be older.
  position stream_end = 0;
  struct room_cursor {
    journal_no journal;
    std::optional<position> at;  ///< where to go on; nothing: by a snapshot
    position snapshot_at = 0;    ///< at least at this position
  };
  std::vector<room_cursor> cursors;
  /// What else the client holds: it has left these journals, and must not be taken back in them.
  std::vector<journal_position> left;
  /// Cursor changes issued to the client so far; see stream_tag::gate.
  std::uint64_t gate = 0;
};

/// Written once the cursors have passed `follow`; a change of cursors happens in that moment.
struct entry_item {
  client_no client;
  batch_span bytes;
  follow_list follow;
  std::uint64_t change = 0;  ///< it is this client's so-many-th change of cursors; 0: none
  journal_no end;            ///< this cursor ends
  journal_no start;          ///< this one starts, by a snapshot
};

/// The session ends with this close code, after what is already queued for it has been tried once.
struct close_item {
  session_no session;
  std::uint16_t code;
  std::string reason;
};

/// Whether the session's socket is read: a client whose events wait in great number must wait
/// itself.
struct flow_item {
  session_no session;
  bool read;
};

/// What the loop thread answers to a request for a dynamic page; see inbound.hpp.
struct page_item {
  std::uint64_t request;
  unsigned status;
  std::string content_type;
  std::string body;
};

using outbox_item = std::variant<attach_item, entry_item, close_item, flow_item, page_item>;

struct batch {
  std::string bytes;
  std::vector<journal_item> journals;
  std::vector<outbox_item> outbox;

  bool empty() const noexcept { return journals.empty() && outbox.empty(); }
  void clear() noexcept {
    bytes.clear();
    journals.clear();
    outbox.clear();
  }
  std::string_view view(batch_span s) const noexcept {
    return std::string_view(bytes).substr(s.offset, s.size);
  }
};

}  // namespace statelink
