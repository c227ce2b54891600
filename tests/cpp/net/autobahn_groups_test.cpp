// The groups of the Autobahn test suite that concern this server (1 to 7 and 10), over real sockets.
// The suite itself is `make autobahn`; how the bytes are cut is ws_reader_test's.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "net/test_server.hpp"

namespace statelink {
namespace {

using namespace std::string_view_literals;
using testing::client_frame_bytes;
using testing::client_text;
using testing::close_payload;
using testing::kept_event;
using testing::test_server;
using testing::ws_client;

constexpr std::uint8_t continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10;

std::string open_fragment(std::uint8_t opcode, std::string_view payload) {
  return client_frame_bytes(opcode, payload, {.fin = false});
}

/// An event whose arguments have `size` bytes.
std::string event_of(std::size_t size) {
  std::string const begin = R"({"e":1,"h":"C.set","a":{"text":")";
  return begin + std::string(size - R"({"text":""})"sv.size(), '*') + "\"}}";
}

class autobahn : public ::testing::Test {
 protected:
  /// The arguments of the event that a client says in these bytes after its hello.
  std::string heard(std::string const& bytes, std::size_t piece = ~std::size_t{0}) {
    ws_client client(server_.port());
    client.hello();
    for (std::size_t i = 0; i < bytes.size(); i += std::min(piece, bytes.size() - i))
      client.tcp().send(std::string_view(bytes).substr(i, piece));
    return server_.next<kept_event>().arguments;
  }
  /// The close code that these bytes get after a hello, and `before`, which must be an event.
  int code(std::string const& bytes, std::string const& before = {}) {
    ws_client client(server_.port());
    client.hello();
    client.tcp().send(before + bytes);
    int const got = client.receive_close().code();
    if (!before.empty()) {
      EXPECT_EQ(server_.next<kept_event>().handler, "C.set");
    }
    return got;
  }

