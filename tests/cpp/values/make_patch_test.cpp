#include <gtest/gtest.h>

#include "random_value.hpp"
#include "statelink/patch.hpp"

namespace statelink {
namespace {

value json(char const* text) { return value::parse(text); }

std::string made(char const* from, char const* to) {
  return to_json(make_patch(json(from), json(to))).dump();
}

TEST(MakePatch, ObjectsByKey) {
  EXPECT_EQ(made(R"({"a":1,"b":2,"c":{"x":"some text that is long","y":2}})",
                 R"({"a":1,"c":{"x":"some text that is long","y":3},"d":4})"),
            R"([{"op":"remove","path":"/b"},{"op":"replace","path":"/c/y","value":3},)"
            R"({"op":"add","path":"/d","value":4}])");
}

TEST(MakePatch, NothingForTheSame) {
  EXPECT_EQ(made(R"({"a":[1,{"b":null}]})", R"({"a":[1,{"b":null}]})"), "[]");
}

TEST(MakePatch, TypesThatLookAlikeAreReplaced) {
  EXPECT_EQ(made(R"({"a":1})", R"({"a":1.0})"), R"([{"op":"replace","path":"/a","value":1.0}])");
  EXPECT_EQ(made(R"({"a":1})", R"({"a":true})"), R"([{"op":"replace","path":"/a","value":true}])");
}

TEST(MakePatch, AContainerIsReplacedWhereThatIsShorter) {
  EXPECT_EQ(made(R"({"a":[1,2,3]})", R"({"a":[4,5,6]})"),
            R"([{"op":"replace","path":"/a","value":[4,5,6]}])");
  EXPECT_EQ(made(R"({"a":[1,2,3]})", R"({"a":[]})"),
            R"([{"op":"replace","path":"/a","value":[]}])");
  EXPECT_EQ(made(R"({"a":1,"b":2,"c":3})", R"({})"),
            R"([{"op":"remove","path":"/a"},{"op":"remove","path":"/b"},)"
            R"({"op":"remove","path":"/c"}])")
      << "an object at the root is never replaced";
}

TEST(MakePatch, MiddlesOfEqualLengthElementByElement) {
  value from = value::array();
  for (int i = 0; i < 10; ++i) from.push_back({{"id", i}, {"name", std::string(40, 'n')}});
  value to = from;
  to[3]["id"] = -3;
  to[6]["id"] = -6;
  EXPECT_EQ(to_json(make_patch(from, to)).dump(), R"([{"op":"replace","path":"/3/id","value":-3},)"
                                                  R"({"op":"replace","path":"/6/id","value":-6}])");
}

class make_patch_rows : public ::testing::Test {
 protected:
  make_patch_rows() {
    for (int i = 0; i < 10'000; ++i) {
      rows.push_back({{"id", i}, {"name", "row " + std::to_string(i)}, {"done", i % 2 == 0}});
    }
  }
  patch to(value const& after) {
    auto p = make_patch(rows, after);
    value v = rows;
    EXPECT_EQ(apply_patch(v, p), errc::none);
    EXPECT_TRUE(same(v, after));
    return p;
  }
  value rows = value::array();
};

TEST_F(make_patch_rows, HeadInsertionIsOneOperation) {
  value after = rows;
  after.insert(after.begin(), value{{"id", -1}});
  EXPECT_EQ(to(after), (patch{{op_kind::add, "/0", {}, {{"id", -1}}}}));
}

TEST_F(make_patch_rows, HeadRemovalIsOneOperation) {
  value after = rows;
  after.erase(0);
  EXPECT_EQ(to(after), (patch{{op_kind::remove, "/0"}}));
}

TEST_F(make_patch_rows, OneFieldIsOneOperation) {
  value after = rows;
  after[5'000]["done"] = "maybe";
  EXPECT_EQ(to(after), (patch{{op_kind::replace, "/5000/done", {}, "maybe"}}));
}

TEST_F(make_patch_rows, AMiddleOfOtherLength) {
  value after = rows;
  after.erase(5'001);
  after.erase(5'001);
  after[5'000]["done"] = "maybe";
  EXPECT_EQ(to(after).size(), 3u);
  after.insert(after.begin() + 5'001, {1, 2, 3, 4, 5});
  EXPECT_LE(to(after).size(), 6u);
}

/// 20,000 pairs: the patch leads there, its inverse back, and nlohmann's own patch() agrees.
TEST(MakePatch, RandomPairs) {
  testing::random_value random(20'240'601);
  for (int round = 0; round < 20'000; ++round) {
    value const from = random.any(4);
    value const to = round % 4 == 0 ? random.any(4) : random.near(from, 4);
    patch const p = make_patch(from, to);
    value v = from;
    ASSERT_EQ(apply_patch(v, p), errc::none) << from << " to " << to;
    ASSERT_TRUE(same(v, to)) << from << " to " << to << " gives " << v << " by " << to_json(p);
    ASSERT_EQ(p.empty(), same(from, to));

    auto const inverse = invert(from, p);
    ASSERT_TRUE(inverse);
    ASSERT_EQ(apply_patch(v, *inverse), errc::none);
    ASSERT_TRUE(same(v, from)) << from << " to " << to << " and back gives " << v;

    ASSERT_TRUE(same(from.patch(to_json(p)), to)) << from << " to " << to;
    ASSERT_TRUE(same(to.patch(to_json(*inverse)), from)) << from << " to " << to;
  }
}

}  // namespace
}  // namespace statelink
