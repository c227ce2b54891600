#include "loader/ws_frames.hpp"

namespace statelink::benchmarks {

void append_masked(ws_opcode opcode, std::string_view payload, std::string& out) {
  constexpr unsigned char mask[4] = {0x12, 0x34, 0x56, 0x78};
  std::size_t const n = payload.size();
  out += static_cast<char>(0x80 | static_cast<int>(opcode));
  int const size_bytes = n < 126 ? 0 : n < 65536 ? 2 : 8;
  out += static_cast<char>(0x80 | (size_bytes == 0   ? static_cast<int>(n)
                                   : size_bytes == 2 ? 126
                                                     : 127));
  for (int k = size_bytes - 1; k >= 0; --k) out += static_cast<char>(n >> (8 * k));
  for (unsigned char byte : mask) out += static_cast<char>(byte);
  std::size_t const start = out.size();
  out += payload;
  for (std::size_t k = 0; k < n; ++k)
    out[start + k] = static_cast<char>(out[start + k] ^ mask[k & 3]);
}

bool next_frame(std::string_view bytes, ws_frame& frame) noexcept {
  auto const* const u = reinterpret_cast<unsigned char const*>(bytes.data());
  if (bytes.size() < 2) return false;
  std::size_t size = u[1] & 127U;
  std::size_t head = 2;
  if (size >= 126) {
    std::size_t const size_bytes = size == 126 ? 2 : 8;
    if (bytes.size() < head + size_bytes) return false;
    size = 0;
    for (std::size_t k = 0; k < size_bytes; ++k) size = size << 8 | u[head + k];
    head += size_bytes;
  }
  if (bytes.size() < head + size) return false;
  frame = {static_cast<ws_opcode>(u[0] & 15), bytes.substr(head, size), head + size};
  return true;
}

}  // namespace statelink::benchmarks
