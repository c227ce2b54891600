// Frames as a WebSocket client writes them, right and wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace statelink::testing {

struct frame_options {
  bool fin = true;
  bool masked = true;
  std::uint8_t reserved = 0;  ///< the three bits RSV1..3
  int length_bytes = -1;      ///< 0, 2 or 8 bytes of extended length; -1: as few as possible
  std::uint64_t claimed =
      ~std::uint64_t{0};  ///< the length in the header, where it is not the payload's
};

/// One frame with the mask 12 34 56 78.
inline std::string client_frame_bytes(std::uint8_t opcode, std::string_view payload,
                                      frame_options o = {}) {
  std::uint64_t const size = o.claimed == ~std::uint64_t{0} ? payload.size() : o.claimed;
  int const extra = o.length_bytes >= 0 ? o.length_bytes : size <= 125 ? 0 : size <= 0xFFFF ? 2 : 8;
  std::string out;
  out += static_cast<char>((o.fin ? 0x80 : 0) | o.reserved << 4 | opcode);
  auto const short_length = extra == 0 ? size : extra == 2 ? 126u : 127u;
  out += static_cast<char>((o.masked ? 0x80u : 0u) | short_length);
  for (int i = extra; i-- > 0;) out += static_cast<char>(size >> (8 * i) & 0xFF);
  if (!o.masked) return out += payload;
  constexpr std::uint8_t key[] = {0x12, 0x34, 0x56, 0x78};
  out.append(reinterpret_cast<char const*>(key), 4);
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(payload[i] ^ key[i % 4]);
  return out;
}

inline std::string client_text(std::string_view payload) { return client_frame_bytes(1, payload); }

inline std::string close_payload(std::uint16_t code, std::string_view reason = {}) {
  std::string out{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return out += reason;
}

}  // namespace statelink::testing
