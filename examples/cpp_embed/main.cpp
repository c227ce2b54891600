// cpp_embed [PORT]: serves the lobby on 127.0.0.1 until it is interrupted. Port 0 takes a free one.
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "lobby.hpp"

namespace {
std::atomic<bool> interrupted = false;
}

int main(int count, char** arguments) {
  std::signal(SIGINT, [](int) { interrupted = true; });
  std::signal(SIGTERM, [](int) { interrupted = true; });
  lobby serves{statelink::config{}};
  std::error_code error;
  auto const wanted =
      static_cast<std::uint16_t>(count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 8000);
  std::uint16_t const port = serves.listen("127.0.0.1", wanted, error);
  if (error) {
    std::cerr << "cannot listen: " << error.message() << '\n';
    return 1;
  }
  std::cout << "cpp_embed serves http://127.0.0.1:" << port << " (Ctrl-C ends)\n" << std::flush;
  while (!interrupted) serves.run_once(std::chrono::milliseconds(200));
  serves.stop();
}
