// What a turn says to its actor beside its answer: frames for its page, failures of what followed.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/simulation.hpp"

using namespace statelink;
using namespace statelink::test;

namespace {

struct messages : testing::Test {
  simulation s;

  void clients(std::size_t n) {
    for (std::size_t c = 0; c < n; ++c) s.add_client();
    settle();
    for (std::size_t c = 0; c < n; ++c) s.model(c).take_heard();
  }
  void settle() {
    s.drain();
    s.check_all();
  }
  /// A turn that increments the room and then says something.
  void say(std::size_t c, std::function<void(turn const&)> const& what) {
    s.event(c, [&](turn& t) {
      s.increment(t, s.room);
      s.core.commit(t);
      s.note_commit(t);
      what(t);
    });
  }
};

TEST_F(messages, come_after_what_the_turn_committed) {
  clients(2);
  s.link(0, s.room, "A");
  s.link(1, s.room, "A");
  settle();
  s.model(0).take_heard();
  s.model(1).take_heard();
  say(0, [&](turn const& t) { s.core.tell(t, R"({"emit":"saved","d":1})"); });
  settle();
  auto const heard = s.model(0).take_heard();
  ASSERT_EQ(heard.size(), 3u);
  EXPECT_NE(heard[0].find('@'), std::string::npos) << heard[0];  // the patch
  EXPECT_EQ(heard[1], "emit saved");
  EXPECT_TRUE(heard[2].starts_with("ack "));
  EXPECT_EQ(s.model(1).take_heard().size(), 1u);  // the patch: nobody else is told
}

TEST_F(messages, come_after_earlier_answers) {
  clients(1);
  s.increment(0, s.room);
  say(0, [&](turn const& t) { s.core.tell(t, R"({"emit":"saved","d":1})"); });
  settle();
  auto const heard = s.model(0).take_heard();
  auto const at = std::find(heard.begin(), heard.end(), "emit saved");
  ASSERT_NE(at, heard.end());
  EXPECT_EQ(std::count_if(heard.begin(), at, [](auto const& h) { return h.starts_with("ack "); }),
            1);
}

TEST_F(messages, of_a_failure_answer_no_event) {
  clients(1);
  say(0, [&](turn const& t) { s.core.report(t, "handler_error", "it failed"); });
  settle();
  auto const heard = s.model(0).take_heard();
  EXPECT_NE(std::find(heard.begin(), heard.end(), "error 0"), heard.end());
  EXPECT_EQ(s.model(0).unanswered(), 0u);
}

TEST_F(messages, are_dropped_where_there_is_no_socket) {
  clients(1);
  s.open_event(0, [&](turn& t) { s.increment(t, s.room); });
  s.disconnect(0);
  turn t;
  s.core.begin(t, s.number(0));
  s.core.tell(t, R"({"emit":"lost","d":null})");
  s.core.report(t, "handler_error", "lost");
  s.core.end(t);
  s.close_events(true);
  s.reconnect(0);
  settle();
  for (std::string const& h : s.model(0).take_heard()) {
    EXPECT_FALSE(h.starts_with("emit") || h == "error 0") << h;
  }
}

}  // namespace
