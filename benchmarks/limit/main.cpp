// limit PORT [coalesce]
#include <cstdio>
#include <exception>
#include <string>

#include "limit/broadcaster.hpp"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("limit PORT [coalesce]\n", stderr);
    return 2;
  }
  try {
    bool const coalesces = argc > 2 && std::string(argv[2]) == "coalesce";
    statelink::benchmarks::broadcaster(static_cast<std::uint16_t>(std::stoul(argv[1])), coalesces)
        .serve();
  } catch (std::exception const& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
