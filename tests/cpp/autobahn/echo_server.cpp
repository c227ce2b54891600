// A server whose WebSocket endpoint sends every message back, for the Autobahn test suite. Prints
// its port and serves until its standard input ends.
#include <chrono>
#include <cstdint>
#include <iostream>
#include <limits>
#include <system_error>

#include "statelink/server.hpp"

int main() {
  statelink::config limits;
  // Autobahn's clients say no hello, and some of its cases are slow on purpose.
  limits.hello_timeout = limits.ping_interval = std::chrono::hours(1);
  limits.ping_timeout = 2 * limits.ping_interval;
  statelink::server server(limits);
  std::error_code failed;
  std::uint16_t const port = server.listen("127.0.0.1", 0, failed);
  if (failed) {
    std::cerr << "echo_server: " << failed.message() << '\n';
    return 1;
  }
  failed = server.start();
  if (failed) {
    std::cerr << "echo_server: " << failed.message() << '\n';
    return 1;
  }
  std::cout << port << '\n' << std::flush;
  std::cin.ignore(std::numeric_limits<std::streamsize>::max());
}
