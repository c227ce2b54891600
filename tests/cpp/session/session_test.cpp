#include "session/session.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/golden_frames.hpp"

namespace statelink {
namespace {

using namespace std::chrono_literals;
using stage = session::stage;

class session_rules : public ::testing::Test {
 protected:
  session_action say(ws_input::kind what, std::string const& payload = {}, int code = 0) {
    kept_ = payload;
    return session_.received({what, kept_, static_cast<std::uint16_t>(code)}, parser_, now_);
  }
  session_action say(std::string const& text) { return say(ws_input::kind::text, text); }
  void greet() {
    ASSERT_TRUE(std::holds_alternative<hello_frame>(say(R"({"hello":{}})")));
    session_.attached();
  }
  template <class Action>
  Action expect(session_action action) {
    EXPECT_TRUE(std::holds_alternative<Action>(action)) << "it is alternative " << action.index();
    return std::holds_alternative<Action>(action) ? std::get<Action>(std::move(action)) : Action{};
  }
  void expect_nothing(session_action const& action) { EXPECT_EQ(action.index(), 0u); }
  void expect_close(session_action action, int code, std::string const& reason, bool last = false) {
    auto const close = expect<send_close>(std::move(action));
    EXPECT_EQ(close.code, code);
    EXPECT_EQ(close.reason, reason);
    EXPECT_EQ(close.last, last);
    EXPECT_EQ(session_.at(), stage::closing);
  }

