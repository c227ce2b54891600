// HTTP over real sockets.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "net/test_server.hpp"

namespace statelink {
namespace {

using namespace std::chrono_literals;
using testing::ask;
using testing::receive_reply;
using testing::tcp_client;
using testing::test_server;

config small() {
  config limits;
  limits.http_head_bytes = 1024;
  limits.close_timeout = 200ms;
  return limits;
}

void add_pages(server& s) {
  s.add_page("/", page_text{"text/html; charset=utf-8", "<h1>hello</h1>"});
  s.add_page("/room/[room_id]", page_dynamic{});
  s.add_page("/_statelink/client.js", page_text{"text/javascript; charset=utf-8", "export {}"});
}

class pages : public ::testing::Test {
 protected:
  test_server server_{small(), add_pages};
};

TEST_F(pages, a_text) {
  auto const reply = ask(server_.port(), "GET", "/");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "<h1>hello</h1>");
  EXPECT_EQ(reply.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(reply.headers.at("cache-control"), "no-cache");
  EXPECT_EQ(ask(server_.port(), "GET", "/_statelink/client.js").body, "export {}");
  EXPECT_EQ(ask(server_.port(), "GET", "http://localhost/?q=1").body, "<h1>hello</h1>");
}

TEST_F(pages, head_says_the_size_and_sends_nothing) {
  tcp_client client(server_.port());
  auto const reply = ask(client, "HEAD", "/");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("content-length"), "14");
  EXPECT_EQ(ask(client, "GET", "/").body, "<h1>hello</h1>");  // the stream is still in step
}

TEST_F(pages, a_page_that_the_client_has_is_not_sent_again) {
  tcp_client client(server_.port());
  std::string const tag = ask(client, "GET", "/").headers.at("etag");
  auto const reply = ask(client, "GET", "/", "If-None-Match: " + tag + "\r\n");
  EXPECT_EQ(reply.status, 304);
  EXPECT_EQ(reply.headers.at("etag"), tag);
  EXPECT_EQ(ask(client, "GET", "/", "If-None-Match: \"other\"\r\n").status, 200);
}

TEST_F(pages, requests_may_come_in_one_piece) {
  tcp_client client(server_.port());
  std::string const request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  client.send(request + request + request);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(receive_reply(client).status, 200);
}

TEST_F(pages, unknown_pages_and_methods) {
  tcp_client client(server_.port());
  EXPECT_EQ(ask(client, "GET", "/none").status, 404);
  EXPECT_EQ(ask(client, "GET", "/../secret").status, 404);
  auto const reply = ask(client, "POST", "/");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.headers.at("allow"), "GET, HEAD");
  EXPECT_EQ(ask(client, "OPTIONS", "*").status, 405);
  EXPECT_EQ(ask(client, "GET", "/").status, 200);
}

