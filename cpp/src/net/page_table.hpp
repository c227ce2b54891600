// Which page a path means. Pure: no sockets, no files.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace statelink {

/// The segments of a path, percent-decoded: "/a/b%20c?d" gives "a", "b c". Nothing for a path that
/// no page may have: one not beginning with a slash, with an empty or dot segment inside, or with a
/// bad escape. A slash at the end gives no segment.
std::optional<std::vector<std::string>> path_segments(std::string_view target);

class page_table {
 public:
  struct match {
    std::size_t page = 0;
    std::vector<std::string> rest;  ///< of a prefix: the segments below it
  };

  /// `route`: "/", "/about", "/room/[room_id]"; a bracketed segment fits any one segment. With
  /// `prefix` everything below fits too.
  void add(std::string_view route, std::size_t page, bool prefix);

  /// The most literal route that fits: compared from the left, a literal segment wins over a
  /// bracketed one, that over the rest of a prefix. Of two equal routes the earlier wins. Paths
  /// below "/_statelink" are only found by routes that say so literally.
  std::optional<match> find(std::vector<std::string> const& path) const;

 private:
  struct entry {
    std::vector<std::string> segments;
    std::size_t page;
    bool prefix;
  };
  std::vector<entry> entries_;
};

}  // namespace statelink
