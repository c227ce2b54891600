#include "statelink/patch.hpp"

#include <gtest/gtest.h>

#include "values/pointer.hpp"

namespace statelink {
namespace {

value json(char const* text) { return value::parse(text); }

/// `document` after the patch, both as text; the error's sentence when it failed.
std::string patched(char const* document, char const* operations) {
  value v = json(document);
  auto const p = from_json(json(operations));
  if (!p) return "not a patch";
  value const before = v;
  auto const e = apply_patch(v, *p);
  if (e == errc::none) return v.dump();
  EXPECT_TRUE(same(v, before)) << "changed by a patch that failed";
  return std::string(describe(e));
}

std::string sentence(errc e) { return std::string(describe(e)); }

/// RFC 6902, appendix A. `test` and `copy` are not part of our wire.
TEST(Patch, Rfc6902AppendixA) {
  // A.1 to A.7
  EXPECT_EQ(patched(R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux"}])"),
            R"({"baz":"qux","foo":"bar"})");
  EXPECT_EQ(patched(R"({"foo":["bar","baz"]})", R"([{"op":"add","path":"/foo/1","value":"qux"}])"),
            R"({"foo":["bar","qux","baz"]})");
  EXPECT_EQ(patched(R"({"baz":"qux","foo":"bar"})", R"([{"op":"remove","path":"/baz"}])"),
            R"({"foo":"bar"})");
  EXPECT_EQ(patched(R"({"foo":["bar","qux","baz"]})", R"([{"op":"remove","path":"/foo/1"}])"),
            R"({"foo":["bar","baz"]})");
  EXPECT_EQ(
      patched(R"({"baz":"qux","foo":"bar"})", R"([{"op":"replace","path":"/baz","value":"boo"}])"),
      R"({"baz":"boo","foo":"bar"})");
  EXPECT_EQ(patched(R"({"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}})",
                    R"([{"op":"move","from":"/foo/waldo","path":"/qux/thud"}])"),
            R"({"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}})");
  EXPECT_EQ(patched(R"({"foo":["all","grass","cows","eat"]})",
                    R"([{"op":"move","from":"/foo/1","path":"/foo/3"}])"),
            R"({"foo":["all","cows","eat","grass"]})");
  // A.8, A.9: test
  EXPECT_EQ(patched(R"({"baz":"qux"})", R"([{"op":"test","path":"/baz","value":"qux"}])"),
            "not a patch");
  // A.10 to A.12
  EXPECT_EQ(
      patched(R"({"foo":"bar"})", R"([{"op":"add","path":"/child","value":{"grandchild":{}}}])"),
      R"({"child":{"grandchild":{}},"foo":"bar"})");
  EXPECT_EQ(patched(R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux","xyz":123}])"),
            R"({"baz":"qux","foo":"bar"})");
  EXPECT_EQ(patched(R"({"foo":"bar"})", R"([{"op":"add","path":"/baz/bat","value":"qux"}])"),
            sentence(errc::no_such_path));
  // A.14: escape ordering (with replace in place of test)
  EXPECT_EQ(patched(R"({"/":9,"~1":10})", R"([{"op":"replace","path":"/~01","value":11}])"),
            R"({"/":9,"~1":11})");
  // A.16
  EXPECT_EQ(
      patched(R"({"foo":["bar"]})", R"([{"op":"add","path":"/foo/-","value":["abc","def"]}])"),
      R"({"foo":["bar",["abc","def"]]})");
}

TEST(Patch, AddOntoAMemberReplaces) {
  EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"add","path":"/a","value":2}])"), R"({"a":2})");
  EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"add","path":"","value":[2]}])"), "[2]");
}

TEST(Patch, MoveOntoAnAncestorOrItself) {
  EXPECT_EQ(patched(R"({"a":{"b":[1]}})", R"([{"op":"move","from":"/a/b","path":"/a"}])"),
            R"({"a":[1]})");
  EXPECT_EQ(patched(R"({"a":{"b":[1]}})", R"([{"op":"move","from":"/a","path":""}])"),
            R"({"b":[1]})");
  EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"move","from":"/a","path":"/a"}])"), R"({"a":1})");
  EXPECT_EQ(patched(R"({"a":[1,2]})", R"([{"op":"move","from":"/a/0","path":"/a/-"}])"),
            R"({"a":[2,1]})");
}

