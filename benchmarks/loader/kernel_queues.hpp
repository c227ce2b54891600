// What the kernel holds for some connections of a server on this machine.
#pragma once

#include <cstdint>
#include <set>

namespace statelink::benchmarks {

struct kernel_queues {
  int open = 0;            ///< connections that are established
  double send_kib = 0;     ///< in the server's sockets, not acknowledged by the client's
  double receive_kib = 0;  ///< in the clients' sockets, not read
};

/// Of the connections from these ports to the server's.
kernel_queues queues_of(std::uint16_t server, std::set<std::uint16_t> const& clients);

/// The port of a connected socket on this side.
std::uint16_t port_of(int fd);

}  // namespace statelink::benchmarks