  test_server server_;
};

TEST_F(autobahn, group_1_framing) {
  for (std::size_t const size : {11, 125, 126, 127, 128, 65535, 65536}) {
    std::string const bytes = client_text(event_of(size));
    EXPECT_EQ(heard(bytes).size(), size);
    EXPECT_EQ(heard(bytes, 997).size(), size);
  }
  EXPECT_EQ(code(client_text("")), 4400);
  for (std::size_t const size : {0, 125, 126, 127, 128, 65535, 65536})
    EXPECT_EQ(code(client_frame_bytes(binary, std::string(size, '\xFE'))), 1003);
}

TEST_F(autobahn, group_2_pings_and_pongs) {
  ws_client client(server_.port());
  client.hello();
  for (std::string const& payload :
       {std::string(), std::string("hello"), std::string("\x00\xFF\xFE\xFD", 4),
        std::string(125, '\xFE')}) {
    client.frame(ping, payload);
    auto const answer = client.receive();
    EXPECT_EQ(answer.opcode, pong);
    EXPECT_EQ(answer.payload, payload);
  }
  client.frame(pong, "unasked");  // no answer
  std::string ten;
  for (char c = '0'; c <= '9'; ++c) ten += client_frame_bytes(ping, std::string(1, c));
  client.tcp().send(ten);
  for (char c = '0'; c <= '9'; ++c) EXPECT_EQ(client.receive().payload, std::string(1, c));
  for (char const byte : client_frame_bytes(ping, "chopped")) client.tcp().send({&byte, 1});
  EXPECT_EQ(client.receive().payload, "chopped");
  EXPECT_EQ(code(client_frame_bytes(ping, std::string(126, 'x'))), 1002);
}

TEST_F(autobahn, group_3_reserved_bits) {
  for (std::uint8_t bits = 1; bits < 8; ++bits) {
    for (std::uint8_t const opcode : {text, binary, ping, pong, close}) {
      EXPECT_EQ(code(client_frame_bytes(opcode, "", {.reserved = bits}), client_text(event_of(20))),
                1002);
    }
  }
}

TEST_F(autobahn, group_4_reserved_opcodes) {
  for (std::uint8_t const opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    EXPECT_EQ(code(client_frame_bytes(opcode, "x") + client_frame_bytes(ping, ""),
                   client_text(event_of(20))),
              1002);
  }
}

TEST_F(autobahn, group_5_fragmentation) {
  std::string const whole = event_of(30);
  std::string const in_two =
      open_fragment(text, whole.substr(0, 9)) + client_frame_bytes(continuation, whole.substr(9));
  EXPECT_EQ(heard(in_two).size(), 30u);
  EXPECT_EQ(heard(in_two, 1).size(), 30u);
  EXPECT_EQ(heard(open_fragment(text, "") + open_fragment(continuation, whole) +
                  client_frame_bytes(continuation, ""))
                .size(),
            30u);

  ws_client client(server_.port());  // control frames stand between fragments
  client.hello();
  client.tcp().send(open_fragment(text, whole.substr(0, 9)) + client_frame_bytes(ping, "one") +
                    open_fragment(continuation, whole.substr(9, 9)) +
                    client_frame_bytes(ping, "two"));
  EXPECT_EQ(client.receive().payload, "one");
  EXPECT_EQ(client.receive().payload, "two");
  client.frame(continuation, whole.substr(18));
  EXPECT_EQ(server_.next<kept_event>().arguments.size(), 30u);

  EXPECT_EQ(code(open_fragment(ping, "x") + client_frame_bytes(continuation, "x")), 1002);
  EXPECT_EQ(code(open_fragment(pong, "x") + client_frame_bytes(continuation, "x")), 1002);
  EXPECT_EQ(code(client_frame_bytes(continuation, "x")), 1002);
  EXPECT_EQ(code(open_fragment(continuation, "x")), 1002);
  EXPECT_EQ(code(client_frame_bytes(continuation, "x"), client_text(whole)), 1002);
  EXPECT_EQ(code(open_fragment(text, "x") + client_text(whole)), 1002);
}

TEST_F(autobahn, group_6_utf8) {
  std::string const greek = R"({"e":1,"h":"C.set","a":{"text":"κόσμε 🙂"}})";
  EXPECT_EQ(heard(client_text(greek), 1), R"({"text":"κόσμε 🙂"})");
  for (std::size_t cut = 30; cut < greek.size(); ++cut) {
    EXPECT_EQ(heard(open_fragment(text, greek.substr(0, cut)) +
                    client_frame_bytes(continuation, greek.substr(cut))),
              R"({"text":"κόσμε 🙂"})");
  }
  for (char const* const bad : {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                "\xCE\xBA\xED\xA0\x80\x65\x64", "\xFC\x80\x80\x80\x80\xAF"}) {
    EXPECT_EQ(code(client_text(bad)), 1007);
    EXPECT_EQ(code(open_fragment(text, bad)), 1007);  // before the message ends
    EXPECT_EQ(code(client_frame_bytes(text, bad, {.claimed = 1000})), 1007);  // or the frame
  }
  EXPECT_EQ(code(client_text("\xCE")), 1007);
  EXPECT_EQ(code(open_fragment(text, "\xCE") + client_frame_bytes(continuation, "")), 1007);
}

TEST_F(autobahn, group_7_closes) {
  auto const answer = [&](std::string const& bytes) {
    ws_client client(server_.port());
    client.hello();
    client.tcp().send(bytes);
    auto const got = client.receive();
    EXPECT_EQ(got.opcode, close);
    EXPECT_EQ(got.reason(), "");
    EXPECT_EQ(client.tcp().receive_rest(), "");  // nothing follows
    return got.code();
  };
  EXPECT_EQ(answer(client_frame_bytes(close, "")), 0);
  for (int const valid :
       {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999}) {
    auto const c = static_cast<std::uint16_t>(valid);
    EXPECT_EQ(answer(client_frame_bytes(close, close_payload(c))), valid);
  }
  std::string const said = client_frame_bytes(close, close_payload(1000, std::string(123, 'x')));
  EXPECT_EQ(answer(said), 1000);
  EXPECT_EQ(answer(said + said), 1000);
  EXPECT_EQ(answer(said + client_frame_bytes(ping, "late")), 1000);
  EXPECT_EQ(answer(said + client_text("late") + std::string(262'144, '\xFF')), 1000);
  EXPECT_EQ(answer(open_fragment(text, "x") + said + client_frame_bytes(continuation, "late")),
            1000);

  EXPECT_EQ(code(client_frame_bytes(close, "x")), 1002);
  EXPECT_EQ(code(client_frame_bytes(close, close_payload(1000, std::string(124, 'x')))), 1002);
  EXPECT_EQ(code(client_frame_bytes(close, close_payload(1000, "\xCE\xBA\xED\xA0\x80"))), 1007);
  for (int const invalid : {0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535}) {
    auto const c = static_cast<std::uint16_t>(invalid);
    EXPECT_EQ(code(client_frame_bytes(close, close_payload(c))), 1002);
  }
}

TEST_F(autobahn, group_10_automatic_fragmentation) {
  std::string const whole = event_of(65536);
  std::string bytes;
  for (std::size_t i = 0; i < whole.size(); i += 1300) {
    bytes += client_frame_bytes(i == 0 ? text : continuation, whole.substr(i, 1300),
                                {.fin = i + 1300 >= whole.size()});
  }
  EXPECT_EQ(heard(bytes).size(), 65536u);
}

}  // namespace
}  // namespace statelink
