// What the room did, so that tests can count instead of timing.
#pragma once

#include <cstdint>

namespace statelink::python {

struct counters {
  std::uint64_t ops_emitted = 0;
  std::uint64_t slots_visited =
      0;  ///< items of containers looked at beside those that a call names itself
  std::uint64_t bytes_encoded = 0;  ///< by commits and snapshots, also what was thrown away
};

inline counters counted;  // guarded by the GIL

}  // namespace statelink::python
