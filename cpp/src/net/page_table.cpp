#include "net/page_table.hpp"

#include <algorithm>

namespace statelink {
namespace {

constexpr std::string_view own_segment = "_statelink";

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return {};
    int const high = hex_digit(text[i + 1]);
    int const low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return {};
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

bool is_bracketed(std::string_view segment) noexcept {
  return segment.size() > 2 && segment.front() == '[' && segment.back() == ']';
}

/// How well a route fits, segment by segment, larger is better; nothing where it does not.
std::optional<std::string> fit(std::vector<std::string> const& route, bool prefix,
                               std::vector<std::string> const& path) {
  constexpr char literal = 3, bracketed = 2, end = 1, rest = 0;
  if (path.size() < route.size() || (path.size() > route.size() && !prefix)) return {};
  std::string ranks;
  for (std::size_t i = 0; i < route.size(); ++i) {
    bool const equal = route[i] == path[i];
    if (!equal && !is_bracketed(route[i])) return {};
    ranks += equal ? literal : bracketed;
  }
  if (!path.empty() && path[0] == own_segment && (ranks.empty() || ranks[0] != literal)) return {};
  return ranks += prefix ? rest : end;
}

}  // namespace

std::optional<std::vector<std::string>> path_segments(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  if (!target.starts_with('/')) return {};
  std::vector<std::string> segments;
  for (target.remove_prefix(1); !target.empty();) {
    std::size_t const slash = std::min(target.find('/'), target.size());
    auto segment = decoded(target.substr(0, slash));
    if (!segment || segment->empty() || *segment == "." || *segment == "..") return {};
    segments.push_back(std::move(*segment));
    target.remove_prefix(std::min(slash + 1, target.size()));
  }
  return segments;
}

void page_table::add(std::string_view route, std::size_t page, bool prefix) {
  entry e{{}, page, prefix};
  while (!route.empty()) {
    std::size_t const slash = std::min(route.find('/'), route.size());
    if (slash > 0) e.segments.emplace_back(route.substr(0, slash));
    route.remove_prefix(std::min(slash + 1, route.size()));
  }
  entries_.push_back(std::move(e));
}

std::optional<page_table::match> page_table::find(std::vector<std::string> const& path) const {
  entry const* best = nullptr;
  std::string best_fit;
  for (entry const& e : entries_) {
    auto const f = fit(e.segments, e.prefix, path);
    if (!f || (best != nullptr && *f <= best_fit)) continue;
    best = &e;
    best_fit = *f;
  }
  if (best == nullptr) return {};
  auto const below = path.begin() + static_cast<std::ptrdiff_t>(best->segments.size());
  return match{best->page, {below, path.end()}};
}

}  // namespace statelink
