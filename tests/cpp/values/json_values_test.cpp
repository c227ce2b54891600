#include "statelink/json_values.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <iterator>
#include <memory>
#include <system_error>
#include <utility>

#include "random_value.hpp"

namespace statelink {
namespace {

constexpr auto ok = errc::none;

value json(char const* text) { return value::parse(text); }

std::unique_ptr<json_values> values_of(value initial) {
  std::error_code error;
  auto made = json_values::make(std::move(initial), error);
  EXPECT_FALSE(error) << error.message();
  return made;
}

std::string committed(json_values& v) {
  std::string out;
  return v.commit_ops(out) ? out : "nothing" + out;
}

std::string snapshot(json_values& v) {
  std::string out;
  v.encode_snapshot(out);
  return out;
}

TEST(JsonValues, AChangeIsOneOperation) {
  auto const made = values_of(json(R"({"count":3,"rows":[{"id":1}]})"));
  json_values& v = *made;
  EXPECT_EQ(v.set("/count", 4), ok);
  EXPECT_EQ(v.set("/rows/0/id", 2), ok);
  EXPECT_EQ(v.set("/rows/-", "x"), ok);
  EXPECT_EQ(v.set("/new", nullptr), ok);
  EXPECT_EQ(v.get(), json(R"({"count":4,"new":null,"rows":[{"id":2},"x"]})"));
  EXPECT_EQ(committed(v), R"([{"op":"replace","path":"/count","value":4},)"
                          R"({"op":"replace","path":"/rows/0/id","value":2},)"
                          R"({"op":"add","path":"/rows/1","value":"x"},)"
                          R"({"op":"add","path":"/new","value":null}])");
  EXPECT_EQ(committed(v), "nothing");
}

TEST(JsonValues, CommitAppendsToWhatIsThere) {
  auto const made = values_of(json(R"({"a":1})"));
  json_values& v = *made;
  std::string out = "before";
  EXPECT_FALSE(v.commit_ops(out));
  EXPECT_EQ(out, "before");
  EXPECT_EQ(v.set("/a", 2), ok);
  EXPECT_TRUE(v.commit_ops(out));
  EXPECT_EQ(out, R"(before[{"op":"replace","path":"/a","value":2}])");
  v.encode_snapshot(out);
  EXPECT_EQ(out, R"(before[{"op":"replace","path":"/a","value":2}]{"a":2})");
}

TEST(JsonValues, SettingTheSameRecordsNothing) {
  auto const made = values_of(json(R"({"a":1,"b":{"c":[1,"x",null]}})"));
  json_values& v = *made;
  EXPECT_EQ(v.set("/a", 1), ok);
  EXPECT_EQ(v.set("/b", json(R"({"c":[1,"x",null]})")), ok);
  EXPECT_EQ(v.append("/b/c/1", ""), ok);
  EXPECT_EQ(v.apply({{op_kind::replace, "/b/c/0", {}, 1}, {op_kind::add, "/a", {}, 1}}), ok);
  EXPECT_EQ(v.apply({{op_kind::move, "/b/c/0", "/b/c/0"}, {op_kind::move, "/b", "/b"}}), ok);
  EXPECT_EQ(committed(v), "nothing");
}

TEST(JsonValues, LookingAlikeIsNotTheSame) {
  auto const made = values_of(json(R"({"a":1})"));
  json_values& v = *made;
  EXPECT_EQ(v.set("/a", 1.0), ok);
  EXPECT_EQ(committed(v), R"([{"op":"replace","path":"/a","value":1.0}])");
  EXPECT_EQ(v.set("/a", true), ok);
  EXPECT_EQ(committed(v), R"([{"op":"replace","path":"/a","value":true}])");
}

TEST(JsonValues, TheLastWriteWins) {
  auto const made = values_of(json(R"({"a":1,"rows":[1,2],"o":{"x":1}})"));
  json_values& v = *made;
  for (int i = 2; i <= 100; ++i) {
    EXPECT_EQ(v.set("/a", i), ok);
    EXPECT_EQ(v.set("/rows/1", i * 10), ok);
    EXPECT_EQ(v.set("/new", i), ok);
    EXPECT_EQ(v.set("/o/x", i), ok);
  }
  EXPECT_EQ(v.apply({{op_kind::remove, "/o"}}), ok);
  EXPECT_EQ(committed(v), R"([{"op":"replace","path":"/a","value":100},)"
                          R"({"op":"replace","path":"/rows/1","value":1000},)"
                          R"({"op":"add","path":"/new","value":100},)"
                          R"({"op":"remove","path":"/o"}])");
}

TEST(JsonValues, WritesThatLeadBackAreNotSent) {
  auto const made = values_of(json(R"({"a":1,"t":"text","rows":[1,2],"o":{"x":1}})"));
  json_values& v = *made;
  EXPECT_EQ(v.set("/a", 2), ok);
  EXPECT_EQ(v.set("/a", 1), ok);
  EXPECT_EQ(v.set("/new", 1), ok);
  EXPECT_EQ(v.set("/new/", 1), errc::no_such_path);
  EXPECT_EQ(v.apply({{op_kind::remove, "/new"}}), ok);
  EXPECT_EQ(v.apply({{op_kind::remove, "/o"}, {op_kind::add, "/o", {}, {{"x", 1}}}}), ok);
  EXPECT_EQ(v.apply({{op_kind::add, "/rows/1", {}, 9}, {op_kind::remove, "/rows/1"}}), ok);
  EXPECT_EQ(v.apply({{op_kind::remove, "/rows/0"}, {op_kind::add, "/rows/0", {}, 1}}), ok);
  EXPECT_EQ(v.set("/rows/-", {{"id", 1}}), ok);
  EXPECT_EQ(v.set("/rows/2/id", 2), ok);
  EXPECT_EQ(v.apply({{op_kind::remove, "/rows/2"}}), ok);
  EXPECT_EQ(v.append("/t", " more"), ok);
  EXPECT_EQ(v.set("/t", "text"), ok);
  EXPECT_EQ(v.append("/t", " more"), ok);
  EXPECT_EQ(v.set("/t", "te"), ok);
  EXPECT_EQ(v.append("/t", "xt"), ok);
  EXPECT_EQ(committed(v), "nothing");
}

TEST(JsonValues, AChangedElementThatIsTakenOutAndPutBackIsSent) {
  auto const made = values_of(json(R"({"rows":[1,2]})"));
  json_values& v = *made;
  EXPECT_EQ(v.set("/rows/0", 9), ok);
  EXPECT_EQ(v.apply({{op_kind::remove, "/rows/0"}, {op_kind::add, "/rows/0", {}, 9}}), ok);
  EXPECT_EQ(committed(v), R"([{"op":"remove","path":"/rows/0"},)"
                          R"({"op":"add","path":"/rows/0","value":9}])");
}

TEST(JsonValues, AWriteDoesNotPassAnInsertion) {
  auto const made = values_of(json(R"({"rows":[{"n":1},{"n":2}]})"));
  json_values& v = *made;
  EXPECT_EQ(v.set("/rows/0/n", 10), ok);
  EXPECT_EQ(v.apply({{op_kind::add, "/rows/0", {}, {{"n", 0}}}}), ok);
  EXPECT_EQ(v.set("/rows/0/n", 5), ok);
  EXPECT_EQ(v.set("/rows/0/n", 6), ok);
  EXPECT_EQ(committed(v), R"([{"op":"replace","path":"/rows/0/n","value":10},)"
                          R"({"op":"add","path":"/rows/0","value":{"n":0}},)"
                          R"({"op":"replace","path":"/rows/0/n","value":6}])");
}

TEST(JsonValues, AppendsBecomeOne) {
  auto const made = values_of(json(R"({"t":"","rows":["a"]})"));
  json_values& v = *made;
  for (auto const* word : {"to", " be", " or"}) EXPECT_EQ(v.append("/t", word), ok);
  EXPECT_EQ(v.append("/rows/0", "b"), ok);
  EXPECT_EQ(committed(v), R"([{"op":"append","path":"/t","value":"to be or"},)"
                          R"({"op":"append","path":"/rows/0","value":"b"}])");
  EXPECT_EQ(v.set("/t", "x"), ok);
  EXPECT_EQ(v.append("/t", "y"), ok);
  EXPECT_EQ(committed(v), R"([{"op":"replace","path":"/t","value":"xy"}])");
  EXPECT_EQ(v.append("/t", "z"), ok);
  EXPECT_EQ(v.set("/t", "new"), ok);
  EXPECT_EQ(committed(v), R"([{"op":"replace","path":"/t","value":"new"}])");
}

TEST(JsonValues, ReassignmentSendsTheDifference) {
  value rows = value::array();
  for (int i = 0; i < 1'000; ++i) rows.push_back({{"id", i}, {"name", "a row with a name"}});
  auto const made = values_of(value{{"rows", rows}});
  json_values& v = *made;
  rows.insert(rows.begin(), value{{"id", -1}});
  EXPECT_EQ(v.set("/rows", rows), ok);
  EXPECT_EQ(committed(v), R"([{"op":"add","path":"/rows/0","value":{"id":-1}}])");
}

TEST(JsonValues, UndoPutsBackTheCommitted) {
  value const before = json(R"({"a":1,"t":"text","rows":[1,2,3],"_hidden":[1]})");
  auto const made = values_of(before);
  json_values& v = *made;
  EXPECT_EQ(v.set("/a", 2), ok);
  EXPECT_EQ(v.append("/t", " more"), ok);
  EXPECT_EQ(v.apply({{op_kind::move, "/rows/0", "/rows/2"}, {op_kind::move, "/t", "/rows/1"}}), ok);
  EXPECT_EQ(v.set("/_hidden/0", 2), ok);
  EXPECT_EQ(v.set("", json(R"({"z":1})")), ok);
  v.undo();
  EXPECT_TRUE(same(v.get(), before)) << v.get();
  EXPECT_EQ(committed(v), "nothing");
}

TEST(JsonValues, AFailedPatchChangesNothing) {
  value const before = json(R"({"a":1,"rows":[1,2]})");
  auto const made = values_of(before);
  json_values& v = *made;
  EXPECT_EQ(v.set("/a", 2), ok);
  EXPECT_EQ(v.apply({{op_kind::replace, "/a", {}, 1},
                     {op_kind::move, "/x", "/rows/0"},
                     {op_kind::replace, "", {}, value::object()},
                     {op_kind::remove, "/gone"}}),
            errc::no_such_path);
  EXPECT_EQ(v.apply({{op_kind::remove, "/a"}, {op_kind::add, "/b", {}, "\xFF"}}),
            errc::unencodable);
  EXPECT_EQ(v.get(), json(R"({"a":2,"rows":[1,2]})"));
  EXPECT_EQ(committed(v), R"([{"op":"replace","path":"/a","value":2}])");
}

TEST(JsonValues, NonFiniteFloatsAreNull) {
  auto const made = values_of(value{{"a", NAN}});
  json_values& v = *made;
  EXPECT_EQ(snapshot(v), R"({"a":null})");
  EXPECT_EQ(v.set("/a", INFINITY), ok);
  EXPECT_EQ(committed(v), "nothing");
  EXPECT_EQ(v.set("/b", {-INFINITY, 1.5}), ok);
  EXPECT_EQ(committed(v), R"([{"op":"add","path":"/b","value":[null,1.5]}])");
}

TEST(JsonValues, WhatCannotBeEncodedIsRefusedAtOnce) {
  auto const made = values_of(json(R"({"a":"x"})"));
  json_values& v = *made;
  EXPECT_EQ(v.set("/a", "\xFF"), errc::unencodable);
  EXPECT_EQ(v.set("/\xFF", 1), errc::unencodable);
  EXPECT_EQ(v.set("/a", value::binary({1})), errc::unencodable);
  EXPECT_EQ(v.append("/a", "\xC3"), errc::unencodable);
  EXPECT_EQ(v.apply({{op_kind::move, "/\xFF", "/a"}}), errc::unencodable);
  EXPECT_EQ(committed(v), "nothing");
  std::error_code error;
  EXPECT_EQ(json_values::make(value{{"a", "\xFF"}}, error), nullptr);
  EXPECT_EQ(error, errc::unencodable);
  EXPECT_EQ(json_values::make(value::array(), error), nullptr);
  EXPECT_EQ(error, errc::root_not_object);
  EXPECT_NE(json_values::make(value::object(), error), nullptr);
  EXPECT_FALSE(error);
  json_values empty;
  EXPECT_EQ(snapshot(empty), "{}");
}

TEST(JsonValues, TheRootStaysAnObject) {
  auto const made = values_of(json(R"({"a":1,"b":2})"));
  json_values& v = *made;
  EXPECT_EQ(v.set("", 1), errc::root_not_object);
  EXPECT_EQ(v.apply({{op_kind::move, "", "/a"}}), errc::root_not_object);
  EXPECT_EQ(v.apply({{op_kind::remove, ""}}), errc::root_removed);
  EXPECT_EQ(v.set("", json(R"({"b":3,"c":{"d":4}})")), ok);
  EXPECT_EQ(committed(v), R"([{"op":"remove","path":"/a"},{"op":"replace","path":"/b","value":3},)"
                          R"({"op":"add","path":"/c","value":{"d":4}}])");
  EXPECT_EQ(v.apply({{op_kind::move, "", "/c"}}), ok);
  EXPECT_EQ(v.get(), json(R"({"d":4})"));
  EXPECT_EQ(v.apply({{op_kind::move, "", "/d"}}), errc::root_not_object);
  EXPECT_EQ(v.apply({{op_kind::move, "/d", ""}}), errc::into_itself);
}

TEST(JsonValues, BackendOnlyMembersNeverTravel) {
  auto const made = values_of(json(R"({"_deck":[1,2],"top":null})"));
  json_values& v = *made;
  EXPECT_EQ(snapshot(v), R"({"top":null})");
  EXPECT_EQ(v.set("/_deck/0", 7), ok);
  EXPECT_EQ(v.set("/_more", {{"_x", 1}}), ok);
  EXPECT_EQ(committed(v), "nothing");
  EXPECT_EQ(v.apply({{op_kind::move, "/top", "/_deck/0"}, {op_kind::move, "/_top", "/_more"}}), ok);
  EXPECT_EQ(committed(v), R"([{"op":"replace","path":"/top","value":7}])");
  EXPECT_EQ(v.apply({{op_kind::move, "/_deck/-", "/top"}}), ok);
  EXPECT_EQ(committed(v), R"([{"op":"remove","path":"/top"}])");
  EXPECT_EQ(v.get(), json(R"({"_deck":[2,7],"_top":{"_x":1}})"));
  EXPECT_EQ(v.set("/o", {{"_x", 1}}), ok);  // only at the root is an underscore special
  EXPECT_EQ(committed(v), R"([{"op":"add","path":"/o","value":{"_x":1}}])");
}

/// A random pointer into `v`: mostly to something that exists, at times to what could be added.
std::string some_pointer(testing::random_value& random, value const& v) {
  std::string path;
  value const* at = &v;
  while (path.empty() || random.below(3) != 0) {
    if (at->is_object()) {
      std::string key = random.key();
      if (!at->empty() && random.below(4) != 0) {
        key = std::next(at->begin(), static_cast<std::ptrdiff_t>(random.below(at->size()))).key();
      }
      path += '/' + escape(key);
      auto const found = at->find(key);
      if (found == at->end()) return path;
      at = &*found;
    } else if (at->is_array()) {
      std::size_t const index = random.below(at->size() + 1);
      path += index == at->size() && random.below(2) == 0 ? "/-" : '/' + std::to_string(index);
      if (index == at->size()) return path;
      at = &(*at)[index];
    } else {
      return path;
    }
  }
  return path;
}

void mutate(testing::random_value& random, json_values& v) {
  std::string const path = some_pointer(random, v.get());
  // What fails must change nothing, which the caller sees from the replay.
  switch (random.below(9)) {
    case 0:
      (void)v.set(path, random.any(3));
      return;
    case 1:
      (void)v.set(path, random.scalar());
      return;
    case 2:
      (void)v.append(path, random.text());
      return;
    case 3:
      (void)v.apply({{op_kind::add, path, {}, random.any(2)}});
      return;
    case 4:
      (void)v.apply({{op_kind::remove, path}});
      return;
    case 5:
      (void)v.apply({{op_kind::replace, path, {}, random.any(2)}});
      return;
    case 6:
      (void)v.apply({{op_kind::move, path, some_pointer(random, v.get())}});
      return;
    case 7:
      (void)v.apply({{op_kind::remove, path},
                     {op_kind::add, some_pointer(random, v.get()), {}, random.scalar()}});
      return;
    default: {  // there and back
      value const* const at = v.get().contains(value::json_pointer(path))
                                  ? &v.get().at(value::json_pointer(path))
                                  : nullptr;
      if (at == nullptr) return;
      value const old = *at;
      (void)v.set(path, random.scalar());
      (void)v.set(path, old);
    }
  }
}

/// 20,000 turns of a few random changes each: a mirror that applies what is sent is equal to a
/// snapshot after every commit (nlohmann's patch() agrees where no append is in it), and an undo
/// leads back to the commit.
TEST(JsonValues, RandomTurnsReplay) {
  testing::random_value random(77);
  std::size_t sent = 0;
  for (int round = 0; round < 4'000; ++round) {
    auto const made = values_of(random.object(4));
    json_values& v = *made;
    value mirror = value::parse(snapshot(v));
    for (int turn = 0; turn < 5; ++turn) {
      value const before = v.get();
      for (std::size_t n = 1 + random.below(8); n > 0; --n) mutate(random, v);
      if (random.below(4) == 0) {
        v.undo();
        ASSERT_TRUE(same(v.get(), before)) << v.get() << " undone, committed " << before;
        ASSERT_EQ(committed(v), "nothing");
        continue;
      }
      value const old_mirror = mirror;
      std::string out;
      if (v.commit_ops(out)) {
        value const document = value::parse(out);
        auto const p = from_json(document);
        ASSERT_TRUE(p) << out;
        ASSERT_EQ(apply_patch(mirror, *p), ok) << out << " on " << old_mirror;
        sent += p->size();
        if (out.find(R"("op":"append")") == std::string::npos) {
          ASSERT_TRUE(same(old_mirror.patch(document), mirror)) << out << " on " << old_mirror;
        }
      }
      ASSERT_TRUE(same(mirror, value::parse(snapshot(v))))
          << old_mirror << " by " << out << " gives " << mirror << ", not " << v.get();
    }
  }
  EXPECT_GT(sent, 20'000u);
}

}  // namespace
}  // namespace statelink
