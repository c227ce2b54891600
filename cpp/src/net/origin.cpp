#include "net/origin.hpp"

#include <algorithm>

namespace statelink {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// scheme://host:port in lower case, without the scheme's usual port and without a slash at the
/// end.
struct parsed_origin {
  std::string scheme;
  std::string authority;
};

std::string_view usual_port(std::string_view scheme) {
  return scheme == "https" || scheme == "wss" ? ":443" : ":80";
}

std::string without_usual_port(std::string authority, std::string_view scheme) {
  if (authority.ends_with(usual_port(scheme)))
    authority.resize(authority.size() - usual_port(scheme).size());
  return authority;
}

parsed_origin parse(std::string_view origin) {
  std::string const text = lower(origin);
  std::size_t const colon = text.find("://");
  if (colon == std::string::npos) return {{}, text};
  std::string scheme = text.substr(0, colon);
  std::string authority = text.substr(colon + 3);
  if (authority.ends_with('/')) authority.pop_back();
  authority = without_usual_port(std::move(authority), scheme);
  return {std::move(scheme), std::move(authority)};
}

}  // namespace

bool may_connect(std::string_view origin, std::string_view host,
                 std::vector<std::string> const& allowed) {
  if (origin.empty()) return true;
  parsed_origin const from = parse(origin);
  if (!from.scheme.empty() && from.authority == without_usual_port(lower(host), from.scheme))
    return true;
  return std::any_of(allowed.begin(), allowed.end(), [&](std::string const& entry) {
    if (entry == "*") return true;
    parsed_origin const may = parse(entry);
    return may.scheme == from.scheme && may.authority == from.authority;
  });
}

}  // namespace statelink
