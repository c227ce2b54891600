#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <string>

#include "net/test_server.hpp"

namespace statelink {
namespace {

using namespace std::chrono_literals;
using testing::framed;
using testing::tcp_client;
using testing::test_server;
using testing::ws_client;

TEST(stop, every_session_gets_its_last_bytes_and_the_close_frame) {
  test_server server;
  ws_client attached(server.port()), without_hello(server.port());
  attached.hello();
  session_no const session = server.attach(1);
  server.send_to(1, framed("last answer"));
  std::thread stopping([&] { server.get().stop(1012, "retry_ms=500"); });
  EXPECT_EQ(attached.receive().payload, "welcome");
  EXPECT_EQ(attached.receive().payload, "last answer");
  for (ws_client* client : {&attached, &without_hello}) {
    auto const close = client->receive_close();
    EXPECT_EQ(close.code(), 1012);
    EXPECT_EQ(close.reason(), "retry_ms=500");
    client->tcp().disconnect();
  }
  stopping.join();
  EXPECT_EQ(server.next<inbound_closed>().session, session);
  EXPECT_EQ(server.get().counts().sessions, 0u);
  EXPECT_THROW(tcp_client{server.port()}, std::runtime_error);
}

TEST(stop, who_does_not_answer_is_waited_for_as_long_as_configured) {
  config limits;
  limits.close_timeout = 100ms;
  test_server server(limits);
  ws_client client(server.port());
  auto const begin = std::chrono::steady_clock::now();
  server.get().stop(1001, "");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_EQ(client.receive().code(), 1001);
}

TEST(stop, a_stalled_session_does_not_hold_it_up) {
  config limits;
  limits.close_timeout = 100ms;
  test_server server(limits);
  ws_client client(server.port(), "", 4096);
  client.hello();
  server.attach(1);
  server.send_to(1, framed(std::string(3'000'000, 'x')));
  server.get().stop(1001, "");
  EXPECT_EQ(server.get().counts().sessions, 0u);
}

TEST(stop, http_connections_are_ended) {
  test_server server({}, [](statelink::server& s) { s.add_page("/", page_dynamic{}); });
  tcp_client idle(server.port()), half(server.port()), waiting(server.port());
  half.send("GET / HT");
  waiting.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  server.next<inbound_page_request>();
  std::thread stopping([&] { server.get().stop(1001, ""); });
  EXPECT_EQ(idle.receive_rest(), "");
  EXPECT_EQ(half.receive_rest(), "");
  EXPECT_EQ(testing::receive_reply(waiting).status, 503);
  waiting.disconnect();
  stopping.join();
}

TEST(stop, twice_and_from_two_threads) {
  test_server server;
  std::thread other([&] { server.get().stop(1001, ""); });
  server.get().stop(1012, "");
  other.join();
  server.get().stop(1001, "");
}

TEST(stop, before_the_start) {
  server s{config{}};
  std::error_code failed;
  std::uint16_t const port = s.listen("127.0.0.1", 0, failed);
  s.stop(1001, "");
  EXPECT_EQ(s.start(), errc::already_started);
  EXPECT_THROW(tcp_client{port}, std::runtime_error);
}

TEST(stop, what_is_handed_over_afterwards_does_no_harm) {
  test_server server;
  server.get().stop(1001, "");
  server.hand_over(close_item{{1}, 1000, ""});
  server.take_now();
}

}  // namespace
}  // namespace statelink
