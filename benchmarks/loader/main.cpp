// A load generator for servers of shared state over WebSocket: one thread, epoll.
#include <cstdio>
#include <exception>

#include "loader/run.hpp"

int main(int argc, char** argv) {
  try {
    statelink::benchmarks::run run(statelink::benchmarks::parse_options(argc, argv));
    return run.all() ? 0 : 3;
  } catch (std::exception const& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 2;
  }
}
