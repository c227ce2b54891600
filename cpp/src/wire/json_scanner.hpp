// Walks over JSON text (RFC 8259) without building anything: checks it and tells where its pieces
// are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace statelink {

/// Every verb leaves the scanner behind what it read, or returns false and says why in failure().
/// REQUIRES: text is valid UTF-8.
class json_scanner {
 public:
  /// `depth`: how deep arrays and objects may be nested, at most 1,000.
  json_scanner(std::string_view text, std::size_t depth) noexcept;

  /// Reads `c` after white space, where it comes next.
  bool take(char c) noexcept;
  /// A string; `inner` gets what stands between its quotes, escapes as they are.
  bool string(std::string_view& inner) noexcept;
  /// Any value; `text` gets it as it stands.
  bool value(std::string_view& text) noexcept;
  /// Whether nothing but white space is left.
  bool at_end() noexcept;
  /// The next character after white space; 0 at the end.
  char peek() noexcept;

  /// Counts an array or object that the caller walks by itself.
  bool enter() noexcept;
  void leave() noexcept { --depth_; }

  /// A sentence about the first failure; empty where there was none.
  std::string_view failure() const noexcept { return failure_; }

 private:
  bool any() noexcept;
  bool object() noexcept;
  bool array() noexcept;
  bool number() noexcept;
  bool literal(std::string_view word) noexcept;
  bool digits() noexcept;
  bool fail(std::string_view sentence) noexcept;

  char const* at_;
  char const* const end_;
  std::size_t depth_ = 0;
  std::size_t const depth_limit_;
  std::string_view failure_;
};

/// Decodes the escapes of what stands between a string's quotes, at the end of `out`. False where
/// half a surrogate pair stands alone: there is no UTF-8 for it. REQUIRES: json_scanner::string
/// accepted it.
bool append_unescaped(std::string& out, std::string_view inner);

/// The integer that the JSON text `number` says, where it is one from 0 to 2^53 - 1 without
/// fraction or exponent.
std::optional<std::uint64_t> safe_integer(std::string_view number) noexcept;

}  // namespace statelink
