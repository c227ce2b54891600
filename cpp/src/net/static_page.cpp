#include "net/static_page.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace statelink {
namespace {

namespace fs = std::filesystem;

page_reply not_found() { return {.status = 404, .body = "there is no such page\n"}; }

/// Whether `path`, all links resolved, is below `root`.
bool is_below(fs::path const& path, fs::path const& root) {
  auto const [end, ignored] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return end == root.end();
}

}  // namespace

page_reply file_reply(fs::path const& root, std::vector<std::string> const& rest,
                      std::string_view target) {
  std::error_code failed;
  fs::path const real_root = fs::canonical(root, failed);
  if (failed) return not_found();
  fs::path path = real_root;
  for (std::string const& segment : rest) {
    if (segment.front() == '.' ||
        segment.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos) {
      return not_found();
    }
    path /= segment;
  }
  path = fs::canonical(path, failed);
  if (failed || !is_below(path, real_root)) return not_found();
  if (fs::is_directory(path, failed)) {
    std::string_view const bare = target.substr(0, target.find('?'));
    if (!bare.ends_with('/')) {  // else the page's relative links would miss the folder
      std::string location(bare);
      location += '/';
      location += target.substr(bare.size());
      return {
          .status = 308, .body = "it has a slash at its end\n", .location = std::move(location)};
    }
    path = fs::canonical(path / "index.html", failed);
    if (failed || !is_below(path, real_root)) return not_found();
  }
  if (!fs::is_regular_file(path, failed)) return not_found();
  auto const size = fs::file_size(path, failed);
  if (failed) return not_found();
  auto const written = fs::last_write_time(path, failed).time_since_epoch().count();
  return {.content_type = content_type_of(path),
          .file = path,
          .etag = '"' + std::to_string(written) + '-' + std::to_string(size) + '"'};
}

std::string etag_of(std::string_view bytes) {
  return '"' + std::to_string(std::hash<std::string_view>{}(bytes)) + '-' +
         std::to_string(bytes.size()) + '"';
}

bool has_match(std::string_view condition, std::string_view etag) noexcept {
  return !etag.empty() && (condition == "*" || condition.find(etag) != std::string_view::npos);
}

std::string content_type_of(fs::path const& file) {
  constexpr std::pair<std::string_view, char const*> types[] = {
      {".html", "text/html; charset=utf-8"},
      {".htm", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".txt", "text/plain; charset=utf-8"},
      {".md", "text/markdown; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},
      {".webp", "image/webp"},
      {".avif", "image/avif"},
      {".ico", "image/x-icon"},
      {".wasm", "application/wasm"},
      {".woff", "font/woff"},
      {".woff2", "font/woff2"},
      {".ttf", "font/ttf"},
      {".mp3", "audio/mpeg"},
      {".mp4", "video/mp4"},
      {".webm", "video/webm"},
      {".pdf", "application/pdf"},
      {".xml", "application/xml"},
      {".webmanifest", "application/manifest+json"},
  };
  std::string ending = file.extension().string();
  for (char& c : ending) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (auto const& [known, type] : types) {
    if (ending == known) return type;
  }
  return "application/octet-stream";
}

}  // namespace statelink