TEST_F(pages, bad_requests_end_the_connection) {
  for (auto const& [bytes, status] :
       {std::pair<std::string, int>{"nonsense\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nBad Header\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(2000, 'x') + "\r\n\r\n", 431},
        {"GET /" + std::string(70'000, 'x'), 431},
        {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", 413},
        {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413}}) {
    tcp_client client(server_.port());
    client.send(bytes);
    EXPECT_EQ(receive_reply(client).status, status) << bytes.substr(0, 60);
    client.end_of_stream();
    EXPECT_EQ(client.receive_rest(), "");
  }
}

TEST_F(pages, a_request_without_host) {
  tcp_client client(server_.port());
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(receive_reply(client).status, 400);
}

TEST_F(pages, http_1_0_is_answered_and_ended) {
  tcp_client client(server_.port());
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(receive_reply(client).body, "<h1>hello</h1>");
  EXPECT_EQ(client.receive_rest(), "");
}

TEST_F(pages, a_dynamic_page_is_made_by_the_loop_thread) {
  tcp_client client(server_.port());
  client.send("GET /room/a%20b?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  auto const asked = server_.next<inbound_page_request>();
  EXPECT_EQ(asked.page, 1u);
  EXPECT_EQ(asked.path, "/room/a%20b?x=1");
  server_.hand_over(page_item{asked.request, 201, "text/plain", "made"});
  auto const reply = receive_reply(client);
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.headers.at("content-type"), "text/plain");
  EXPECT_EQ(reply.body, "made");
  server_.hand_over(page_item{asked.request, 200, "text/plain", "made twice"});  // nobody asked
  EXPECT_EQ(ask(client, "GET", "/").body, "<h1>hello</h1>");
}

TEST_F(pages, a_status_that_is_none_does_no_harm) {
  tcp_client client(server_.port());
  client.send("GET /room/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  server_.hand_over(
      page_item{server_.next<inbound_page_request>().request, 100'000, "text/plain", ""});
  EXPECT_EQ(receive_reply(client).status, 500);
}

TEST_F(pages, the_address_of_the_socket_is_no_page) {
  auto const reply = ask(server_.port(), "GET", "/_statelink/ws");
  EXPECT_EQ(reply.status, 426);
  EXPECT_EQ(reply.headers.at("upgrade"), "websocket");
  EXPECT_EQ(ask(server_.port(), "GET", "/_statelink/other").status, 404);
}

TEST(pages_of_files, a_folder_and_a_file) {
  auto const folder =
      std::filesystem::temp_directory_path() / ("statelink-net-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::string const large(3'000'000, 'x');
  std::ofstream(folder / "index.html") << "<p>";
  std::ofstream(folder / "large.bin") << large;
  {
    test_server server({}, [&](statelink::server& s) {
      s.add_page("/files", page_file{folder});
      s.add_page("/one", page_file{folder / "index.html"});
    });
    tcp_client client(server.port());
    EXPECT_EQ(ask(client, "GET", "/files").headers.at("location"), "/files/");
    EXPECT_EQ(ask(client, "GET", "/files/").body, "<p>");
    EXPECT_EQ(ask(client, "GET", "/one").headers.at("content-type"), "text/html; charset=utf-8");
    auto const reply = ask(client, "GET", "/files/large.bin");
    EXPECT_TRUE(reply.body == large);
    EXPECT_EQ(ask(client, "GET", "/files/large.bin",
                  "If-None-Match: " + reply.headers.at("etag") + "\r\n")
                  .status,
              304);
    EXPECT_EQ(ask(client, "GET", "/files/none").status, 404);
    EXPECT_EQ(ask(client, "GET", "/files/%2e%2e/passwd").status, 404);
    auto const head = ask(client, "HEAD", "/files/large.bin");
    EXPECT_EQ(head.headers.at("content-length"), "3000000");
  }
  std::filesystem::remove_all(folder);
}

TEST(http_limits, half_a_request_has_a_time) {
  config limits;
  limits.http_timeout = 50ms;
  test_server server(limits, add_pages);
  tcp_client half(server.port()), silent(server.port()), kept(server.port());
  half.send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(ask(kept, "GET", "/").status, 200);
  EXPECT_EQ(half.receive_rest(), "");
  EXPECT_EQ(silent.receive_rest(), "");
  EXPECT_EQ(kept.receive_rest(), "");
}

TEST(http_limits, a_page_that_is_not_made_has_a_time) {
  config limits;
  limits.http_timeout = 50ms;
  limits.close_timeout = 50ms;
  test_server server(limits, add_pages);
  EXPECT_EQ(ask(server.port(), "GET", "/room/a").status, 504);
}

TEST(http_limits, connections_beyond_the_limit_are_refused) {
  config limits;
  limits.connections = 2;
  test_server server(limits, add_pages);
  tcp_client first(server.port()), second(server.port());
  EXPECT_EQ(ask(first, "GET", "/").status, 200);
  EXPECT_EQ(ask(second, "GET", "/").status, 200);
  EXPECT_EQ(ask(server.port(), "GET", "/").status, 503);
  EXPECT_EQ(ask(server.port(), "GET", "/_statelink/ws", testing::upgrade_headers).status, 503);
  first.disconnect();
  EXPECT_TRUE(testing::eventually([&] { return ask(server.port(), "GET", "/").status == 200; }));
}

TEST(pages_of_a_server, a_route_that_cannot_be_is_told_by_listen) {
  server s{config{}};
  s.add_page("/a/[x]", page_text{"text/plain", ""});
  s.add_page("/a/[y]", page_text{"text/plain", ""});
  std::error_code error;
  EXPECT_EQ(s.listen("127.0.0.1", 0, error), 0);
  EXPECT_EQ(error, errc::bad_route);
}

}  // namespace
}  // namespace statelink
