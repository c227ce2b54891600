#include "loader/kernel_queues.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace statelink::benchmarks {
namespace {

constexpr unsigned established = 1;

}  // namespace

kernel_queues queues_of(std::uint16_t server, std::set<std::uint16_t> const& clients) {
  kernel_queues found;
  // A dual-stack server's half of a connection is in the second file.
  for (char const* name : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(name);
    std::string line;
    while (std::getline(file, line)) {
      unsigned local = 0;
      unsigned remote = 0;
      unsigned status = 0;
      unsigned long sends = 0;
      unsigned long receives = 0;
      // NOLINTNEXTLINE(bugprone-unchecked-string-to-number-conversion): the kernel wrote it
      if (std::sscanf(line.c_str(), " %*d: %*[0-9A-F]:%X %*[0-9A-F]:%X %X %lX:%lX", &local, &remote,
                      &status, &sends, &receives) != 5) {
        continue;
      }
      if (remote == server && clients.contains(static_cast<std::uint16_t>(local))) {
        found.open += status == established ? 1 : 0;
        found.receive_kib += static_cast<double>(receives) / 1024;
      }
      if (local == server && clients.contains(static_cast<std::uint16_t>(remote))) {
        found.send_kib += static_cast<double>(sends) / 1024;
      }
    }
  }
  return found;
}

std::uint16_t port_of(int fd) {
  sockaddr_in own{};
  socklen_t size = sizeof own;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size);
  return ntohs(own.sin_port);
}

}  // namespace statelink::benchmarks