  config limits_;
  steady_ms now_ = 1h;
  client_frame_parser parser_{64};
  std::string kept_;
  session session_{session_no{1}, limits_, now_};
};

TEST_F(session_rules, goes_from_hello_to_live) {
  EXPECT_EQ(session_.at(), stage::awaiting_hello);
  EXPECT_FALSE(session_.said_hello());
  EXPECT_EQ(expect<hello_frame>(say(R"({"hello":{"path":"/a"}})")).path, "/a");
  EXPECT_TRUE(session_.said_hello());
  EXPECT_EQ(session_.at(), stage::awaiting_attach);
  session_.attached();
  EXPECT_EQ(session_.at(), stage::live);
}

TEST_F(session_rules, events_are_passed_on_before_and_after_the_attach) {
  say(R"({"hello":{}})");
  EXPECT_EQ(expect<event_frame>(say(R"({"e":1,"h":"C.inc"})")).id, 1u);
  session_.attached();
  auto const e = expect<event_frame>(say(R"({"e":2,"h":"C.inc","a":{"by":2}})"));
  EXPECT_EQ(e.arguments, R"({"by":2})");
}

TEST_F(session_rules, resync_is_passed_on) {
  greet();
  EXPECT_EQ(expect<resync_frame>(say(R"({"resync":[7]})")).instances.at(0), instance_no{7});
}

TEST_F(session_rules, pages_and_stored_values_are_passed_on) {
  greet();
  EXPECT_EQ(expect<page_frame>(say(R"({"page":"/b"})")).path, "/b");
  EXPECT_EQ(expect<stored_frame>(say(R"({"stored":{"A":{"x":"1"}}})")).values,
            R"({"A":{"x":"1"}})");
}

TEST_F(session_rules, pages_and_stored_values_count_as_events_do) {
  for (char const* frame : {R"({"page":"/b"})", R"({"stored":{}})"}) {
    config limits;
    limits.events_per_second = 3;
    session limited{session_no{2}, limits, now_};
    auto const ask = [&](char const* text) {
      return limited.received({ws_input::kind::text, text, 0}, parser_, now_);
    };
    ask(R"({"hello":{}})");
    int taken = 0;
    while (!std::holds_alternative<send_close>(ask(frame))) ASSERT_LT(++taken, 10);
    EXPECT_EQ(taken, 3) << frame;
  }
}

TEST_F(session_rules, golden_sequences_end_with_4400) {
  for (auto const& entry : testing::golden_file("bad_sequences.json")) {
    session s(session_no{1}, limits_, now_);
    session_action last;
    for (std::string const frame : entry["frames"]) {
      EXPECT_FALSE(std::holds_alternative<send_close>(last)) << entry["name"];
      kept_ = frame;
      last = s.received({ws_input::kind::text, kept_}, parser_, now_);
    }
    ASSERT_TRUE(std::holds_alternative<send_close>(last)) << entry["name"];
    EXPECT_EQ(std::get<send_close>(last).code, 4400) << entry["name"];
  }
}

TEST_F(session_rules, golden_bad_frames_end_with_4400) {
  for (auto const& entry : testing::golden_file("bad_frames.json")) {
    session s(session_no{1}, limits_, now_);
    std::string const name = entry["name"];
    if (!name.starts_with("hello_") && !name.starts_with("resume_")) {
      s.received({ws_input::kind::text, R"({"hello":{}})"}, parser_, now_);
    }
    kept_ = entry["frame"];
    session_action const action = s.received({ws_input::kind::text, kept_}, parser_, now_);
    ASSERT_TRUE(std::holds_alternative<send_close>(action)) << name;
    EXPECT_EQ(std::get<send_close>(action).code, 4400) << name;
  }
}

TEST_F(session_rules, the_first_frame_is_hello) {
  expect_close(say(R"({"e":1,"h":"C.inc"})"), 4400, "the first frame is not hello");
}

TEST_F(session_rules, hello_comes_once) {
  greet();
  expect_close(say(R"({"hello":{}})"), 4400, "hello was said twice");
}

TEST_F(session_rules, binary_is_refused) {
  expect_close(say(ws_input::kind::binary, "x"), 1003, "binary frames are not spoken here");
}

TEST_F(session_rules, a_breach_of_rfc_6455_ends_it_with_the_readers_code) {
  expect_close(say(ws_input::kind::error, "a text is not UTF-8", 1007), 1007, "a text is not UTF-8",
               true);
}

TEST_F(session_rules, pings_are_answered_at_any_time) {
  EXPECT_EQ(expect<send_pong>(say(ws_input::kind::ping, "p")).payload, "p");
  greet();
  EXPECT_EQ(expect<send_pong>(say(ws_input::kind::ping, "q")).payload, "q");
  expect_nothing(say(ws_input::kind::pong, "q"));
}

TEST_F(session_rules, the_peers_close_is_answered_with_its_code) {
  greet();
  expect_close(say(ws_input::kind::close, "bye", 1000), 1000, "", true);
}

TEST_F(session_rules, after_our_close_only_the_peers_counts) {
  greet();
  expect_close(session_.close(1012, "retry_ms=500", now_), 1012, "retry_ms=500");
  expect_nothing(say(R"({"e":1,"h":"C.inc"})"));
  expect_nothing(say("not even JSON"));
  expect_nothing(say(ws_input::kind::ping, "p"));
  expect_nothing(session_.close(1001, "", now_));
  expect<hang_up>(say(ws_input::kind::close, "", 1012));
}

TEST_F(session_rules, a_peer_that_does_not_answer_our_close_is_dropped) {
  session_.close(1001, "", now_);
  EXPECT_EQ(session_.next_tick(), now_ + limits_.close_timeout);
  expect_nothing(session_.tick(now_ + limits_.close_timeout - 1ms, true));
  expect<drop_socket>(session_.tick(now_ + limits_.close_timeout, true));
}

TEST_F(session_rules, hello_has_a_time) {
  EXPECT_EQ(session_.next_tick(), now_ + limits_.hello_timeout);
  expect_nothing(session_.tick(now_ + limits_.hello_timeout - 1ms, true));
  expect_close(session_.tick(now_ + limits_.hello_timeout, true), 4408, "no hello");
}

TEST_F(session_rules, the_server_pings_regularly) {
  greet();
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(session_.next_tick(), now_ + limits_.ping_interval);
    now_ += limits_.ping_interval;
    session_.heard(now_);
    expect<send_ping>(session_.tick(now_, true));
    expect_nothing(session_.tick(now_, true));
  }
}

TEST_F(session_rules, a_silent_peer_is_gone) {
  greet();
  session_.heard(now_ += 5s);
  expect<send_ping>(session_.tick(now_ + 20s, true));
  expect<send_ping>(session_.tick(now_ + 40s, true));
  EXPECT_EQ(session_.next_tick(), now_ + 45s);
  expect_nothing(session_.tick(now_ + 45s - 1ms, true));
  expect_close(session_.tick(now_ + 45s, true), 1001, "no answer to pings");
}

TEST_F(session_rules, silence_of_a_socket_that_is_not_read_is_not_the_peers) {
  greet();
  expect<send_ping>(session_.tick(now_ + 44s, false));
  expect<send_ping>(
      session_.tick(now_ + 80s, true));  // read again: it has the whole time from then on
  expect_close(session_.tick(now_ + 89s, true), 1001, "no answer to pings");
}

TEST_F(session_rules, nothing_is_asked_after_the_end) {
  greet();
  session_.ended();
  EXPECT_EQ(session_.at(), stage::closed);
  expect_nothing(say(R"({"e":1,"h":"C.inc"})"));
  expect_nothing(session_.tick(now_ + 1h, true));
  expect_nothing(session_.close(1001, "", now_));
}

class session_rate : public session_rules {
 protected:
  session_rate() { limits_.events_per_second = 100; }
  bool event_is_taken() {
    return std::holds_alternative<event_frame>(say(R"({"e":1,"h":"C.inc"})"));
  }
};

TEST_F(session_rate, a_second_holds_so_many_events) {
  greet();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(event_is_taken()) << i;
  expect_close(say(R"({"e":1,"h":"C.inc"})"), 1013, "more than 100 events per second");
}

TEST_F(session_rate, what_was_not_used_does_not_pile_up) {
  greet();
  now_ += 1h;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(event_is_taken()) << i;
  EXPECT_FALSE(event_is_taken());
}

TEST_F(session_rate, the_limit_is_an_average) {
  greet();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(event_is_taken());
  for (int i = 0; i < 1000; ++i) {
    now_ += 10ms;
    ASSERT_TRUE(event_is_taken()) << i;
  }
  EXPECT_FALSE(event_is_taken());
}

TEST_F(session_rate, resyncs_count) {
  greet();
  for (int i = 0; i < 100; ++i) say(R"({"resync":[1]})");
  EXPECT_FALSE(event_is_taken());
}

TEST_F(session_rules, without_a_limit_events_are_not_counted) {
  greet();
  for (int i = 0; i < 10'000; ++i)
    ASSERT_TRUE(std::holds_alternative<event_frame>(say(R"({"e":1,"h":"C.inc"})")));
}

}  // namespace
}  // namespace statelink
