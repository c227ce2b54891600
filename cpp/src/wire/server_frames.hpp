// The text of the server's frames: docs/protocol.md, "Server to client". Each verb appends to
// `out`; nothing else is allocated.
//
// WebSocket framing is apart: between begin_frame and end_frame of ws_frame.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "statelink/ids.hpp"

namespace statelink {

struct server_hello {
  std::string_view client_token;
  std::string_view secret;
  std::string_view boot;
  bool resumed = false;
  event_id last = 0;     ///< highest event id received from this identity
  bool append = false;   ///< both sides have the string append operation
  bool storage = false;  ///< the client keeps values of client-storage vars
  /// JSON text, an array: which vars these are and where they are kept. Empty: none.
  std::string_view storage_vars;
};
void append_hello(std::string& out, server_hello const& hello);

/// A snapshot up to its values: append one JSON object, then end_snapshot. `overlay`: values that
/// only this client sees.
void begin_snapshot(std::string& out, std::string_view state_name, instance_revision at,
                    bool overlay = false);
void end_snapshot(std::string& out);

/// A patch up to its operations: append one JSON array, then end_patch. `leads_to`: the revision
/// after it.
void begin_patch(std::string& out, instance_revision leads_to);
void end_patch(std::string& out);

using follow_span = std::span<instance_revision const>;

/// Event `id` has run; the frames up to `follows` have been sent before.
void append_ack(std::string& out, event_id id, follow_span follows);
/// Every event from `first` to `last` that was not answered by an error has run.
void append_ack(std::string& out, event_id first, event_id last, follow_span follows);

/// An error's message is cut to so many bytes: what a client sent wrong may come back in it.
inline constexpr std::size_t most_error_bytes = 4000;
/// Event `id` failed; 0: none that the client sent, but something that followed one. `code`: one of
/// the table in docs/protocol.md; `message`: for people.
void append_error(std::string& out, event_id id, std::string_view code, std::string_view message,
                  follow_span follows);

/// Code outcome_unknown: every event from `first` to `last` that was not answered before may or may
/// not have run well.
void append_unknown(std::string& out, event_id first, event_id last);

void append_hydrated(std::string& out);

}  // namespace statelink
