// Small random documents, and documents that differ a little from one.
#pragma once

#include <array>
#include <cstddef>
#include <iterator>
#include <random>
#include <string>

#include "statelink/value.hpp"

namespace statelink::testing {

class random_value {
 public:
  explicit random_value(std::uint32_t seed) : engine_(seed) {}

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }

  std::string key() {
    static constexpr std::array keys = {"a", "b", "c", "", "~", "/", "0", "x/y~z", "_h"};
    return keys[below(keys.size())];
  }

  std::string text() { return std::string(below(4), static_cast<char>('a' + below(3))); }

  value scalar() {
    switch (below(8)) {
      case 0:
        return nullptr;
      case 1:
        return below(2) == 0;
      case 2:
        return 1;
      case 3:
        return 1.0;
      case 4:
        return -static_cast<int>(below(3));
      case 5:
        return 0.5 * static_cast<double>(below(4));
      case 6:
        return text();
      default:
        return below(4);
    }
  }

  value any(std::size_t depth) {
    switch (depth == 0 ? 2 : below(4)) {
      case 0:
        return array(depth);
      case 1:
        return object(depth);
      default:
        return scalar();
    }
  }

  value array(std::size_t depth) {
    value v = value::array();
    for (std::size_t n = below(6); n > 0; --n) v.push_back(any(depth - 1));
    return v;
  }

  value object(std::size_t depth) {
    value v = value::object();
    for (std::size_t n = below(6); n > 0; --n) v[key()] = any(depth - 1);
    return v;
  }

  /// `v` after a few small changes somewhere inside.
  value near(value v, std::size_t depth) {
    for (std::size_t n = 1 + below(3); n > 0; --n) change(v, depth);
    return v;
  }

 private:
  void change(value& v, std::size_t depth) {
    if (depth == 0 || v.is_primitive() || below(8) == 0) {
      v = any(depth);
      return;
    }
    if (v.is_object()) {
      switch (below(3)) {
        case 0:
          v[key()] = any(depth - 1);
          return;
        case 1:
          v.erase(key());
          return;
        default:
          if (!v.empty()) change(*std::next(v.begin(), step(v)), depth - 1);
          return;
      }
    }
    auto& elements = v.get_ref<value::array_t&>();
    switch (elements.empty() ? 0 : below(3)) {
      case 0:
        elements.insert(std::next(elements.begin(), step(v, 1)), any(depth - 1));
        return;
      case 1:
        elements.erase(std::next(elements.begin(), step(v)));
        return;
      default:
        change(elements[below(elements.size())], depth - 1);
        return;
    }
  }

  std::ptrdiff_t step(value const& v, std::size_t more = 0) {
    return static_cast<std::ptrdiff_t>(below(v.size() + more));
  }

  std::mt19937 engine_;
};

}  // namespace statelink::testing
