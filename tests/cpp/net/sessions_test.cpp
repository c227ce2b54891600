// WebSocket sessions over real sockets.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <string>

#include "net/test_server.hpp"
#include "support/golden_frames.hpp"

namespace statelink {
namespace {

using namespace std::chrono_literals;
using testing::ask;
using testing::close_payload;
using testing::framed;
using testing::kept_event;
using testing::test_server;
using testing::ws_client;

class sessions : public ::testing::Test {
 protected:
  test_server server_;
};

TEST_F(sessions, the_handshake) {
  ws_client client(server_.port());
  EXPECT_EQ(client.reply().headers.at("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_FALSE(client.reply().headers.contains("sec-websocket-protocol"));
  ws_client asking(
      server_.port(),
      "Sec-WebSocket-Protocol: other\r\nSec-WebSocket-Protocol: statelink.v1.json\r\n");
  EXPECT_EQ(asking.reply().headers.at("sec-websocket-protocol"), "statelink.v1.json");
}

TEST_F(sessions, handshakes_that_are_refused) {
  auto const status = [&](std::string const& more) {
    return ask(server_.port(), "GET", "/_statelink/ws", testing::upgrade_headers + more).status;
  };
  EXPECT_EQ(status("Sec-WebSocket-Protocol: other\r\n"), 400);
  EXPECT_EQ(status("Origin: http://evil.example\r\n"), 403);
  EXPECT_EQ(status("Origin: http://localhost\r\n"), 101);
}

TEST_F(sessions, hello_goes_to_the_loop_thread_with_who_it_is) {
  ws_client client(server_.port(), "X-Who: Ada\r\n");
  client.text(R"({"hello":{"path":"/room/a"}})");
  auto const hello = server_.next<inbound_hello>();
  EXPECT_EQ(hello.hello.path, "/room/a");
  EXPECT_EQ(hello.peer.address, "127.0.0.1");
  auto const& headers = hello.peer.headers;
  EXPECT_NE(std::find(headers.begin(), headers.end(),
                      std::pair<std::string, std::string>("x-who", "Ada")),
            headers.end());
}

TEST_F(sessions, a_hello_right_behind_the_request_is_not_lost) {
  testing::tcp_client tcp(server_.port());
  tcp.send("GET /_statelink/ws HTTP/1.1\r\nHost: localhost\r\n" +
           std::string(testing::upgrade_headers) + "\r\n" +
           testing::client_text(R"({"hello":{"path":"/early"}})"));
  EXPECT_EQ(server_.next<inbound_hello>().hello.path, "/early");
}

TEST_F(sessions, events_arrive_in_order_with_their_texts) {
  ws_client client(server_.port());
  client.hello();
  client.text(R"({"e":1,"h":"Room.rename","a":{"name":"Ada"}})");
  client.text(R"({"e":2,"h":"Room.leave"})");
  session_no const session = server_.next<inbound_hello>().session;
  auto const first = server_.next<kept_event>();
  EXPECT_EQ(first.session, session);
  EXPECT_EQ(first.id, 1u);
  EXPECT_EQ(first.handler, "Room.rename");
  EXPECT_EQ(first.arguments, R"({"name":"Ada"})");
  auto const second = server_.next<kept_event>();
  EXPECT_EQ(second.handler, "Room.leave");
  EXPECT_EQ(second.arguments, "");
}

TEST_F(sessions, a_frame_may_arrive_byte_by_byte) {
  ws_client client(server_.port());
  for (char const byte : testing::client_text(R"({"hello":{"path":"/slow"}})"))
    client.tcp().send({&byte, 1});
  EXPECT_EQ(server_.next<inbound_hello>().hello.path, "/slow");
}

TEST_F(sessions, attached_it_gets_what_is_handed_over) {
  ws_client client(server_.port());
  client.hello();
  server_.attach(5);
  server_.send_to(5, framed("answer"));
  EXPECT_EQ(client.receive().payload, "welcome");
  EXPECT_EQ(client.receive().payload, "answer");
}

TEST_F(sessions, a_room_is_heard_by_all_its_clients) {
  ws_client a(server_.port()), b(server_.port());
  std::uint64_t number = 0;
  for (ws_client* client : {&a, &b}) {
    client->hello();
    server_.attach(++number, "", {{{7}, position{0}, 0}});
  }
  batch commits;
  commits.bytes = framed("one") + framed("two");
  commits.journals.push_back({journal_item::kind::append, {7}, 1, {0, 5}});
  commits.journals.push_back({journal_item::kind::append, {7}, 2, {5, 5}});
  server_.get().hand_over(commits);
  for (ws_client* client : {&a, &b}) {
    EXPECT_EQ(client->receive().payload, "one");
    EXPECT_EQ(client->receive().payload, "two");
  }
  EXPECT_TRUE(
      testing::eventually([&] { return server_.get().counts().fanout.frames_appended == 2; }));
}

TEST_F(sessions, a_cursor_without_a_place_asks_the_loop_thread_for_a_snapshot) {
  ws_client client(server_.port());
  client.hello();
  server_.attach(1, "", {{{7}, std::nullopt, 0}});
  EXPECT_EQ(server_.next<inbound_snapshot_request>().journal, journal_no{7});
  batch b;
  b.bytes = framed("all values");
  b.journals.push_back(
      {journal_item::kind::snapshot, {7}, 41, {0, static_cast<std::uint32_t>(b.bytes.size())}});
  server_.get().hand_over(b);
  EXPECT_EQ(client.receive().payload, "all values");
  client.text(R"({"resync":[7]})");
  EXPECT_EQ(client.receive().payload, "all values");
}

TEST_F(sessions, pings_are_answered_while_the_loop_thread_does_nothing) {
  ws_client client(server_.port());
  client.hello();
  client.frame(9, "are you there");
  auto const pong = client.receive();
  EXPECT_EQ(pong.opcode, 10);
  EXPECT_EQ(pong.payload, "are you there");
}

TEST_F(sessions, the_loop_thread_closes) {
  ws_client client(server_.port());
  client.hello();
  session_no const session = server_.attach(1);
  server_.send_to(1, framed("last words"));
  server_.hand_over(close_item{session, 4409, "superseded"});
  EXPECT_EQ(client.receive().payload, "welcome");
  EXPECT_EQ(client.receive().payload, "last words");
  auto const close = client.receive_close();
  EXPECT_EQ(close.code(), 4409);
  EXPECT_EQ(close.reason(), "superseded");
  EXPECT_EQ(server_.next<inbound_closed>().session, session);
}

TEST_F(sessions, a_second_session_of_a_client_supersedes_the_first) {
  ws_client first(server_.port());
  first.hello();
  session_no const old_session = server_.attach(1);
  ws_client second(server_.port());
  second.hello();
  server_.attach(1, framed("welcome back"));
  EXPECT_EQ(first.receive_close().code(), 4409);
  EXPECT_EQ(server_.next<inbound_closed>().session, old_session);
  EXPECT_EQ(second.receive().payload, "welcome back");
  server_.send_to(1, framed("to the second"));
  EXPECT_EQ(second.receive().payload, "to the second");
}

TEST_F(sessions, the_clients_close_is_answered) {
  ws_client client(server_.port());
  client.hello();
  session_no const session = server_.attach(1);
  client.frame(8, close_payload(1000, "bye"));
  EXPECT_EQ(client.receive().payload, "welcome");
  auto const close = client.receive();
  EXPECT_EQ(close.opcode, 8);
  EXPECT_EQ(close.code(), 1000);
  EXPECT_TRUE(client.tcp().has_more(10'000));  // the server ends the stream
  EXPECT_EQ(client.tcp().receive_rest(), "");
  EXPECT_EQ(server_.next<inbound_closed>().session, session);
  client.tcp().disconnect();
  EXPECT_TRUE(testing::eventually([&] { return server_.get().counts().sessions == 0; }));
}

TEST_F(sessions, a_socket_that_dies_is_told) {
  session_no session;
  {
    ws_client client(server_.port());
    client.hello();
    session = server_.attach(1);
  }
  EXPECT_EQ(server_.next<inbound_closed>().session, session);
}

TEST_F(sessions, without_a_hello_nobody_is_told_of_its_end) {
  {
    ws_client client(server_.port());
  }
  EXPECT_TRUE(testing::eventually([&] { return server_.get().counts().sessions == 0; }));
  EXPECT_FALSE(server_.has_more(0));
}

TEST_F(sessions, breaches_are_closed_with_their_codes) {
  auto const code = [&](auto breach) {
    ws_client client(server_.port());
    client.hello();
    breach(client);
    return client.receive_close().code();
  };
  EXPECT_EQ(code([](ws_client& c) { c.text("[]"); }), 4400);
  EXPECT_EQ(code([](ws_client& c) { c.hello(); }), 4400);
  EXPECT_EQ(code([](ws_client& c) { c.frame(2, "x"); }), 1003);
  EXPECT_EQ(code([](ws_client& c) { c.text("\xFF"); }), 1007);
  EXPECT_EQ(code([](ws_client& c) { c.frame(3, "x"); }), 1002);
  EXPECT_EQ(code([](ws_client& c) {
              c.tcp().send(testing::client_frame_bytes(1, "x", {.masked = false}));
            }),
            1002);
  EXPECT_EQ(code([](ws_client& c) { c.text(std::string((1 << 20) + 1, ' ')); }), 1009);
}

TEST_F(sessions, golden_bad_frames_are_closed_with_4400) {
  for (auto const& entry : testing::golden_file("bad_frames.json")) {
    std::string const name = entry["name"];
    ws_client client(server_.port());
    if (!name.starts_with("hello_") && !name.starts_with("resume_")) client.hello();
    client.text(entry["frame"].get<std::string>());
    auto const close = client.receive_close();
    EXPECT_EQ(close.code(), 4400) << name;
    EXPECT_NE(close.reason(), "") << name;
  }
}

TEST_F(sessions, a_message_of_the_largest_size_is_taken) {
  ws_client client(server_.port());
  client.hello();
  std::string const begin = R"({"e":1,"h":"C.set","a":{"text":")";
  std::string const text(config{}.message_bytes - begin.size() - 3, 'x');
  client.text(begin + text + "\"}}");
  EXPECT_EQ(server_.next<kept_event>().arguments, "{\"text\":\"" + text + "\"}");
}

TEST_F(sessions, one_wake_of_the_loop_thread_for_what_came_while_it_was_busy) {
  ws_client a(server_.port()), b(server_.port());
  for (ws_client* client : {&a, &b}) {
    client->hello();
    for (int i = 1; i <= 100; ++i)
      client->text(R"({"e":)" + std::to_string(i) + R"(,"h":"C.inc"})");
  }
  ASSERT_TRUE(testing::eventually([&] { return server_.get().counts().events == 200; }));
  EXPECT_EQ(server_.get().counts().wakes_of_loop, 1u);
  server_.take_now();
  for (int i = 0; i < 200; ++i) server_.next<kept_event>();
  EXPECT_FALSE(server_.has_more(0));
}

TEST(session_limits, hello_has_a_time) {
  config limits;
  limits.hello_timeout = 30ms;
  test_server server(limits);
  ws_client client(server.port());
  EXPECT_EQ(client.receive_close().code(), 4408);
}

TEST(session_limits, the_server_pings_and_who_does_not_answer_is_closed) {
  config limits;
  limits.ping_interval = 20ms;
  limits.ping_timeout = 200ms;
  limits.close_timeout = 50ms;
  test_server server(limits);
  ws_client client(server.port());
  client.hello();
  session_no const session = server.next<inbound_hello>().session;
  for (int i = 0; i < 20; ++i) {  // for twice the time it is kept alive by its pongs
    auto const ping = client.receive();
    ASSERT_EQ(ping.opcode, 9);
    client.frame(10, ping.payload);
  }
  EXPECT_EQ(client.receive_close().code(), 1001);
  EXPECT_EQ(server.next<inbound_closed>().session, session);
}

TEST(session_limits, who_does_not_answer_a_close_is_cut_off) {
  config limits;
  limits.close_timeout = 50ms;
  test_server server(limits);
  ws_client client(server.port());
  client.text("[]");
  EXPECT_EQ(client.receive().opcode, 8);
  client.tcp().receive_rest();  // it ends, though the close is never answered
  EXPECT_TRUE(testing::eventually([&] { return server.get().counts().sessions == 0; }));
}

TEST(session_limits, events_per_second) {
  config limits;
  limits.events_per_second = 10;
  test_server server(limits);
  ws_client client(server.port());
  client.hello();
  for (int i = 1; i <= 50; ++i) client.text(R"({"e":)" + std::to_string(i) + R"(,"h":"C.inc"})");
  EXPECT_EQ(client.receive_close().code(), 1013);
  EXPECT_LT(server.get().counts().events, 50u);
}

TEST(listening, errors_are_told) {
  server first{config{}}, second{config{}};
  std::error_code failed;
  std::uint16_t const port = first.listen("127.0.0.1", 0, failed);
  ASSERT_FALSE(failed);
  EXPECT_EQ(second.listen("127.0.0.1", port, failed), 0);
  EXPECT_EQ(failed, std::errc::address_in_use);
  EXPECT_EQ(second.listen("no such host.invalid", 0, failed), 0);
  EXPECT_TRUE(failed);
}

TEST(listening, limits_that_make_no_sense_are_refused) {
  config limits;
  limits.ping_timeout = limits.ping_interval;
  server s{limits};
  s.add_page("/", page_text{"text/plain", "x"});
  std::error_code failed;
  EXPECT_EQ(s.listen("127.0.0.1", 0, failed), 0);
  EXPECT_EQ(failed, errc::bad_limit);
  EXPECT_EQ(s.start(), errc::bad_limit);
  EXPECT_EQ(s.inbound_fd(), -1);
  inbound_batch received;
  s.take(received);
  EXPECT_TRUE(received.empty());
  EXPECT_EQ(s.counts().accepted, 0u);
}

TEST(listening, without_descriptors_is_refused) {
  rlimit const before = [] {
    rlimit r;
    ::getrlimit(RLIMIT_NOFILE, &r);
    return r;
  }();
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  server s{config{}};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  std::error_code failed;
  EXPECT_EQ(s.listen("127.0.0.1", 0, failed), 0);
  EXPECT_EQ(failed, std::errc::too_many_files_open);
  EXPECT_EQ(s.start(), std::errc::too_many_files_open);
}

TEST(listening, on_a_name_and_on_ipv6) {
  server s{config{}};
  s.add_page("/", page_text{"text/plain", "x"});
  std::error_code failed;
  std::uint16_t const port = s.listen("localhost", 0, failed);
  ASSERT_FALSE(failed);
  ASSERT_FALSE(s.start());
  EXPECT_EQ(s.start(), errc::already_started);
  EXPECT_EQ(ask(port, "GET", "/").body, "x");
}

}  // namespace
}  // namespace statelink
