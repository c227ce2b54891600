#include "statelink/value.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

#include "values/utf8.hpp"

namespace statelink {
namespace {

bool same_float(double a, double b) noexcept {
  if (!std::isfinite(a) || !std::isfinite(b)) return !std::isfinite(a) && !std::isfinite(b);
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// nlohmann holds an integer as signed or unsigned by where it came from, and casts to compare
/// them.
bool same_integer(value const& a, value const& b) noexcept {
  auto const bits_of = [](value const& v) {
    auto const* const natural = v.get_ptr<std::uint64_t const*>();
    return natural ? *natural : static_cast<std::uint64_t>(*v.get_ptr<std::int64_t const*>());
  };
  std::uint64_t const bits = bits_of(a);
  bool const fits_both = bits >> 63 == 0;
  return bits == bits_of(b) && (fits_both || a.type() == b.type());
}

bool same_array(value::array_t const& a, value::array_t const& b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same(a[i], b[i])) return false;
  }
  return true;
}

bool same_object(value::object_t const& a, value::object_t const& b) noexcept {
  if (a.size() != b.size()) return false;
  for (auto i = a.begin(), j = b.begin(); i != a.end(); ++i, ++j) {
    if (i->first != j->first || !same(i->second, j->second)) return false;
  }
  return true;
}

}  // namespace

bool same(value const& a, value const& b) noexcept {
  using type = value::value_t;
  if (a.is_number_integer() && b.is_number_integer()) return same_integer(a, b);
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case type::number_float:
      return same_float(*a.get_ptr<double const*>(), *b.get_ptr<double const*>());
    case type::array:
      return same_array(*a.get_ptr<value::array_t const*>(), *b.get_ptr<value::array_t const*>());
    case type::object:
      return same_object(*a.get_ptr<value::object_t const*>(),
                         *b.get_ptr<value::object_t const*>());
    default:
      return a == b;
  }
}

bool make_encodable(value& v) {
  using type = value::value_t;
  switch (v.type()) {
    case type::number_float:
      if (!std::isfinite(*v.get_ptr<double const*>())) v = nullptr;
      return true;
    case type::string:
      return is_utf8(*v.get_ptr<std::string const*>());
    case type::array:
      for (auto& element : *v.get_ptr<value::array_t*>()) {
        if (!make_encodable(element)) return false;
      }
      return true;
    case type::object:
      for (auto& [key, member] : *v.get_ptr<value::object_t*>()) {
        if (!is_utf8(key) || !make_encodable(member)) return false;
      }
      return true;
    case type::binary:
    case type::discarded:
      return false;
    default:
      return true;
  }
}

void encode(value const& v, std::string& out) {
  out += v.dump(-1, ' ', false, value::error_handler_t::replace);
}

}  // namespace statelink