TEST(Patch, Append) {
  EXPECT_EQ(patched(R"({"a":["x"]})", R"([{"op":"append","path":"/a/0","value":"yz"}])"),
            R"({"a":["xyz"]})");
  EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"append","path":"/a","value":"yz"}])"),
            sentence(errc::not_a_string));
  EXPECT_EQ(patched(R"({"a":""})", R"([{"op":"append","path":"/a","value":1}])"), "not a patch");
}

TEST(Patch, Errors) {
  auto const error = [](char const* operation) {
    return patched(R"({"a":[1,2],"o":{"x":1}})", (std::string("[") + operation + "]").c_str());
  };
  EXPECT_EQ(error(R"({"op":"remove","path":""})"), sentence(errc::root_removed));
  EXPECT_EQ(error(R"({"op":"remove","path":"/b"})"), sentence(errc::no_such_path));
  EXPECT_EQ(error(R"({"op":"remove","path":"/a/2"})"), sentence(errc::no_such_path));
  EXPECT_EQ(error(R"({"op":"replace","path":"/a/-","value":0})"), sentence(errc::no_such_path));
  EXPECT_EQ(error(R"({"op":"add","path":"/a/3","value":0})"), sentence(errc::bad_index));
  EXPECT_EQ(error(R"({"op":"add","path":"/a/01","value":0})"), sentence(errc::bad_index));
  EXPECT_EQ(error(R"({"op":"add","path":"/a/+1","value":0})"), sentence(errc::bad_index));
  EXPECT_EQ(error(R"({"op":"add","path":"/a/-1","value":0})"), sentence(errc::bad_index));
  EXPECT_EQ(error(R"({"op":"add","path":"/a/99999999999999999999","value":0})"),
            sentence(errc::bad_index));
  EXPECT_EQ(error(R"({"op":"add","path":"/a/-/x","value":0})"), sentence(errc::no_such_path));
  EXPECT_EQ(error(R"({"op":"add","path":"a","value":0})"), sentence(errc::bad_pointer));
  EXPECT_EQ(error(R"({"op":"add","path":"/~2","value":0})"), sentence(errc::bad_pointer));
  EXPECT_EQ(error(R"({"op":"add","path":"/~","value":0})"), sentence(errc::bad_pointer));
  EXPECT_EQ(error(R"({"op":"move","from":"/o","path":"/o/y"})"), sentence(errc::into_itself));
  EXPECT_EQ(error(R"({"op":"move","from":"/o/y","path":"/b"})"), sentence(errc::no_such_path));
  EXPECT_EQ(error(R"({"op":"move","from":"/o","path":"/nowhere/y"})"),
            sentence(errc::no_such_path));
}

TEST(Patch, AllOrNone) {
  // each kind of operation, taken back because of the last
  EXPECT_EQ(patched(R"({"a":[1,2,3],"o":{"x":"t","y":2}})", R"([
      {"op":"add","path":"/a/-","value":4}, {"op":"add","path":"/n","value":1},
      {"op":"replace","path":"/a/0","value":9}, {"op":"remove","path":"/a/1"},
      {"op":"append","path":"/o/x","value":"ext"}, {"op":"move","from":"/a/0","path":"/o/y"},
      {"op":"move","from":"/o/x","path":"/o"}, {"op":"replace","path":"","value":[]},
      {"op":"remove","path":"/gone"}])"),
            sentence(errc::bad_index));
}

