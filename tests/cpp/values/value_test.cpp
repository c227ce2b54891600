#include "statelink/value.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "values/utf8.hpp"

namespace statelink {
namespace {

std::string encoded(value const& v) {
  std::string out;
  encode(v, out);
  return out;
}

TEST(Value, TypesThatLookAlikeDiffer) {
  EXPECT_FALSE(same(1, 1.0));
  EXPECT_FALSE(same(1, true));
  EXPECT_FALSE(same(0, false));
  EXPECT_FALSE(same(1, "1"));
  EXPECT_FALSE(same(0.0, -0.0));
  EXPECT_FALSE(same(nullptr, false));
  EXPECT_FALSE(same(value::array(), value::object()));
  EXPECT_FALSE(same({{"a", {1, 2}}}, {{"a", {1, 2.0}}}));
  EXPECT_FALSE(same({{"a", 1}}, {{"b", 1}}));
  EXPECT_FALSE(same({1, 2}, {1, 2, 3}));
}

TEST(Value, SameIsSameEncoding) {
  EXPECT_TRUE(same(std::int64_t{1}, std::uint64_t{1}));
  EXPECT_FALSE(same(std::int64_t{-1}, std::numeric_limits<std::uint64_t>::max()));
  EXPECT_TRUE(same(0.1, 0.1));
  EXPECT_TRUE(same({{"a", {1, "x", nullptr}}, {"b", 2}}, {{"b", 2}, {"a", {1, "x", nullptr}}}));
  EXPECT_TRUE(same(NAN, INFINITY));
}

TEST(Value, NonFiniteFloatsBecomeNull) {
  value v = {{"a", {1.5, NAN, INFINITY}}, {"b", -INFINITY}};
  ASSERT_TRUE(make_encodable(v));
  EXPECT_EQ(encoded(v), R"({"a":[1.5,null,null],"b":null})");
}

TEST(Value, WhatJsonCannotSayIsRefused) {
  value text = {{"a", {"ok", "\xFF"}}};
  EXPECT_FALSE(make_encodable(text));
  value key = {{"\xC3", 1}};
  EXPECT_FALSE(make_encodable(key));
  value binary = {{"a", value::binary({1, 2})}};
  EXPECT_FALSE(make_encodable(binary));
}

TEST(Value, Utf8) {
  for (auto const* good : {"", "plain", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "a\xE2\x82\xAC z"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (auto const* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2 ", "\xE0\x9F\xBF",
                          "\xED\xA0\x80", "\xE2\x82", "\xE2\x82z", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF0\x90\x80", "\xFF"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Value, EncodesOnce) {
  std::string out = "x";
  encode({{"b", 1.0}, {"a", "\n"}}, out);
  EXPECT_EQ(out, "x{\"a\":\"\\n\",\"b\":1.0}");
  EXPECT_EQ(encoded("\xFF"), "\"\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace statelink
