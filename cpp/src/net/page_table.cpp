#include "statelink/page_table.hpp"

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

/// As a Python name, so that states can have it as an attribute.
bool is_name(std::string_view text) noexcept {
  auto const is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  auto const is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || is_digit(c); });
}

bool cut(std::string_view& text, std::string_view before, std::string_view after) noexcept {
  if (text.size() < before.size() + after.size() || !text.starts_with(before) ||
      !text.ends_with(after))
    return false;
  text = text.substr(before.size(), text.size() - before.size() - after.size());
  return true;
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

// --- routes

std::optional<page_table::segment> page_table::read_segment(std::string_view text) {
  if (text.find_first_of("[]?#") == std::string_view::npos) {
    if (text.empty() || text == "." || text == "..") return {};
    return segment{kind::literal, std::string(text)};
  }
  kind what = kind::one;
  if (cut(text, "[[...", "]]"))
    what = kind::any;
  else if (cut(text, "[[", "]]"))
    what = kind::optional;
  else if (cut(text, "[...", "]"))
    what = kind::several;
  else if (!cut(text, "[", "]"))
    return {};
  if (!is_name(text)) return {};
  return segment{what, std::string(text)};
}

errc page_table::read_route(std::string_view route, entry& into, std::string& which) {
  auto const refuse = [&](std::string why) {
    which = "route " + into.route + ": " + std::move(why);
    return errc::bad_route;
  };
  if (!route.starts_with('/')) return refuse("a route begins with a slash");
  for (route.remove_prefix(1); !route.empty();) {
    std::size_t const slash = std::min(route.find('/'), route.size());
    std::string const text(route.substr(0, slash));
    route.remove_prefix(std::min(slash + 1, route.size()));
    auto read = read_segment(text);
    if (!read) {
      return refuse("\"" + text +
                    "\" is no segment: write a literal one, [name], [[name]], [...name] or "
                    "[[...name]], with a name of letters, digits and underscores");
    }
    if (read->what > kind::one && (!route.empty() || into.prefix)) {
      return refuse("only the last segment of a page can be " + text);
    }
    for (segment const& other : into.segments) {
      if (read->what != kind::literal && other.what != kind::literal && other.text == read->text)
        return refuse("two segments have the name " + other.text);
    }
    into.segments.push_back(std::move(*read));
  }
  return errc::none;
}

bool page_table::fit_the_same(entry const& a, entry const& b) noexcept {
  return a.prefix == b.prefix &&
         std::equal(a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
                    [](segment const& x, segment const& y) {
                      return x.what == y.what && (x.what != kind::literal || x.text == y.text);
                    });
}

errc page_table::add(std::string_view route, std::size_t page, bool prefix, std::string& which) {
  entry e{std::string(route), {}, page, prefix};
  if (errc const bad = read_route(route, e, which); bad != errc::none) return bad;
  for (entry const& other : entries_) {
    if (!fit_the_same(e, other)) continue;
    which = "route " + e.route + ": " + other.route + " is there already and fits the same paths";
    return errc::bad_route;
  }
  entries_.push_back(std::move(e));
  return errc::none;
}

// --- paths

/// How well an entry fits, segment by segment, larger is better; nothing where it does not.
std::optional<std::string> page_table::fit(entry const& e, std::vector<std::string> const& path) {
  constexpr char literal = 6, one = 5, end = 5, optional = 4, several = 3, any = 2, rest = 1;
  if (!path.empty() && path[0] == own_segment &&
      (e.segments.empty() || e.segments[0].what != kind::literal)) {
    return {};
  }
  std::string ranks;
  std::size_t at = 0;  // in the path
  for (segment const& s : e.segments) {
    std::size_t const left = path.size() - at;
    switch (s.what) {
      case kind::literal:
        if (left == 0 || s.text != path[at++]) return {};
        ranks += literal;
        break;
      case kind::one:
        if (left == 0) return {};
        ++at;
        ranks += one;
        break;
      case kind::optional:
        at += std::min<std::size_t>(left, 1);
        ranks += optional;
        break;
      case kind::several:
        if (left == 0) return {};
        at = path.size();
        ranks += several;
        break;
      case kind::any:
        at = path.size();
        ranks += any;
        break;
    }
  }
  if (at < path.size() && !e.prefix) return {};
  return ranks += e.prefix ? rest : end;
}

std::optional<page_table::match> page_table::find(std::vector<std::string> const& path) const {
  entry const* best = nullptr;
  std::string best_fit;
  for (entry const& e : entries_) {
    auto const f = fit(e, path);
    if (!f || (best != nullptr && *f <= best_fit)) continue;
    best = &e;
    best_fit = *f;
  }
  if (best == nullptr) return {};
  match found;
  found.page = best->page;
  auto at = path.begin();
  for (segment const& s : best->segments) {
    bool const is_list = s.what >= kind::several;
    auto const next = is_list ? path.end() : at == path.end() ? at : at + 1;
    if (s.what != kind::literal) found.arguments.push_back({s.text, is_list, {at, next}});
    at = next;
  }
  found.rest.assign(at, path.end());
  return found;
}

}  // namespace statelink
