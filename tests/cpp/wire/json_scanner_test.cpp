#include "wire/json_scanner.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <tuple>

namespace statelink {
namespace {

bool accepts(std::string const& text, std::size_t depth = 64) {
  json_scanner in(text, depth);
  std::string_view value;
  return in.value(value) && in.at_end();
}

TEST(json_scanner, takes_what_rfc_8259_takes) {
  for (char const* text : {"0",
                           "-0",
                           "10",
                           "-1.5",
                           "1e5",
                           "1E+5",
                           "1.25e-10",
                           "true",
                           "false",
                           "null",
                           "\"\"",
                           "[]",
                           "{}",
                           " [ 1 , 2 ] ",
                           "{\"a\":{\"b\":[true,null]}}",
                           "\"\\u00e9\\n\\\"\\\\\\/\"",
                           "\"\\ud800\"",
                           "\t\r\n 1 \n",
                           "123456789012345678901234567890",
                           "\"\x7f\"",
                           "\"é🙂\""}) {
    EXPECT_TRUE(accepts(text)) << text;
  }
}

TEST(json_scanner, refuses_what_it_refuses) {
  for (char const* text : {"",
                           " ",
                           "01",
                           "-",
                           "+1",
                           ".5",
                           "1.",
                           "1e",
                           "1e+",
                           "0x1",
                           "NaN",
                           "Infinity",
                           "tru",
                           "True",
                           "nul",
                           "'a'",
                           "\"",
                           "\"a",
                           "\"\\\"",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\n\"",
                           "[",
                           "[1",
                           "[1,",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{",
                           "{\"a\"",
                           "{\"a\":",
                           "{\"a\":1",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{1:1}",
                           "{\"a\" 1}",
                           "{\"a\":1 \"b\":2}",
                           "]",
                           "}",
                           "1 2",
                           "[]]",
                           "/**/1",
                           "\x0b"
                           "1"}) {
    EXPECT_FALSE(accepts(text)) << text;
  }
  EXPECT_FALSE(accepts(std::string("1\0", 2)));
  EXPECT_FALSE(accepts(std::string("\"\0\"", 3)));
}

TEST(json_scanner, depth_has_a_limit) {
  auto const nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(accepts(nested(5), 5));
  EXPECT_FALSE(accepts(nested(6), 5));
  EXPECT_FALSE(accepts("{\"a\":{\"a\":{}}}", 2));
  EXPECT_TRUE(accepts("[[],[],[[]]]", 3));  // beside each other is not deep
  EXPECT_FALSE(accepts(std::string(1'000'000, '['), ~std::size_t{0}));
}

TEST(json_scanner, a_special_character_is_seen_wherever_it_stands) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text = '"' + std::string(40, 'x') + '"';
    text[at + 1] = '\x1f';
    EXPECT_FALSE(accepts(text));
    text[at + 1] = '"';
    EXPECT_FALSE(accepts(text));
    text[at + 1] = '\\';
    EXPECT_FALSE(accepts(text));
    text[at + 1] = '\x80';  // UTF-8 is somebody else's business
    EXPECT_TRUE(accepts(text));
  }
}

// Random texts near JSON, against nlohmann as the oracle.
TEST(json_scanner, agrees_with_nlohmann) {
  std::mt19937 random(20240607);
  std::string const alphabet = "{}[]\",:\\u0123456789abdefnrtls.+-eE \n";
  std::string const seeds[] = {R"({"e":13,"h":"Room.rename","a":{"name":"Ada \u00e9\n"}})",
                               R"([1,-2.5e+3,true,false,null,"x",{"a":[]}])"};
  int valid = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text = seeds[random() % 2];
    for (std::size_t edits = random() % 3; edits-- > 0;) {
      std::size_t const at = random() % text.size();
      char const c = alphabet[random() % alphabet.size()];
      if (random() % 3 == 0)
        text.erase(at, 1 + random() % 3);
      else if (random() % 2 == 0)
        text[at] = c;
      else
        text.insert(at, 1, c);
      if (text.empty()) text = " ";
    }
    bool expected = true;
    try {
      std::ignore = nlohmann::json::parse(text);
    } catch (nlohmann::json::out_of_range const&) {
      continue;  // a number beyond double: fine for the grammar
    } catch (nlohmann::json::parse_error const&) {
      expected = false;
    }
    if (text.find("\\ud") != std::string::npos) continue;  // half a surrogate pair: likewise
    ASSERT_EQ(accepts(text), expected) << text;
    valid += expected ? 1 : 0;
  }
  EXPECT_GT(valid, 1000);
}

TEST(json_scanner, decodes_escapes) {
  auto const decoded = [](std::string_view inner) {
    std::string out;
    EXPECT_TRUE(append_unescaped(out, inner));
    return out;
  };
  EXPECT_EQ(decoded("plain"), "plain");
  EXPECT_EQ(decoded(R"(\"\\\/\b\f\n\r\t)"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(decoded(R"(a\u0062c)"), "abc");
  EXPECT_EQ(decoded(R"(\u00e9\u20AC\ud83d\ude42)"), "é€🙂");
  EXPECT_EQ(decoded(R"(\u0000)"), std::string(1, '\0'));
  std::string out;
  for (char const* half :
       {R"(\ud83d)", R"(\ude42)", R"(\ud83dx)", R"(\ud83d\n12345)", R"(\ud83d\ud83d)"}) {
    EXPECT_FALSE(append_unescaped(out, half)) << half;
  }
}

TEST(json_scanner, safe_integers) {
  EXPECT_EQ(safe_integer("0"), 0u);
  EXPECT_EQ(safe_integer("9007199254740991"), 9007199254740991u);
  for (char const* text :
       {"9007199254740992", "-1", "1.0", "1e3", "", "99999999999999999999999", "\"1\"", "true"}) {
    EXPECT_FALSE(safe_integer(text)) << text;
  }
}

}  // namespace
}  // namespace statelink
