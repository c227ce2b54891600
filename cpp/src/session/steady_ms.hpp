// Time as the rules see it: passed in, so that tests need no clock.
#pragma once

#include <chrono>

namespace statelink {

/// A point in time: milliseconds of the steady clock.
using steady_ms = std::chrono::milliseconds;

}  // namespace statelink
