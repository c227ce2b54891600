// What the engine keeps of a client and of an instance: plain structs, loop thread only.
#pragma once

#include <boost/container/small_vector.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "fanout/batch.hpp"
#include "statelink/ids.hpp"
#include "statelink/turn.hpp"
#include "statelink/value_source.hpp"

namespace statelink {

/// One set of values of one state class: a client's own, or a room's.
struct instance {
  instance_no no;
  class_no cls;
  client_no owner;         // of a client's own instance; none for a room
  std::string link_token;  // of a room; a client's own instance has its owner's client_token
  revision at = 0;
  std::unique_ptr<value_source> values;
  /// A room, or an own instance that others have linked to: its frames go to a journal of its own,
  /// else to the owner's stream.
  bool has_journal = false;
  /// What only its owner sees of the class.
  bool is_overlay = false;
  /// Held by a turn that may have changed it: no snapshot now.
  bool in_turn = false;
  bool snapshot_wanted = false;

  // The newest snapshot in its journal, and what came after it.
  bool has_snapshot = false;
  std::size_t snapshot_size = 0;
  std::size_t frames_since = 0;
  std::size_t bytes_since = 0;

  // Of a room: when a turn last left it, and its place among the rooms, oldest use first.
  std::chrono::milliseconds last_use{0};
  std::list<instance*>::iterator among_rooms;

  journal_no journal() const noexcept { return {no.value}; }
};

/// A client's own instance of one state class.
struct own_slot {
  instance* values = nullptr;  // none until somebody reads or writes it
  // The client's stream has shown it; before that the client sees the class's defaults.
  bool introduced = false;
  position introduced_at = 0;  // place in the stream of the newest snapshot of it
};

// What an answer follows.
using followed_list = boost::container::small_vector<followed, 2>;

/// An error that a resuming client may not have heard.
struct kept_error {
  event_id event;
  std::string code;
  std::string message;
};

struct client {
  client_no no;
  std::string client_token;
  std::string secret;
  bool understands_append = false;
  session_no session;  // none while it has no socket
  std::chrono::milliseconds disconnected_at{0};
  /// While it has no socket: among the clients of which nobody has heard yet that they are gone, or
  /// among those that have been named as departed.
  std::list<client*>* absent_in = nullptr;
  std::list<client*>::iterator among_absent;
  /// What it is linked to and has left while it has no socket.
  std::vector<instance_no> left;
  journal_no stream;
  position stream_head = 0;
  bool stream_snapshot_wanted = false;
  std::uint64_t cursor_changes = 0;  // issued; the gate of stream frames
  std::vector<own_slot> own;         // by class, in order of definition
  std::vector<own_slot> overlays;    // likewise
  /// Links that its running turn has changed and not committed, oldest first. Nobody else may know
  /// of them.
  struct uncommitted_link {
    class_no cls;
    instance_no before;
  };
  std::vector<uncommitted_link> uncommitted;

  event_id last_received = 0;
  event_id last_answered = 0;
  std::deque<kept_error> errors;
  event_id errors_complete_after = 0;  // errors of events up to this one have been forgotten

  // Successes that one acknowledgement at the end of the batch will answer.
  event_id run_first = 0;
  event_id run_last = 0;
  followed_list run_follows;
};

}  // namespace statelink
