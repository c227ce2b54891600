#include "json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace statelink::python {
namespace {

constexpr std::size_t smallest_buffer = 4096;
constexpr std::size_t largest_kept_buffer = std::size_t{4} << 20;

// The buffer of the last finished writer. Guarded by the GIL.
char* spare = nullptr;
std::size_t spare_size = 0;

bool has_escape(std::uint64_t eight) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
  std::uint64_t const quote = eight ^ ones * '"', backslash = eight ^ ones * '\\';
  return (((eight - ones * 0x20) | (quote - ones) | (backslash - ones)) & high) != 0;
}

constexpr bool needs_escape(std::uint32_t c) noexcept { return c < 0x20 || c == '"' || c == '\\'; }

constexpr std::array<char, 200> digit_pairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

void write_pair(char* to, std::uint32_t below_hundred) noexcept {
  std::memcpy(to, &digit_pairs[std::size_t{2} * below_hundred], 2);
}

void write_four(char* to, std::uint32_t below_ten_thousand) noexcept {
  write_pair(to, below_ten_thousand / 100);
  write_pair(to + 2, below_ten_thousand % 100);
}

/// Without zeros in front.
char* write_up_to_four(char* to, std::uint32_t value) noexcept {
  if (value < 100) {
    if (value < 10) {
      *to = static_cast<char>('0' + value);
      return to + 1;
    }
    write_pair(to, value);
    return to + 2;
  }
  if (value < 1000) {
    *to = static_cast<char>('0' + value / 100);
    write_pair(to + 1, value % 100);
    return to + 3;
  }
  write_four(to, value);
  return to + 4;
}

/// Copies ASCII text. False, with anything at `to`, where a character needs an escape.
bool copy_clean(char* to, char const* text, std::size_t size) noexcept {
#if defined(__SSE2__)
  if (size >= 16) {
    __m128i const quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'),
                  control = _mm_set1_epi8(0x1f);
    __m128i found = _mm_setzero_si128();
    auto const copy = [&](std::size_t at) {
      __m128i const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(text + at));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at), bytes);
      found = _mm_or_si128(
          found,
          _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                       _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes)));
    };
    for (std::size_t at = 0; at + 16 <= size; at += 16) copy(at);
    copy(size - 16);  // the rest, with some of what was before it
    return _mm_movemask_epi8(found) == 0;
  }
#endif
  // Of what is shorter, the last part is taken with some of what was before it.
  if (size >= 8) {
    std::uint64_t first, last;
    std::memcpy(&first, text, 8);
    std::memcpy(to, &first, 8);
    bool escapes = has_escape(first);
    for (std::size_t at = 8; at + 8 < size; at += 8) {
      std::memcpy(&first, text + at, 8);
      std::memcpy(to + at, &first, 8);
      escapes = escapes || has_escape(first);
    }
    std::memcpy(&last, text + size - 8, 8);
    std::memcpy(to + size - 8, &last, 8);
    return !escapes && !has_escape(last);
  }
  if (size >= 4) {
    std::uint32_t first, last;
    std::memcpy(&first, text, 4);
    std::memcpy(&last, text + size - 4, 4);
    std::memcpy(to, &first, 4);
    std::memcpy(to + size - 4, &last, 4);
    return !has_escape(std::uint64_t{first} << 32 | last);
  }
  for (std::size_t at = 0; at < size; ++at) {
    if (needs_escape(static_cast<unsigned char>(text[at]))) return false;
    to[at] = text[at];
  }
  return true;
}

}  // namespace

