#include "wire/client_frames.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/golden_frames.hpp"

namespace statelink {
namespace {

using testing::golden_file;
using testing::golden_frame;

/// A parser and its last result, which must be a `Frame`.
class client_frames : public ::testing::Test {
 protected:
  template <class Frame>
  Frame parsed(std::string const& text) {
    client_frame frame = parser_.parse(text_ = text);
    if (auto const* refusal = std::get_if<frame_refusal>(&frame))
      ADD_FAILURE() << text << ": " << refusal->sentence;
    return std::get<Frame>(frame);
  }
  std::string refusal(std::string const& text) {
    client_frame const frame = parser_.parse(text_ = text);
    auto const* r = std::get_if<frame_refusal>(&frame);
    return r != nullptr ? r->sentence : "";
  }
  std::string text_;  // what views point into
  client_frame_parser parser_{64};
};

TEST_F(client_frames, golden_frames_of_clients_are_taken) {
  int n = 0;
  for (auto const& entry : golden_file("frames.json")) {
    if (entry["direction"] != "client") continue;
    EXPECT_EQ(refusal(entry["frame"]), "") << entry["name"];
    ++n;
  }
  EXPECT_GT(n, 5);
}

TEST_F(client_frames, golden_bad_frames_are_refused_with_a_sentence_that_fits_a_close_reason) {
  for (auto const& entry : golden_file("bad_frames.json")) {
    std::string const sentence = refusal(entry["frame"]);
    EXPECT_NE(sentence, "") << entry["name"];
    EXPECT_LE(sentence.size(), 123u) << entry["name"];
  }
}

TEST_F(client_frames, frames_of_the_server_are_refused) {
  for (auto const& entry : golden_file("frames.json")) {
    std::string const text = entry["frame"];
    if (entry["direction"] != "server" || text.starts_with(R"({"hello")"))
      continue;  // that key both sides use
    EXPECT_NE(refusal(text), "") << entry["name"];
  }
}

TEST_F(client_frames, event) {
  auto const e = parsed<event_frame>(golden_frame("event"));
  EXPECT_EQ(e.id, 13u);
  EXPECT_EQ(e.handler, "Room.rename");
  EXPECT_EQ(e.arguments, R"({"name":"Ada"})");
}

TEST_F(client_frames, event_without_arguments) {
  EXPECT_EQ(parsed<event_frame>(R"({"e":1,"h":"C.inc"})").arguments, "");
}

TEST_F(client_frames, page) {
  EXPECT_EQ(parsed<page_frame>(golden_frame("page")).path, "/room/b?x=1");
  EXPECT_EQ(parsed<page_frame>(R"({"page":"\u002froom"})").path, "/room");
  EXPECT_EQ(refusal(R"({"page":"room"})"), "page does not begin with a slash");
  EXPECT_EQ(refusal(R"({"page":7})"), "page is not a string");
  EXPECT_EQ(refusal("{\"page\":\"/" + std::string(16 << 10, 'x') + "\"}"),
            "page has more than 16384 bytes");
}

TEST_F(client_frames, stored) {
  EXPECT_EQ(parsed<stored_frame>(golden_frame("stored_nothing")).values, "{}");
  EXPECT_EQ(parsed<stored_frame>(R"({"stored": {"A":{"x":null}} })").values, R"({"A":{"x":null}})");
  for (char const* wrong : {"7", "[]", R"({"A":7})", R"({"A":{"x":7}})", R"({"A":{"x":{}}})"}) {
    EXPECT_EQ(refusal(std::string(R"({"stored":)") + wrong + "}"),
              "stored is not an object of states, each one of strings")
        << wrong;
  }
}

TEST_F(client_frames, hello_with_storage) {
  EXPECT_TRUE(parsed<hello_frame>(golden_frame("hello_with_storage")).understands_storage);
  EXPECT_FALSE(parsed<hello_frame>(golden_frame("hello_new")).understands_storage);
}

TEST_F(client_frames, arguments_are_passed_on_as_they_came) {
  std::string const raw = "{ \"x\" : [1.50, \"\\u00e9\\ud800\"],\n\"y\":12345678901234567890 }";
  EXPECT_EQ(parsed<event_frame>("{\"e\":1,\"h\":\"C.inc\",\"a\": " + raw + " }").arguments, raw);
}

TEST_F(client_frames, keys_come_in_any_order_and_spelling) {
  auto const e = parsed<event_frame>(R"( { "a":{}, "\u0068":"C.inc" , "e":7 } )");
  EXPECT_EQ(e.id, 7u);
  EXPECT_EQ(e.handler, "C.inc");
  EXPECT_EQ(e.arguments, "{}");
}

TEST_F(client_frames, a_handler_may_be_written_with_escapes) {
  EXPECT_EQ(parsed<event_frame>(R"({"e":1,"h":"C.\u0069nc"})").handler, "C.inc");
  EXPECT_EQ(refusal(R"({"e":1,"h":"C.\ud800"})"), "event: h is not Unicode");
}

TEST_F(client_frames, a_handlers_name_has_a_limit) {
  auto const named = [](std::size_t n) { return R"({"e":1,"h":")" + std::string(n, 'x') + "\"}"; };
  EXPECT_EQ(refusal(named(1000)), "");
  EXPECT_EQ(refusal(named(1001)), "event: h has more than 1000 bytes");
}

TEST_F(client_frames, unknown_and_second_keys_are_ignored_but_checked) {
  EXPECT_EQ(parsed<event_frame>(R"({"e":1,"z":[{}],"h":"C.inc","e":2,"h":9})").id, 1u);
  EXPECT_EQ(refusal(R"({"e":1,"h":"C.inc","z":[})"), "not a frame: it is not valid JSON");
}

TEST_F(client_frames, nesting_has_a_limit) {
  auto const nested = [](std::size_t n) {
    return R"({"e":1,"h":"C.inc","a":)" + [n] {
      std::string s;
      for (std::size_t i = 0; i < n; ++i) s += "{\"a\":";
      return s + "1" + std::string(n, '}');
    }() + "}";
  };
  EXPECT_EQ(refusal(nested(63)), "");
  EXPECT_EQ(refusal(nested(64)), "not a frame: it is nested too deep");
}

TEST_F(client_frames, hello_of_a_new_client) {
  auto const h = parsed<hello_frame>(golden_frame("hello_new"));
  EXPECT_EQ(h.path, "/room/a?b=1");
  EXPECT_TRUE(h.understands_append);
  EXPECT_FALSE(h.resume);
}

TEST_F(client_frames, hello_has_defaults) {
  auto const h = parsed<hello_frame>(R"({"hello":{"caps":["brotli"],"new":1},"v":2})");
  EXPECT_EQ(h.path, "/");
  EXPECT_FALSE(h.understands_append);
}

TEST_F(client_frames, hello_of_a_resuming_client) {
  auto const r = parsed<hello_frame>(golden_frame("hello_resume")).resume.value();
  EXPECT_EQ(r.client_token, "tok-1");
  EXPECT_EQ(r.secret, "sec-1");
  EXPECT_EQ(r.boot, "boot-1");
  EXPECT_EQ(r.have, (std::vector<instance_revision>{{instance_no{7}, 41}, {instance_no{9}, 3}}));
  EXPECT_EQ(r.acked, 12u);
}

TEST_F(client_frames, hello_refusals_name_the_field) {
  EXPECT_EQ(refusal(R"({"hello":{"path":1}})"), "hello: path is not a string");
  EXPECT_EQ(refusal(R"({"hello":{"resume":{"token":"t","secret":"s","boot":"b","have":[[0,1]]}}})"),
            "hello: resume.have is not a list of [instance, revision]");
  EXPECT_EQ(refusal(R"({"hello":{"path":"\ud800"}})"), "a string or number that cannot be read");
}

TEST_F(client_frames, a_path_has_a_limit) {
  auto const of = [](std::size_t n) {
    return R"({"hello":{"path":")" + std::string(n, '/') + "\"}}";
  };
  EXPECT_EQ(refusal(of(16384)), "");
  EXPECT_EQ(refusal(of(16385)), "hello: path has more than 16384 bytes");
}

TEST_F(client_frames, resync) {
  EXPECT_EQ(parsed<resync_frame>(golden_frame("resync_several")).instances,
            (std::vector<instance_no>{{7}, {9}}));
  EXPECT_NE(refusal(R"({"resync":[0]})"), "");
  EXPECT_NE(refusal(R"({"resync":[9007199254740992]})"), "");
}

TEST_F(client_frames, a_frame_is_of_one_kind) {
  EXPECT_EQ(refusal(R"({"e":1,"h":"C.inc","hello":{}})"), "several frames in one");
  EXPECT_EQ(refusal(R"({"h":"C.inc"})"), "an unknown kind of frame");
}

}  // namespace
}  // namespace statelink
