// What a run is to do, from the command line.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "loader/protocol.hpp"

namespace statelink::benchmarks {

enum class phase_kind : std::uint8_t {
  join,       ///< all clients connect and join
  load,       ///< events, the window topped up one by one
  window,     ///< events in whole windows: the next when all of one are complete
  stalled,    ///< tells what is held for the clients that do not read
  recover,    ///< they read again
  reconnect,  ///< all but one client lose their sockets and come back at once
};

struct phase {
  phase_kind kind;
  std::string name;  ///< in the report
  std::uint64_t window = 1;
  std::uint64_t most = 0;  ///< events
  double seconds = 0;
};

struct run_options {
  std::uint16_t port = 0;
  std::vector<pid_t> processes;  ///< whose CPU and memory count
  std::uint32_t rooms = 1;
  std::uint32_t clients = 1;        ///< of each room
  std::uint32_t stalled = 0;        ///< further ones, in room 0
  std::uint32_t at_once = 16;       ///< clients that join at a time
  bool joins_count = false;         ///< a join is an event of its room
  double patience = 60;             ///< seconds for joining, and for what is under way at the end
  std::vector<std::string> places;  ///< of all clients, where they are not /room/0 and so on
  protocol_options speaks;
  std::vector<phase> phases;
};

extern char const* const usage;

/// Throws std::invalid_argument with a sentence.
run_options parse_options(int count, char const* const* words);

}  // namespace statelink::benchmarks
