#include "wire/json_scanner.hpp"

#include <algorithm>
#include <cstring>

namespace statelink {
namespace {

constexpr std::size_t deepest = 1000;  // what recursion may cost in stack

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

int hex_digit(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Whether eight bytes hold none of: quote, backslash, control character.
bool is_plain_word(char const* p) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101u;
  constexpr std::uint64_t tops = 0x8080808080808080u;
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  auto const has_zero = [](std::uint64_t w) { return (w - ones) & ~w & tops; };
  return (has_zero(word ^ ones * '"') | has_zero(word ^ ones * '\\') |
          ((word - ones * 0x20) & ~word & tops)) == 0;
}

std::uint32_t code_unit(char const* hex) noexcept {
  std::uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) unit = unit << 4 | static_cast<std::uint32_t>(hex_digit(hex[i]));
  return unit;
}

void append_utf8(std::string& out, std::uint32_t point) {
  auto const byte = [&out](std::uint32_t b) { out.push_back(static_cast<char>(b)); };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xC0 | point >> 6);
  } else if (point < 0x10000) {
    byte(0xE0 | point >> 12);
    byte(0x80 | (point >> 6 & 0x3F));
  } else {
    byte(0xF0 | point >> 18);
    byte(0x80 | (point >> 12 & 0x3F));
    byte(0x80 | (point >> 6 & 0x3F));
  }
  byte(0x80 | (point & 0x3F));
}

}  // namespace

json_scanner::json_scanner(std::string_view text, std::size_t depth) noexcept
    : at_(text.data()), end_(text.data() + text.size()), depth_limit_(std::min(depth, deepest)) {}

bool json_scanner::fail(std::string_view sentence) noexcept {
  if (failure_.empty()) failure_ = sentence;
  return false;
}

char json_scanner::peek() noexcept {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  return at_ == end_ ? '\0' : *at_;
}

bool json_scanner::take(char c) noexcept {
  if (peek() != c || at_ == end_) return fail("it is not valid JSON");
  ++at_;
  return true;
}

bool json_scanner::at_end() noexcept {
  peek();
  return at_ == end_ || fail("something follows the JSON object");
}

bool json_scanner::enter() noexcept {
  return ++depth_ <= depth_limit_ || fail("it is nested too deep");
}

bool json_scanner::value(std::string_view& text) noexcept {
  peek();
  char const* const begin = at_;
  if (!any()) return false;
  text = {begin, static_cast<std::size_t>(at_ - begin)};
  return true;
}

bool json_scanner::any() noexcept {
  std::string_view inner;
  switch (peek()) {
    case '{':
      return object();
    case '[':
      return array();
    case '"':
      return string(inner);
    case 't':
      return literal("true");
    case 'f':
      return literal("false");
    case 'n':
      return literal("null");
    default:
      return number();
  }
}

bool json_scanner::object() noexcept {
  if (!enter()) return false;
  ++at_;
  if (peek() == '}') {
    ++at_;
  } else {
    for (;;) {
      std::string_view key;
      if (!string(key) || !take(':') || !any()) return false;
      if (peek() != ',') break;
      ++at_;
    }
    if (!take('}')) return false;
  }
  leave();
  return true;
}

bool json_scanner::array() noexcept {
  if (!enter()) return false;
  ++at_;
  if (peek() == ']') {
    ++at_;
  } else {
    for (;;) {
      if (!any()) return false;
      if (peek() != ',') break;
      ++at_;
    }
    if (!take(']')) return false;
  }
  leave();
  return true;
}

bool json_scanner::string(std::string_view& inner) noexcept {
  if (!take('"')) return false;
  char const* const begin = at_;
  for (;;) {
    while (end_ - at_ >= 8 && is_plain_word(at_)) at_ += 8;
    if (at_ == end_) return fail("a string does not end");
    char const c = *at_++;
    if (c == '"') break;
    if (static_cast<unsigned char>(c) < 0x20) return fail("a control character stands in a string");
    if (c != '\\') continue;
    if (at_ == end_) return fail("a string does not end");
    char const escaped = *at_++;
    if (escaped == 'u') {
      for (int i = 0; i < 4; ++i, ++at_) {
        if (at_ == end_ || hex_digit(*at_) < 0) return fail("an escape in a string is not valid");
      }
    } else if (std::string_view("\"\\/bfnrt").find(escaped) == std::string_view::npos) {
      return fail("an escape in a string is not valid");
    }
  }
  inner = {begin, static_cast<std::size_t>(at_ - 1 - begin)};
  return true;
}

bool json_scanner::digits() noexcept {
  char const* const begin = at_;
  while (at_ != end_ && is_digit(*at_)) ++at_;
  return at_ != begin || fail("it is not valid JSON");
}

bool json_scanner::number() noexcept {
  if (at_ != end_ && *at_ == '-') ++at_;
  if (at_ != end_ && *at_ == '0') {
    ++at_;
  } else if (!digits()) {
    return false;
  }
  if (at_ != end_ && *at_ == '.') {
    ++at_;
    if (!digits()) return false;
  }
  if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!digits()) return false;
  }
  return true;
}

bool json_scanner::literal(std::string_view word) noexcept {
  if (static_cast<std::size_t>(end_ - at_) < word.size() ||
      std::string_view(at_, word.size()) != word) {
    return fail("it is not valid JSON");
  }
  at_ += word.size();
  return true;
}

bool append_unescaped(std::string& out, std::string_view inner) {
  while (!inner.empty()) {
    std::size_t const plain = std::min(inner.find('\\'), inner.size());
    out.append(inner.substr(0, plain));
    inner.remove_prefix(plain);
    if (inner.empty()) break;
    char const escaped = inner[1];
    if (escaped != 'u') {
      constexpr std::string_view names = "\"\\/bfnrt";
      constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
      out.push_back(meant[names.find(escaped)]);
      inner.remove_prefix(2);
      continue;
    }
    std::uint32_t point = code_unit(inner.data() + 2);
    inner.remove_prefix(6);
    if (point >= 0xD800 && point <= 0xDFFF) {
      if (point >= 0xDC00 || inner.size() < 6 || inner[0] != '\\' || inner[1] != 'u') return false;
      std::uint32_t const low = code_unit(inner.data() + 2);
      if (low < 0xDC00 || low > 0xDFFF) return false;
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
      inner.remove_prefix(6);
    }
    append_utf8(out, point);
  }
  return true;
}

std::optional<std::uint64_t> safe_integer(std::string_view number) noexcept {
  if (number.empty() || number.size() > 16) return {};  // 2^53 has 16 digits
  std::uint64_t n = 0;
  for (char const c : number) {
    if (!is_digit(c)) return {};
    n = n * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (n >= std::uint64_t{1} << 53) return {};
  return n;
}

}  // namespace statelink
