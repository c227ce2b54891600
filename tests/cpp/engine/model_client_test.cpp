// The checker must check: each order of frames that docs/protocol.md forbids is refused, the ones
// it allows are not.
#include "support/model_client.hpp"

#include <gtest/gtest.h>

#include "wire/ws_frame.hpp"

using namespace statelink;
using namespace statelink::test;

namespace {

constexpr char const* hello =
    R"({"hello":{"token":"t","secret":"s","boot":"b","resumed":false,"last":0,"caps":["append"]}})";
constexpr char const* resumed =
    R"({"hello":{"token":"t","secret":"s","boot":"b","resumed":true,"last":2,"caps":["append"]}})";
constexpr char const* room7 = R"({"s":"Room","i":7,"r":41,"v":{"count":3}})";
constexpr char const* patch42 =
    R"({"i":7,"r":42,"p":[{"op":"replace","path":"/count","value":4}]})";
constexpr char const* room8 = R"({"s":"Room","i":8,"r":0,"v":{"count":0}})";
constexpr char const* hydrated = R"({"hydrated":true})";

struct checker : testing::Test {
  model_client client;

  checker() { client.say_hello(); }
  void hear(char const* text) {
    std::string frame;
    append_frame(frame, ws_opcode::text, text);
    client.receive(frame);
  }
  void hear_all(std::initializer_list<char const*> texts) {
    for (char const* t : texts) hear(t);
  }
  void refuses(char const* text) { EXPECT_THROW(hear(text), protocol_violation) << text; }
};

TEST_F(checker, takes_what_is_right) {
  client.send_event();
  client.send_event();
  hear_all({hello, room7, patch42, hydrated, R"({"a":1,"f":[[7,42]]})",
            R"({"x":2,"c":"handler_error","m":"no"})"});
  EXPECT_EQ((*client.values("Room"))["count"], 4);
  EXPECT_EQ(client.answer(1), "");
  EXPECT_EQ(client.answer(2), "handler_error");
  EXPECT_EQ(client.unanswered(), 0u);
}

TEST_F(checker, reads_frames_in_pieces) {
  std::string bytes;
  for (char const* t : {hello, room7, patch42}) append_frame(bytes, ws_opcode::text, t);
  for (char b : bytes) client.receive({&b, 1});
  EXPECT_EQ((*client.values("Room"))["count"], 4);
}

TEST_F(checker, wants_one_hello_first) {
  refuses(room7);
  hear(hello);
  refuses(hello);
}

TEST_F(checker, wants_known_frames_only) {
  hear(hello);
  refuses(R"({"hydrated":false})");
  refuses(R"({"z":1})");
  refuses(R"({"s":"Room","i":7,"r":41,"v":{},"extra":1})");
  refuses(R"({"s":"Room","i":7,"v":{}})");
}

TEST_F(checker, refuses_a_patch_before_its_snapshot) {
  hear(hello);
  refuses(patch42);
}

TEST_F(checker, refuses_a_patch_of_what_was_replaced) {
  hear_all({hello, room7, room8});
  refuses(patch42);
}

TEST_F(checker, refuses_gaps_and_repeats) {
  hear_all({hello, room7, patch42});
  refuses(patch42);
  refuses(R"({"i":7,"r":44,"p":[]})");
}

TEST_F(checker, refuses_a_gap_also_while_it_waits_for_a_snapshot) {
  hear_all({hello, room7});
  client.ask_resync("Room");
  hear(patch42);
  EXPECT_EQ(client.values("Room"), nullptr);
  refuses(R"({"i":7,"r":44,"p":[]})");
  hear(R"({"s":"Room","i":7,"r":43,"v":{"count":9}})");
  EXPECT_EQ((*client.values("Room"))["count"], 9);
}

TEST_F(checker, refuses_a_snapshot_that_goes_back) {
  hear_all({hello, room7, patch42});
  refuses(room7);
  hear(room8);
  refuses(room7);
}

TEST_F(checker, refuses_an_answer_before_what_it_follows) {
  client.send_event();
  hear_all({hello, room7});
  refuses(R"({"a":1,"f":[[7,42]]})");
}

TEST_F(checker, refuses_an_answer_that_follows_what_was_never_there) {
  client.send_event();
  hear_all({hello, room7});
  refuses(R"({"a":1,"f":[[9,1]]})");
}

TEST_F(checker, refuses_answers_to_nothing_twice_or_out_of_order) {
  hear(hello);
  refuses(R"({"a":1})");
  for (int i = 0; i < 3; ++i) client.send_event();
  refuses(R"({"a":2})");
}

TEST_F(checker, refuses_a_second_answer) {
  for (int i = 0; i < 3; ++i) client.send_event();
  hear_all({hello, R"({"a":[1,2]})"});
  refuses(R"({"a":2})");
}

TEST_F(checker, refuses_hydrated_twice) {
  hear_all({hello, hydrated});
  refuses(hydrated);
}

TEST_F(checker, refuses_hydrated_before_earlier_answers) {
  hear_all({hello, hydrated});
  for (int i = 0; i < 3; ++i) client.send_event();
  client.say_hello();
  hear(resumed);  // the server had received 1 and 2
  EXPECT_EQ(client.take_unsent(), std::vector<event_id>{3});
  refuses(hydrated);
}

TEST_F(checker, says_what_it_holds_when_it_resumes) {
  hear_all({hello, room7, patch42, R"({"s":"Own","i":9,"r":1,"v":{}})"});
  client.ask_resync("Own");
  hello_frame const again = client.say_hello();
  ASSERT_TRUE(again.resume);
  EXPECT_EQ(again.resume->client_token, "t");
  EXPECT_EQ(again.resume->secret, "s");
  EXPECT_EQ(again.resume->have, (std::vector<instance_revision>{{{7}, 42}}));
  hear(resumed);
  refuses(R"({"i":9,"r":2,"p":[]})");  // it was not said to be held
  hear(R"({"i":7,"r":43,"p":[]})");
}

TEST_F(checker, refuses_frames_that_a_server_must_not_send) {
  EXPECT_THROW(client.receive(std::string("\x01\x00", 2)), protocol_violation);  // fragmented
}

}  // namespace
