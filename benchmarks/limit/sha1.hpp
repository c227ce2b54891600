// SHA-1, for the WebSocket handshake only.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace statelink::benchmarks {

std::array<std::uint8_t, 20> sha1(std::string message);

}  // namespace statelink::benchmarks
