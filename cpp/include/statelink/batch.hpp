// What leaves the engine, on its way to the sockets.
//
// engine::flush() gives it, server::hand_over() takes what is in it. It is opaque: nobody but these
// two and the fan-out needs to look into it.
#pragma once

#include <cstdint>
#include <string>

#include "statelink/ids.hpp"

namespace statelink {

/// Frames that turns committed, snapshots, answers, and changes of who is linked where, in order.
/// Belongs to the loop thread until it is handed over.
struct batch;

bool is_empty(batch const& b) noexcept;
/// Forgets what is in it, and keeps its memory. For who applies a batch to a fanout directly:
/// server::hand_over() leaves it empty.
void clear(batch& b) noexcept;

// --- what else may be asked of the server, in order with what the batch has already
/// Ends the session with this close code, after what is queued for it has been tried once.
void close_session(batch& b, session_no session, std::uint16_t code, std::string reason);
/// Whether the session's socket is read. A client whose events wait in great number must wait
/// itself.
void set_reading(batch& b, session_no session, bool on);
/// The page that an inbound_page_request asked for. Nothing happens where nobody waits any more.
void answer_page(batch& b, std::uint64_t request, unsigned status, std::string content_type,
                 std::string body);

}  // namespace statelink
