#include "wire/ws_handshake.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace statelink {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::uint8_t byte_of(char c) noexcept { return static_cast<std::uint8_t>(c); }

using sha1_digest = std::array<std::uint32_t, 5>;

void sha1_block(sha1_digest& h, char const* block) noexcept {
  std::uint32_t w[80];
  for (std::size_t i = 0; i < 16; ++i) {
    char const* const p = block + 4 * i;
    w[i] = std::uint32_t{byte_of(p[0])} << 24 | std::uint32_t{byte_of(p[1])} << 16 |
           std::uint32_t{byte_of(p[2])} << 8 | byte_of(p[3]);
  }
  for (std::size_t i = 16; i < 80; ++i)
    w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  auto [a, b, c, d, e] = h;
  for (std::size_t i = 0; i < 80; ++i) {
    std::uint32_t const mixed = i < 20   ? ((b & c) | (~b & d)) + 0x5A827999u
                                : i < 40 ? (b ^ c ^ d) + 0x6ED9EBA1u
                                : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDCu
                                         : (b ^ c ^ d) + 0xCA62C1D6u;
    std::uint32_t const next = std::rotl(a, 5) + mixed + e + w[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  h = {h[0] + a, h[1] + b, h[2] + c, h[3] + d, h[4] + e};
}

std::string sha1(std::string text) {
  std::uint64_t const bits = std::uint64_t{text.size()} * 8;
  text += '\x80';
  text.append((56 + 64 - text.size() % 64) % 64, '\0');
  for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>(bits >> shift & 0xFF);
  sha1_digest h{0x67452301u, 0xEFCDAB89u, 0x98BADCFEu, 0x10325476u, 0xC3D2E1F0u};
  for (std::size_t i = 0; i < text.size(); i += 64) sha1_block(h, text.data() + i);
  std::string out;
  for (std::uint32_t const word : h) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(word >> shift & 0xFF);
  }
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::size_t const n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < n ? byte_of(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      out += k <= n ? alphabet[group >> (18 - 6 * k) & 0x3F] : '=';
  }
  return out;
}

}  // namespace

bool is_websocket_key(std::string_view key) noexcept {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  key.remove_suffix(2);
  return key.find_first_not_of(alphabet) == std::string_view::npos;
}

std::string websocket_accept(std::string_view key) {
  return base64(sha1(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
}

}  // namespace statelink
