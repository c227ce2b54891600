// One client of the crowd: its socket, and what it has said and heard. A plain value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace statelink::benchmarks {

enum class stage : std::uint8_t { away, upgrading, joining, joined };

/// An instance that a client of statelink holds.
struct held_instance {
  std::uint64_t instance;
  std::uint64_t revision;
  std::string name;  ///< of its state, with "+" in front where it is the overlay
};

struct client {
  // --- constant
  std::uint32_t number = 0;
  std::uint32_t room = 0;
  std::string place;    ///< what it joins: a path, or a whole request target
  bool stalls = false;  ///< it is to stop reading when it has joined

  // --- its socket
  int fd = -1;
  benchmarks::stage stage = stage::away;
  bool reads = true;
  bool wants_write = false;
  std::string out;      ///< not sent yet
  std::string partial;  ///< received, not a whole frame yet

  // --- what it has said and heard
  bool receives = false;       ///< it is one of those that must see every event
  std::uint64_t said = 0;      ///< id of its last event
  std::uint64_t answered = 0;  ///< every event up to it was answered
  std::uint64_t seen = 0;      ///< its room's counter
  std::uint64_t snapshots = 0;
  std::vector<held_instance> held;
  std::string identity, secret, boot;  ///< for a resume
};

}  // namespace statelink::benchmarks
