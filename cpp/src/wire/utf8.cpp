#include "wire/utf8.hpp"

#include <cstddef>
#include <cstring>

namespace statelink {
namespace {

// What may follow; the numbers count continuation bytes. The special rows restrict the first one of
// them.
enum step : std::uint8_t {
  start,     // a new character
  one,       // 80..BF, then start
  two,       // 80..BF, then one
  three,     // 80..BF, then two
  after_e0,  // A0..BF, then one: below would be overlong
  after_ed,  // 80..9F, then one: above are surrogates
  after_f0,  // 90..BF, then two: below would be overlong
  after_f4,  // 80..8F, then two: above is beyond U+10FFFF
  refused,
};

constexpr step first(std::uint8_t byte) noexcept {
  if (byte < 0x80) return start;
  if (byte < 0xC2) return refused;
  if (byte < 0xE0) return one;
  if (byte == 0xE0) return after_e0;
  if (byte == 0xED) return after_ed;
  if (byte < 0xF0) return two;
  if (byte == 0xF0) return after_f0;
  if (byte < 0xF4) return three;
  if (byte == 0xF4) return after_f4;
  return refused;
}

constexpr step next(step s, std::uint8_t byte) noexcept {
  auto const within = [byte](int low, int high, step then) {
    return byte >= low && byte <= high ? then : refused;
  };
  switch (s) {
    case start:
      return first(byte);
    case one:
      return within(0x80, 0xBF, start);
    case two:
      return within(0x80, 0xBF, one);
    case three:
      return within(0x80, 0xBF, two);
    case after_e0:
      return within(0xA0, 0xBF, one);
    case after_ed:
      return within(0x80, 0x9F, one);
    case after_f0:
      return within(0x90, 0xBF, two);
    case after_f4:
      return within(0x80, 0x8F, two);
    case refused:
      break;
  }
  return refused;
}

bool is_ascii_word(char const* p) noexcept {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return (word & 0x8080808080808080u) == 0;
}

}  // namespace

bool utf8_checker::feed(std::string_view bytes) noexcept {
  auto s = static_cast<step>(step_);
  char const* p = bytes.data();
  char const* const end = p + bytes.size();
  while (p != end && s != refused) {
    if (s == start) {
      while (end - p >= 8 && is_ascii_word(p)) p += 8;
      if (p == end) break;
    }
    s = next(s, static_cast<std::uint8_t>(*p++));
  }
  step_ = s;
  return s != refused;
}

std::string_view cut_utf8(std::string_view text, std::size_t size) noexcept {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<std::uint8_t>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace statelink
