// What mailboxes need of the values that pass through them: one more appended to what waits
// already.
#pragma once

#include "fanout/batch.hpp"
#include "statelink/inbound.hpp"

namespace statelink {

/// Appends `from`, whose items may be moved from, to `into`. REQUIRES: together below 4 GiB of
/// bytes.
void join(batch& into, batch& from);
void join(inbound_batch& into, inbound_batch& from);

}  // namespace statelink
