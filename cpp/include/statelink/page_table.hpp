// Which page a path means, and the arguments that the path has for it. Pure: no sockets, no files.
//
// A route is "/" or segments, each behind a slash:
//   about          a literal segment, percent-decoded already
//   [name]         any one segment
//   [[name]]       one segment or none; the last one only
//   [...name]      one segment or more; the last one only
//   [[...name]]    any number of segments; the last one only
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "statelink/error.hpp"

namespace statelink {

/// The segments of a path, percent-decoded: "/a/b%20c?d" gives "a", "b c". Nothing for a path that
/// no page may have: one not beginning with a slash, with an empty or dot segment inside, or with a
/// bad escape. A slash at the end gives no segment.
std::optional<std::vector<std::string>> path_segments(std::string_view target);

/// What a path has for a bracketed segment of its route.
struct route_argument {
  std::string name;
  bool is_list = false;             ///< of a segment with dots
  std::vector<std::string> values;  ///< where it is no list, one, or none of an optional segment
  bool operator==(route_argument const&) const = default;
};

class page_table {
 public:
  struct match {
    std::size_t page = 0;
    std::vector<route_argument> arguments;  ///< in the order of the route
    std::vector<std::string> rest;          ///< of a prefix: the segments below it
  };

  /// With `prefix` everything below the route fits too. errc::bad_route, with `which` saying why,
  /// where the route is malformed, or where the table has another that fits the same paths.
  [[nodiscard]] errc add(std::string_view route, std::size_t page, bool prefix, std::string& which);

  /// The most literal route that fits: compared from the left, a literal segment wins over [a],
  /// that over [[a]], [...a], [[...a]], and all of them over the rest of a prefix. Paths below
  /// "/_statelink" are only found by routes that say so literally.
  std::optional<match> find(std::vector<std::string> const& path) const;

 private:
  enum class kind : std::uint8_t { literal, one, optional, several, any };
  struct segment {
    kind what = kind::literal;
    std::string text;  ///< of a literal one; else its name
  };
  struct entry {
    std::string route;  ///< for messages
    std::vector<segment> segments;
    std::size_t page;
    bool prefix;
  };

  static std::optional<segment> read_segment(std::string_view text);
  static errc read_route(std::string_view route, entry& into, std::string& which);
  static bool fit_the_same(entry const& a, entry const& b) noexcept;
  static std::optional<std::string> fit(entry const& e, std::vector<std::string> const& path);

  std::vector<entry> entries_;
};

}  // namespace statelink