char* write_digits(char* to, std::uint32_t value) noexcept {
  if (value < 10'000) return write_up_to_four(to, value);
  if (value < 100'000'000) {
    to = write_up_to_four(to, value / 10'000);
    write_four(to, value % 10'000);
    return to + 4;
  }
  to = write_up_to_four(to, value / 100'000'000);
  write_four(to, value % 100'000'000 / 10'000);
  write_four(to + 4, value % 10'000);
  return to + 8;
}

json_writer::json_writer() {
  std::size_t size = spare_size;
  begin_ = spare;
  spare = nullptr;
  spare_size = 0;
  if (!begin_) {
    size = smallest_buffer;
    begin_ = static_cast<char*>(std::malloc(size));
    if (!begin_) throw std::bad_alloc();
  }
  end_ = begin_;
  capacity_ = begin_ + size;
}

json_writer::~json_writer() {
  auto const size = static_cast<std::size_t>(capacity_ - begin_);
  if (size > largest_kept_buffer || size < spare_size) {
    std::free(begin_);
    return;
  }
  std::free(spare);
  spare = begin_;
  spare_size = size;
}

void json_writer::grow(std::size_t n) {
  std::size_t const used = size();
  std::size_t capacity = static_cast<std::size_t>(capacity_ - begin_);
  do capacity *= 2;
  while (capacity - used < n);
  auto* moved = static_cast<char*>(std::realloc(begin_, capacity));
  if (!moved) throw std::bad_alloc();
  begin_ = moved;
  end_ = moved + used;
  capacity_ = moved + capacity;
}

void json_writer::put_integer(long long value) {
  char* at = reserve(24);
  end_ = std::to_chars(at, at + 24, value).ptr;
}

// A number with at most four decimals, as prices and coordinates are: what reads back as it is the
// quotient of two integers that a double has exactly, and there is none with fewer digits. Others,
// and whole ones (whose shortest text may have an exponent), are left to put_double.
bool json_writer::put_decimal(double value) {
  double const magnitude = std::fabs(value);
  if (!(magnitude >= 0.001 && magnitude < 100'000)) return false;
  // NOLINTNEXTLINE(bugprone-incorrect-roundings): the division says whether it was right
  auto const scaled = static_cast<std::uint32_t>(magnitude * 10'000 + 0.5);
  if (static_cast<double>(scaled) / 10'000 != magnitude) return false;
  std::uint32_t const decimals = scaled % 10'000;
  if (decimals == 0) return false;
  char* at = reserve(16);
  if (value < 0) *at++ = '-';
  at = write_digits(at, scaled / 10'000);
  *at++ = '.';
  write_four(at, decimals);
  at += 4;
  while (at[-1] == '0') --at;
  end_ = at;
  return true;
}

void json_writer::put_double(double value) {
  if (!std::isfinite(value)) return put("null");
  if (put_decimal(value)) return;
  char* at = reserve(40);
  char* stop = std::to_chars(at, at + 32, value).ptr;
  for (char* c = at; c != stop; ++c) {
    if (*c == '.' || *c == 'e') {
      end_ = stop;
      return;
    }
  }
  *stop++ = '.';
  *stop++ = '0';
  end_ = stop;
}

void json_writer::put_escaped(char c) {
  constexpr char hex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      return put("\\\"");
    case '\\':
      return put("\\\\");
    case '\n':
      return put("\\n");
    case '\r':
      return put("\\r");
    case '\t':
      return put("\\t");
    case '\b':
      return put("\\b");
    case '\f':
      return put("\\f");
    default: {
      auto const code = static_cast<unsigned char>(c);
      char const text[] = {'\\', 'u', '0', '0', hex[code >> 4], hex[code & 15]};
      return put(std::string_view(text, sizeof text));
    }
  }
}

// Bytes that are to be copied as they are, but for those that JSON escapes; also right for UTF-8.
void json_writer::put_ascii(char const* text, std::size_t size) {
  char const* const stop = text + size;
#if defined(__SSE2__)
  __m128i const quote = _mm_set1_epi8('"');
  __m128i const backslash = _mm_set1_epi8('\\');
  __m128i const control = _mm_set1_epi8(0x1f);
  while (stop - text >= 16) {
    char* at = reserve(16);
    __m128i const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(text));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(at), bytes);
    __m128i const found =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                     _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
    auto const mask = static_cast<unsigned>(_mm_movemask_epi8(found));
    if (mask == 0) {
      text += 16;
      end_ += 16;
      continue;
    }
    auto const clean = static_cast<std::size_t>(__builtin_ctz(mask));
    end_ += clean;
    text += clean;
    put_escaped(*text++);
  }
#endif
  reserve(static_cast<std::size_t>(stop - text));
  while (text != stop) {
    auto const c = static_cast<unsigned char>(*text++);
    if (needs_escape(c)) {
      put_escaped(static_cast<char>(c));
      reserve(static_cast<std::size_t>(stop - text));
    } else {
      *end_++ = static_cast<char>(c);
    }
  }
}

template <class Char>
bool json_writer::put_wide(Char const* text, std::size_t size) {
  constexpr std::size_t most_at_once = 1024;
  for (Char const* const stop = text + size; text != stop;) {
    // One check for room serves a run of characters: each takes four bytes at most, and an escape
    // ends the run.
    Char const* const run = std::min(stop, text + most_at_once);
    char* at = reserve(4 * most_at_once);
    while (text != run) {
      std::uint32_t const c = *text++;
      if (c < 0x80) {
        if (needs_escape(c)) {
          end_ = at;
          put_escaped(static_cast<char>(c));
          at = end_;
          break;
        }
        *at++ = static_cast<char>(c);
      } else if (c < 0x800) {
        *at++ = static_cast<char>(0xc0 | (c >> 6));
        *at++ = static_cast<char>(0x80 | (c & 0x3f));
      } else if (c < 0x10000) {
        if (c >= 0xd800 && c <= 0xdfff) return false;
        *at++ = static_cast<char>(0xe0 | (c >> 12));
        *at++ = static_cast<char>(0x80 | ((c >> 6) & 0x3f));
        *at++ = static_cast<char>(0x80 | (c & 0x3f));
      } else {
        *at++ = static_cast<char>(0xf0 | (c >> 18));
        *at++ = static_cast<char>(0x80 | ((c >> 12) & 0x3f));
        *at++ = static_cast<char>(0x80 | ((c >> 6) & 0x3f));
        *at++ = static_cast<char>(0x80 | (c & 0x3f));
      }
    }
    end_ = at;
  }
  return true;
}

bool json_writer::put_unquoted(PyObject* text) {
  auto const size = static_cast<std::size_t>(PyUnicode_GET_LENGTH(text));
  void const* data = PyUnicode_DATA(text);
  switch (PyUnicode_KIND(text)) {
    case PyUnicode_1BYTE_KIND:
      if (PyUnicode_IS_ASCII(text)) {
        put_ascii(static_cast<char const*>(data), size);
        return true;
      }
      return put_wide(static_cast<Py_UCS1 const*>(data), size);
    case PyUnicode_2BYTE_KIND:
      return put_wide(static_cast<Py_UCS2 const*>(data), size);
    default:
      return put_wide(static_cast<Py_UCS4 const*>(data), size);
  }
}

bool json_writer::put_string(PyObject* text) {
  if (PyUnicode_IS_COMPACT_ASCII(text)) {
    auto const size = static_cast<std::size_t>(PyUnicode_GET_LENGTH(text));
    auto const* const data = reinterpret_cast<char const*>(PyUnicode_1BYTE_DATA(text));
    char* const at = reserve(size + 2);
    if (copy_clean(at + 1, data, size)) {
      at[0] = at[size + 1] = '"';
      end_ = at + size + 2;
      return true;
    }
  }
  // Where somebody has asked for a text's UTF-8, the str keeps it; that has no lone surrogate.
  if (auto const* const compact = reinterpret_cast<PyCompactUnicodeObject const*>(text);
      !PyUnicode_IS_COMPACT_ASCII(text) && compact->utf8) {
    put_string(std::string_view(compact->utf8, static_cast<std::size_t>(compact->utf8_length)));
    return true;
  }
  std::size_t const start = size();
  put('"');
  if (!put_unquoted(text)) {
    truncate(start);
    return false;
  }
  put('"');
  return true;
}

void json_writer::put_string(std::string_view utf8) {
  put('"');
  put_ascii(utf8.data(), utf8.size());
  put('"');
}

bool json_writer::put_segment(PyObject* text) {
  std::size_t const start = size();
  if (!put_unquoted(text)) {
    truncate(start);
    return false;
  }
  std::string_view const written = view_from(start);
  if (written.find_first_of("~/") == std::string_view::npos) return true;
  std::string const copy(written);
  truncate(start);
  for (char const c : copy) {
    if (c == '~')
      put("~0");
    else if (c == '/')
      put("~1");
    else
      put(c);
  }
  return true;
}

void json_writer::put_segment(std::string_view utf8) {
  std::string escaped;
  for (char const c : utf8) {
    if (c == '~')
      escaped += "~0";
    else if (c == '/')
      escaped += "~1";
    else
      escaped += c;
  }
  put_ascii(escaped.data(), escaped.size());
}

void json_writer::put_base64(std::string_view bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  put('"');
  std::size_t i = 0;
  auto const byte = [&](std::size_t at) -> std::uint32_t {
    return static_cast<unsigned char>(bytes[at]);
  };
  for (; i + 3 <= bytes.size(); i += 3) {
    std::uint32_t const group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    char const text[] = {digits[group >> 18], digits[group >> 12 & 63], digits[group >> 6 & 63],
                         digits[group & 63]};
    put(std::string_view(text, 4));
  }
  if (std::size_t const rest = bytes.size() - i; rest != 0) {
    std::uint32_t const group = byte(i) << 16 | (rest == 2 ? byte(i + 1) << 8 : 0);
    char const text[] = {digits[group >> 18], digits[group >> 12 & 63],
                         rest == 2 ? digits[group >> 6 & 63] : '=', '='};
    put(std::string_view(text, 4));
  }
  put('"');
}

}  // namespace statelink::python
