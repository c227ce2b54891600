// The reply to GET of a page that needs no handler: a text, a file, a folder's file. Reads the file
// system, no sockets.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace statelink {

struct page_reply {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  std::optional<std::filesystem::path> file = {};  ///< in place of body
  std::string etag = {};                           ///< with its quotes; empty: none
  std::string location = {};                       ///< of a redirection
};

/// `root` is a file, or a folder with the file at `rest` below it (a folder's is its index.html).
/// Nothing outside the folder is ever given, also not through symbolic links, nor anything whose
/// name begins with a dot. `target`: the request's, for redirections.
page_reply file_reply(std::filesystem::path const& root, std::vector<std::string> const& rest,
                      std::string_view target);

/// An entity tag for these bytes.
std::string etag_of(std::string_view bytes);

/// Whether the If-None-Match header `condition` names `etag`: the client has it already.
bool has_match(std::string_view condition, std::string_view etag) noexcept;

/// By the ending of a file's name; application/octet-stream where it is unknown.
std::string content_type_of(std::filesystem::path const& file);

}  // namespace statelink
