#include "engine/secrets.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>

namespace statelink {

std::string random_name(std::size_t bytes) {
  static constexpr char digits[] =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
  std::array<unsigned char, 64> raw{};
  std::size_t const length = (bytes * 8 + 5) / 6;
  if (length > raw.size() || getentropy(raw.data(), length) != 0) std::abort();
  std::string name(length, '0');
  for (std::size_t i = 0; i < length; ++i) name[i] = digits[raw[i] & 63];
  return name;
}

bool same_secret(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  unsigned char different = 0;
  for (std::size_t i = 0; i < a.size(); ++i) different |= static_cast<unsigned char>(a[i] ^ b[i]);
  return different == 0;
}

}  // namespace statelink
