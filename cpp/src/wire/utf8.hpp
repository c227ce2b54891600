// UTF-8 checked piece by piece: text messages arrive in fragments that may cut a character
// anywhere.
#pragma once

#include <cstdint>
#include <string_view>

namespace statelink {

class utf8_checker {
 public:
  /// Whether all bytes so far can still become valid UTF-8 (RFC 3629: no surrogates, no overlong
  /// forms, at most U+10FFFF). After a false it stays false until reset().
  bool feed(std::string_view bytes) noexcept;
  /// Whether the text may end here: not inside a character, and nothing was refused.
  bool complete() const noexcept { return step_ == 0; }
  void reset() noexcept { step_ = 0; }

  /// Whether `text` as a whole is valid.
  static bool accepts(std::string_view text) noexcept {
    utf8_checker check;
    return check.feed(text) && check.complete();
  }

 private:
  std::uint8_t step_ = 0;  // row of the table in utf8.cpp; 0 between characters
};

/// The longest beginning of `text`, valid UTF-8, that has at most `size` bytes and does not cut a
/// character.
std::string_view cut_utf8(std::string_view text, std::size_t size) noexcept;

}  // namespace statelink
