// Who does not read, and who says too much.
#include <gtest/gtest.h>

#include <string>

#include "net/test_server.hpp"

namespace statelink {
namespace {

using namespace std::chrono_literals;
using testing::framed;
using testing::kept_event;
using testing::test_server;
using testing::ws_client;

std::string event(int id) { return R"({"e":)" + std::to_string(id) + R"(,"h":"C.inc"})"; }

TEST(backpressure, a_slow_reader_gets_every_byte_once) {
  test_server server;
  ws_client client(server.port(), "", 4096), other(server.port());
  client.hello();
  server.attach(1);
  std::string expected = framed("welcome");
  for (int i = 0; i < 300;
       ++i) {  // 3 MB, far more than the socket holds; frames of all header sizes
    std::string const frame =
        framed(std::to_string(i) + std::string(i % 10 == 0 ? 70'000 : i * 7 % 9000, 'x'));
    expected += frame;
    server.send_to(1, frame);
  }
  other.hello();
  server.attach(2);
  EXPECT_EQ(other.receive().payload,
            "welcome");  // so all that was handed over before has been applied
  EXPECT_LT(server.get().counts().fanout.bytes_written,
            expected.size());  // it was full in the middle
  std::string const received = client.tcp().receive(expected.size());
  EXPECT_TRUE(received == expected);
}

TEST(backpressure, a_stalled_client_does_not_hold_up_another) {
  test_server server;
  ws_client stalled(server.port(), "", 4096), other(server.port());
  stalled.hello();
  server.attach(1);
  other.hello();
  server.attach(2);
  server.send_to(1, framed(std::string(3'000'000, 'x')));
  server.send_to(2, framed("for the other"));
  EXPECT_EQ(other.receive().payload, "welcome");
  EXPECT_EQ(other.receive().payload, "for the other");
}

TEST(backpressure, a_full_outbox_closes_the_session) {
  config limits;
  limits.outbox_bytes = 1 << 20;
  limits.close_timeout = 5s;
  test_server server(limits);
  ws_client client(server.port(), "", 4096);
  client.hello();
  session_no const session = server.attach(1);
  for (int i = 0; i < 100; ++i) server.send_to(1, framed(std::string(50'000, 'x')));
  EXPECT_EQ(server.next<inbound_closed>().session, session);
  EXPECT_EQ(client.receive_close().code(), 1013);  // behind the frame that had been begun
}

TEST(backpressure, who_pings_without_reading_is_answered_for_the_last) {
  test_server server;
  ws_client client(server.port(), "", 4096);
  client.hello();
  server.attach(1);
  std::string const large(3'000'000, 'x');
  server.send_to(1, framed(large));
  ASSERT_TRUE(
      testing::eventually([&] { return server.get().counts().fanout.bytes_written > 1000; }));
  client.tcp().receive(9);  // "welcome"; the socket is full now
  for (int i = 0; i < 1000; ++i) client.frame(9, "ping " + std::to_string(i));
  client.text(event(1));  // behind the pings: once it is there, they were read
  server.next<kept_event>();
  EXPECT_EQ(client.receive().payload.size(), large.size());
  int pongs = 0;  // one, and one more for each time that the socket took something meanwhile
  for (std::string last; last != "ping 999"; ++pongs) {
    auto const pong = client.receive();
    ASSERT_EQ(pong.opcode, 10);
    last = pong.payload;
  }
  EXPECT_LT(pongs, 10);
}

TEST(backpressure, a_session_is_not_read_while_too_many_of_its_events_wait) {
  config limits;
  limits.queued_events = 10;
  test_server server(limits);
  ws_client client(server.port()), other(server.port());
  client.hello();
  // Far more than one read takes.
  constexpr int count = 20'000;
  for (int i = 1; i <= count; ++i) client.text(event(i));
  other.hello();
  other.text(event(1));
  ASSERT_TRUE(testing::eventually([&] { return server.get().counts().events > 10; }));
  other.frame(9, "");
  EXPECT_EQ(other.receive().opcode, 10);  // a round further, and others are served
  EXPECT_LT(server.get().counts().events, 5000u);
  int next = 1;  // taken, it goes on, and nothing is lost
  session_no const first = server.next<inbound_hello>().session;
  while (next <= count) {
    auto const e = server.next<kept_event>();
    if (e.session != first) continue;
    ASSERT_EQ(e.id, static_cast<event_id>(next++));
  }
}

TEST(backpressure, a_flow_item_stops_the_reading_and_starts_it) {
  test_server server;
  ws_client client(server.port()), other(server.port());
  client.hello();
  session_no const session = server.attach(1);
  EXPECT_EQ(client.receive().payload, "welcome");
  server.hand_over(flow_item{session, false});
  other.hello();
  server.attach(2);  // the flow item is applied now
  EXPECT_EQ(other.receive().payload, "welcome");
  client.text(event(1));
  client.frame(9, "x");
  EXPECT_FALSE(client.tcp().has_more(50));
  EXPECT_FALSE(server.has_more(0));
  server.hand_over(flow_item{session, true});
  EXPECT_EQ(client.receive().opcode, 10);
  EXPECT_EQ(server.next<kept_event>().id, 1u);
}

TEST(backpressure, a_paused_session_can_be_closed) {
  test_server server;
  ws_client client(server.port());
  client.hello();
  session_no const session = server.attach(1);
  server.hand_over(flow_item{session, false});
  server.hand_over(close_item{session, 1013, "overload"});
  EXPECT_EQ(client.receive_close().code(), 1013);
}

TEST(backpressure, a_paused_session_is_not_taken_for_dead) {
  config limits;
  limits.ping_interval = 10ms;
  limits.ping_timeout = 30ms;
  test_server server(limits);
  ws_client client(server.port());
  client.hello();
  server.hand_over(flow_item{server.next<inbound_hello>().session, false});
  for (int pings = 0; pings < 10; ++pings)
    ASSERT_EQ(client.receive().opcode, 9);  // thrice the time, unanswered
}

}  // namespace
}  // namespace statelink
