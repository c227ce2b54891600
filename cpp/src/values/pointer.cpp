#include "values/pointer.hpp"

#include <charconv>

namespace statelink {
namespace {

/// Takes the first token off `rest`, which begins with '/', and unescapes it.
bool take_token(std::string_view& rest, std::string& token) {
  token.clear();
  std::size_t at = 1;
  for (; at < rest.size() && rest[at] != '/'; ++at) {
    if (rest[at] != '~') {
      token += rest[at];
    } else {
      ++at;
      if (at == rest.size() || (rest[at] != '0' && rest[at] != '1')) return false;
      token += rest[at] == '0' ? '~' : '/';
    }
  }
  rest.remove_prefix(at);
  return true;
}

/// RFC 6901: digits without a leading zero.
bool parse_index(std::string_view token, std::size_t& index) noexcept {
  if (token.empty() || (token.size() > 1 && token.front() == '0')) return false;
  char const* const begin = token.data();
  char const* const end = begin + token.size();
  auto const [stop, failure] = std::from_chars(begin, end, index);
  return failure == std::errc{} && stop == end;
}

/// One step down: `out.target` becomes the parent, the token names a member or an element of it.
errc step_down(std::string& token, place& out) {
  if (out.target == nullptr) return errc::no_such_path;
  out.parent = out.target;
  out.target = nullptr;
  if (auto* const object = out.parent->get_ptr<value::object_t*>()) {
    auto const found = object->find(token);
    if (found != object->end()) out.target = &found->second;
    out.key.swap(token);
    return errc::none;
  }
  if (auto* const array = out.parent->get_ptr<value::array_t*>()) {
    out.index = array->size();
    if (token == "-") return errc::none;
    if (!parse_index(token, out.index) || out.index > array->size()) return errc::bad_index;
    if (out.index < array->size()) out.target = &(*array)[out.index];
    return errc::none;
  }
  return errc::no_such_path;
}

}  // namespace

errc locate(value& root, std::string_view pointer, place& out) {
  out.parent = nullptr;
  out.target = &root;
  if (!pointer.empty() && pointer.front() != '/') return errc::bad_pointer;
  std::string token;
  while (!pointer.empty()) {
    if (!take_token(pointer, token)) return errc::bad_pointer;
    if (auto const e = step_down(token, out); e != errc::none) return e;
  }
  return errc::none;
}

void append_token(std::string& pointer, std::string_view key) {
  pointer += '/';
  for (char const c : key) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

void append_token(std::string& pointer, std::size_t index) {
  char digits[20];
  auto const written = std::to_chars(digits, digits + sizeof digits, index);
  pointer += '/';
  pointer.append(digits, written.ptr);
}

std::string escape(std::string_view key) {
  std::string token;
  append_token(token, key);
  return token.substr(1);
}

}  // namespace statelink
