#include "wire/utf8.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace statelink {
namespace {

std::string encode(std::uint32_t point) {
  std::string out;
  auto const byte = [&out](std::uint32_t b) { out += static_cast<char>(b); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | point >> 6);
    byte(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    byte(0xE0 | point >> 12);
    byte(0x80 | (point >> 6 & 0x3F));
    byte(0x80 | (point & 0x3F));
  } else {
    byte(0xF0 | point >> 18);
    byte(0x80 | (point >> 12 & 0x3F));
    byte(0x80 | (point >> 6 & 0x3F));
    byte(0x80 | (point & 0x3F));
  }
  return out;
}

TEST(utf8, takes_every_scalar_value_and_no_surrogate) {
  for (std::uint32_t point = 0; point < 0x120000; ++point) {
    bool const scalar = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    ASSERT_EQ(utf8_checker::accepts(encode(point)), scalar) << std::hex << point;
  }
}

TEST(utf8, refuses_what_is_not_the_shortest_form) {
  for (std::string const text :
       {"\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xE0\x9F\xBF", "\xF0\x80\x80\xAF",
        "\xF0\x8F\xBF\xBF", "\xF8\x88\x80\x80\x80", "\xFC\x84\x80\x80\x80\x80"}) {
    EXPECT_FALSE(utf8_checker::accepts(text));
  }
}

TEST(utf8, refuses_stray_and_missing_continuations) {
  for (std::string const text : {"\x80", "a\xBF", "\xC3", "\xC3(", "\xE2\x82", "\xE2\x28\xA1",
                                 "\xF0\x9F\x99", "\xF0\x28\x8C\xBC", "\xFE", "\xFF"}) {
    EXPECT_FALSE(utf8_checker::accepts(text));
  }
}

TEST(utf8, a_character_may_arrive_in_pieces) {
  std::string const text = "ascii text that is long enough, κόσμε, 🙂 and more ascii";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    utf8_checker check;
    EXPECT_TRUE(check.feed(std::string_view(text).substr(0, cut)));
    EXPECT_TRUE(check.feed(std::string_view(text).substr(cut)));
    EXPECT_TRUE(check.complete());
  }
}

TEST(utf8, refuses_at_the_first_byte_that_cannot_be_saved) {
  utf8_checker check;
  EXPECT_TRUE(check.feed("\xF4"));
  EXPECT_FALSE(check.feed("\x90"));  // beyond U+10FFFF, whatever follows
  EXPECT_FALSE(check.feed("a"));
  check.reset();
  EXPECT_TRUE(check.feed("a"));
}

TEST(utf8, a_bad_byte_is_found_wherever_it_stands) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'x');
    text[at] = '\xFF';
    EXPECT_FALSE(utf8_checker::accepts(text));
  }
}

TEST(utf8, cuts_between_characters) {
  EXPECT_EQ(cut_utf8("abc", 5), "abc");
  EXPECT_EQ(cut_utf8("abc", 2), "ab");
  EXPECT_EQ(cut_utf8("aé", 2), "a");
  EXPECT_EQ(cut_utf8("🙂🙂", 7), "🙂");
  EXPECT_EQ(cut_utf8("🙂", 3), "");
}

}  // namespace
}  // namespace statelink
