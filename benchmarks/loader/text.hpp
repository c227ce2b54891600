// Reading numbers out of JSON text without parsing all of it.
#pragma once

#include <string.h>  // memmem

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace statelink::benchmarks {

/// Takes a number from the front; false where there is none.
inline bool take_number(std::string_view& text, std::uint64_t& number) noexcept {
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

inline bool take(std::string_view& text, std::string_view expected) noexcept {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

/// Where `part` begins in `text`, or npos. Several times as fast as string_view::find, whose first
/// step is to look for a quote.
inline std::size_t find_part(std::string_view text, std::string_view part) noexcept {
  void const* const at = ::memmem(text.data(), text.size(), part.data(), part.size());
  if (at == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<char const*>(at) - text.data());
}

/// The number that follows the first `key`.
inline std::optional<std::uint64_t> number_after(std::string_view text,
                                                 std::string_view key) noexcept {
  std::size_t const at = find_part(text, key);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + key.size());
  std::uint64_t number = 0;
  if (!take_number(text, number)) return std::nullopt;
  return number;
}

/// The text of the JSON string that follows the first `key`; it must have no escapes.
inline std::string_view string_after(std::string_view text, std::string_view key) noexcept {
  std::size_t const at = text.find(key);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + key.size());
  if (!take(text, "\"")) return {};
  return text.substr(0, text.find('"'));
}

}  // namespace statelink::benchmarks