TEST(Patch, InvertsEveryKind) {
  value const before = json(R"({"a":[1,2,3],"o":{"x":"t","y":2}})");
  for (auto const* text :
       {R"([])", R"([{"op":"add","path":"/a/-","value":4}])",
        R"([{"op":"add","path":"/o/x","value":4}])", R"([{"op":"replace","path":"","value":4}])",
        R"([{"op":"remove","path":"/a/1"}])", R"([{"op":"remove","path":"/o"}])",
        R"([{"op":"move","from":"/a/2","path":"/a/0"}])",
        R"([{"op":"move","from":"/o/x","path":"/o/y"}])",
        R"([{"op":"move","from":"/a/0","path":"/a"},{"op":"move","from":"/a","path":"/b"}])",
        R"([{"op":"append","path":"/o/x","value":"1"},{"op":"append","path":"/o/x","value":"2"}])",
        R"([{"op":"move","from":"/a/0","path":"/a/-"},{"op":"remove","path":"/a/0"}])"}) {
    auto const p = from_json(json(text));
    ASSERT_TRUE(p);
    value after = before;
    ASSERT_EQ(apply_patch(after, *p), errc::none) << text;
    auto const inverse = invert(before, *p);
    ASSERT_TRUE(inverse) << text;
    ASSERT_EQ(apply_patch(after, *inverse), errc::none) << text;
    EXPECT_TRUE(same(after, before)) << text << " gives " << after;
  }
  EXPECT_FALSE(invert(before, {{op_kind::remove, "/gone"}}));
}

TEST(Patch, JsonRoundTrip) {
  patch const p = {{op_kind::add, "/a~1b/-", {}, {{"k", nullptr}}},
                   {op_kind::replace, "", {}, 1.5},
                   {op_kind::remove, "/\xC3\xA9\""},
                   {op_kind::move, "/x", "/y"},
                   {op_kind::append, "/t", {}, " more"}};
  auto const back = from_json(to_json(p));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, p);

  std::string text = "[";
  for (auto const& o : p) {
    if (text.size() > 1) text += ',';
    encode(o, text);
  }
  text += ']';
  EXPECT_EQ(value::parse(text), to_json(p));
}

TEST(Patch, EncodesAsTheProtocolSays) {
  std::string out;
  encode(op{op_kind::replace, "/count", {}, 4}, out);
  EXPECT_EQ(out, R"({"op":"replace","path":"/count","value":4})");
  out.clear();
  encode(op{op_kind::move, "/b", "/a"}, out);
  EXPECT_EQ(out, R"({"op":"move","from":"/a","path":"/b"})");
}

TEST(Patch, RefusesWhatIsNotAPatch) {
  for (auto const* text :
       {R"({})", R"([1])", R"([{"op":"add","value":1}])", R"([{"op":"add","path":"/a"}])",
        R"([{"op":"move","path":"/a"}])", R"([{"op":"copy","from":"/a","path":"/b"}])",
        R"([{"op":"add","path":1,"value":1}])", R"([{"op":1,"path":"","value":1}])",
        R"([{"path":"","value":1}])"}) {
    EXPECT_FALSE(from_json(json(text))) << text;
  }
}

TEST(Patch, PointersEscapeAndFind) {
  EXPECT_EQ(escape("a/b~c"), "a~1b~0c");
  EXPECT_EQ(escape(""), "");
  // RFC 6901, section 5
  value document = json(R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,
                            "i\\j":5,"k\"l":6," ":7,"m~n":8})");
  place at;
  for (auto const& [pointer, expected] : {std::pair<char const*, value>{"", document},
                                          {"/foo", {"bar", "baz"}},
                                          {"/foo/0", "bar"},
                                          {"/", 0},
                                          {"/a~1b", 1},
                                          {"/c%d", 2},
                                          {"/e^f", 3},
                                          {"/g|h", 4},
                                          {"/i\\j", 5},
                                          {"/k\"l", 6},
                                          {"/ ", 7},
                                          {"/m~0n", 8}}) {
    ASSERT_EQ(locate(document, pointer, at), errc::none) << pointer;
    ASSERT_NE(at.target, nullptr) << pointer;
    EXPECT_EQ(*at.target, expected) << pointer;
  }
}

}  // namespace
}  // namespace statelink
