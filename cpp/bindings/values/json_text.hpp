// JSON text, written straight into one buffer: numbers, strings, punctuation. Knows no value but
// str.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace statelink::python {

/// Writes a number in decimal digits; returns where they end. At most ten.
char* write_digits(char* to, std::uint32_t value) noexcept;

/// A growing buffer of bytes. The memory of a finished writer serves the next one. Loop thread.
class json_writer {
 public:
  json_writer();
  json_writer(json_writer const&) = delete;
  json_writer& operator=(json_writer const&) = delete;
  ~json_writer();

  std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - begin_); }
  std::string_view view() const noexcept { return {begin_, size()}; }
  std::string_view view_from(std::size_t at) const noexcept { return view().substr(at); }
  /// Forgets everything after the first `size` bytes.
  void truncate(std::size_t size) noexcept { end_ = begin_ + size; }

  void put(char c) {
    *reserve(1) = c;
    ++end_;
  }
  void put(std::string_view text) {
    std::memcpy(reserve(text.size()), text.data(), text.size());
    end_ += text.size();
  }
  void put_integer(long long value);
  /// The same for one of 32 bits, the usual ones.
  void put_small_integer(std::int32_t value) {
    char* at = reserve(12);
    auto magnitude = static_cast<std::uint32_t>(value);
    if (value < 0) {
      *at++ = '-';
      magnitude = 0 - magnitude;
    }
    end_ = write_digits(at, magnitude);
  }
  /// Shortest text that reads back as the same double, recognisably no integer; null where it is
  /// not finite.
  void put_double(double value);
  /// The text of a str, quoted and escaped. False, with nothing written, at a lone surrogate.
  bool put_string(PyObject* text);
  /// UTF-8 text, quoted and escaped.
  void put_string(std::string_view utf8);
  /// The same without the quotes, and as a segment of a JSON pointer (~ and / escaped).
  bool put_segment(PyObject* text);
  void put_segment(std::string_view utf8);
  /// Bytes as base64 (RFC 4648, padded), quoted.
  void put_base64(std::string_view bytes);

 private:
  /// Room for `n` more bytes; returns where they go.
  char* reserve(std::size_t n) {
    if (static_cast<std::size_t>(capacity_ - end_) < n) grow(n);
    return end_;
  }
  void grow(std::size_t n);
  void put_escaped(char c);
  void put_ascii(char const* text, std::size_t size);
  bool put_decimal(double value);
  template <class Char>
  bool put_wide(Char const* text, std::size_t size);
  bool put_unquoted(PyObject* text);

  char* begin_;
  char* end_;
  char* capacity_;
};

}  // namespace statelink::python
