#include <algorithm>
#include <cstddef>
#include <string>

#include "values/diff.hpp"
#include "values/pointer.hpp"

namespace statelink {
namespace {

/// Bytes of `{"op":"replace","path":"","value":}` and its comma; other operations are taken to be
/// as long.
constexpr std::size_t op_bytes = 35;

/// About the bytes of `v` as JSON, counted no further than `limit`: the walk costs at most what it
/// saves.
std::size_t size_of(value const& v, std::size_t limit) {
  std::size_t bytes = 2;
  if (auto const* const text = v.get_ptr<std::string const*>()) return bytes + text->size();
  if (auto const* const array = v.get_ptr<value::array_t const*>()) {
    for (auto const& element : *array) {
      if (bytes > limit) break;
      bytes += 1 + size_of(element, limit - bytes);
    }
    return bytes;
  }
  if (auto const* const object = v.get_ptr<value::object_t const*>()) {
    for (auto const& [key, member] : *object) {
      if (bytes > limit) break;
      bytes += key.size() + 4 + size_of(member, limit - bytes);
    }
    return bytes;
  }
  return 5;  // a number or a literal
}

class comparison {
 public:
  comparison(std::string_view path, patch& out) : path_(path), out_(out) {}

  /// Compares as diff() does. Returns about the bytes of the operations appended.
  std::size_t compare(value const& from, value const& to) {
    bool const objects = from.is_object() && to.is_object();
    if (!objects && !(from.is_array() && to.is_array())) {
      return same(from, to) ? 0 : emit(op_kind::replace, &to);
    }

    std::size_t const first = out_.size();
    std::size_t const bytes = objects ? compare_objects(from.get_ref<value::object_t const&>(),
                                                        to.get_ref<value::object_t const&>())
                                      : compare_arrays(from.get_ref<value::array_t const&>(),
                                                       to.get_ref<value::array_t const&>());
    bool const at_root = objects && path_.empty();
    if (at_root || bytes <= op_bytes + path_.size() + size_of(to, bytes)) return bytes;
    out_.resize(first);  // the whole container is fewer bytes than its differences
    return emit(op_kind::replace, &to);
  }

 private:
  std::size_t emit(op_kind kind, value const* operand) {
    out_.push_back({kind, path_, {}, operand != nullptr ? *operand : value()});
    std::size_t const bytes = op_bytes + path_.size();
    return operand != nullptr ? bytes + size_of(*operand, static_cast<std::size_t>(-1)) : bytes;
  }

  template <class Token, class Step>
  std::size_t below(Token const& token, Step step) {
    std::size_t const length = path_.size();
    append_token(path_, token);
    std::size_t const bytes = step();
    path_.resize(length);
    return bytes;
  }

  std::size_t compare_objects(value::object_t const& from, value::object_t const& to) {
    std::size_t bytes = 0;
    auto i = from.begin();
    auto j = to.begin();
    while (i != from.end() || j != to.end()) {  // both are sorted by key
      int const order = i == from.end() ? 1 : j == to.end() ? -1 : i->first.compare(j->first);
      if (order < 0) {
        bytes += below(i->first, [&] { return emit(op_kind::remove, nullptr); });
      } else if (order > 0) {
        bytes += below(j->first, [&] { return emit(op_kind::add, &j->second); });
      } else {
        bytes += below(i->first, [&] { return compare(i->second, j->second); });
      }
      if (order <= 0) ++i;
      if (order >= 0) ++j;
    }
    return bytes;
  }

  std::size_t compare_arrays(value::array_t const& from, value::array_t const& to) {
    std::size_t const shorter = std::min(from.size(), to.size());
    std::size_t head = 0;
    while (head < shorter && same(from[head], to[head])) ++head;
    std::size_t tail = 0;
    while (tail < shorter - head && same(from[from.size() - 1 - tail], to[to.size() - 1 - tail])) {
      ++tail;
    }
    std::size_t const from_end = from.size() - tail;
    std::size_t const to_end = to.size() - tail;
    std::size_t const paired_end = std::min(from_end, to_end);

    std::size_t bytes = 0;
    for (std::size_t k = head; k < paired_end; ++k) {
      bytes += below(k, [&] { return compare(from[k], to[k]); });
    }
    for (std::size_t k = from_end; k > paired_end; --k) {
      bytes += below(k - 1, [&] { return emit(op_kind::remove, nullptr); });
    }
    for (std::size_t k = paired_end; k < to_end; ++k) {
      bytes += below(k, [&] { return emit(op_kind::add, &to[k]); });
    }
    return bytes;
  }

  std::string path_;
  patch& out_;
};

}  // namespace

void diff(std::string_view path, value const& from, value const& to, patch& out) {
  comparison(path, out).compare(from, to);
}

patch make_patch(value const& from, value const& to) {
  patch operations;
  diff("", from, to, operations);
  return operations;
}

}  // namespace statelink
