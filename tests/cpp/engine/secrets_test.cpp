#include "engine/secrets.hpp"

#include <gtest/gtest.h>

#include <set>

using statelink::random_name;
using statelink::same_secret;

namespace {

TEST(secrets, names_are_text_of_the_asked_strength) {
  EXPECT_EQ(random_name(16).size(), 22u);  // 128 bits, 6 a character
  EXPECT_EQ(random_name(24).size(), 32u);
  EXPECT_EQ(random_name(1).size(), 2u);
  for (char c : random_name(32)) {
    EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_') << c;
  }
}

TEST(secrets, names_do_not_repeat) {
  std::set<std::string> names;
  for (int i = 0; i < 10'000; ++i) names.insert(random_name(16));
  EXPECT_EQ(names.size(), 10'000u);
}

TEST(secrets, are_the_same_only_when_they_are) {
  EXPECT_TRUE(same_secret("", ""));
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "ab"));
  EXPECT_FALSE(same_secret("", "a"));
}

}  // namespace
