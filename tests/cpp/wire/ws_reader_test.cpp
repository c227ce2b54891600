// The cases of the Autobahn test suite, groups 1 to 7 and 10, against the reader.
#include "wire/ws_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "support/masked_frame.hpp"

namespace statelink {
namespace {

using testing::client_frame_bytes;
using testing::client_text;
using testing::close_payload;
using kind = ws_input::kind;

constexpr std::uint8_t continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10;

/// An input, kept.
struct heard {
  kind what;
  std::string payload;
  int code = 0;
  friend bool operator==(heard const&, heard const&) = default;
  friend std::ostream& operator<<(std::ostream& out, heard const& h) {
    return out << static_cast<int>(h.what) << " " << h.code << " \"" << h.payload.substr(0, 100)
               << '"';
  }
};
using all = std::vector<heard>;

/// Everything that is read when `bytes` arrive in pieces of at most `piece`.
all read(std::string const& bytes, std::size_t piece = ~std::size_t{0},
         std::size_t limit = 1 << 20) {
  ws_reader reader(limit);
  all out;
  for (std::size_t i = 0; i < bytes.size();) {
    std::size_t const n = std::min(piece, bytes.size() - i);
    std::string scratch =
        bytes.substr(i, n);  // of its own size: the sanitizer sees who reads beyond
    std::span<char> left(scratch);
    i += n;
    for (;;) {
      ws_input const input = reader.next(left);
      if (input.what == kind::more) break;
      out.push_back({input.what, std::string(input.payload), input.code});
    }
    EXPECT_TRUE(left.empty());
  }
  return out;
}

/// The same, and asserts that it does not matter how the bytes are cut.
all read_any_way(std::string const& bytes) {
  all const whole = read(bytes);
  for (std::size_t piece : {1, 2, 3, 5, 7, 13, 64, 997})
    EXPECT_EQ(read(bytes, piece), whole) << piece;
  return whole;
}

/// The code with which the connection is failed at the end of what is read; 0: it is not.
int failure(std::string const& bytes) {
  all const inputs = read_any_way(bytes);
  return !inputs.empty() && inputs.back().what == kind::error ? inputs.back().code : 0;
}

TEST(ws_reader, group_1_messages_of_every_size) {
  for (std::size_t const size : {0, 1, 7, 125, 126, 127, 128, 65535, 65536, 70000}) {
    std::string const payload(size, '*');
    EXPECT_EQ(read_any_way(client_text(payload)), (all{{kind::text, payload}}));
    EXPECT_EQ(read_any_way(client_frame_bytes(binary, payload)), (all{{kind::binary, payload}}));
  }
}

TEST(ws_reader, several_messages_in_one_piece) {
  EXPECT_EQ(read_any_way(client_text("one") + client_text("") + client_text("three")),
            (all{{kind::text, "one"}, {kind::text, ""}, {kind::text, "three"}}));
}

TEST(ws_reader, group_2_pings_and_pongs) {
  std::string const bytes_of_all_values("\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF", 8);
  EXPECT_EQ(read_any_way(client_frame_bytes(ping, "")), (all{{kind::ping, ""}}));
  EXPECT_EQ(read_any_way(client_frame_bytes(ping, bytes_of_all_values)),
            (all{{kind::ping, bytes_of_all_values}}));
  EXPECT_EQ(read_any_way(client_frame_bytes(ping, std::string(125, '\xFE'))),
            (all{{kind::ping, std::string(125, '\xFE')}}));
  EXPECT_EQ(read_any_way(client_frame_bytes(pong, "unasked") + client_frame_bytes(ping, "p")),
            (all{{kind::pong, "unasked"}, {kind::ping, "p"}}));
  EXPECT_EQ(failure(client_frame_bytes(ping, std::string(126, 'x'))), 1002);
}

TEST(ws_reader, group_3_reserved_bits) {
  for (std::uint8_t bits = 1; bits < 8; ++bits) {
    for (std::uint8_t const opcode : {text, binary, ping, pong, close}) {
      EXPECT_EQ(failure(client_frame_bytes(opcode, "x", {.reserved = bits})), 1002);
    }
  }
}

TEST(ws_reader, what_came_before_a_breach_is_given) {
  EXPECT_EQ(read_any_way(client_text("good") + client_frame_bytes(text, "bad", {.reserved = 4}) +
                         client_text("late")),
            (all{{kind::text, "good"}, {kind::error, "reserved bits are set", 1002}}));
}

TEST(ws_reader, group_4_reserved_opcodes) {
  for (std::uint8_t const opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    EXPECT_EQ(failure(client_frame_bytes(opcode, "")), 1002) << int(opcode);
    EXPECT_EQ(
        failure(client_text("x") + client_frame_bytes(opcode, "y") + client_frame_bytes(ping, "")),
        1002);
  }
}

TEST(ws_reader, group_5_fragments) {
  auto const part = [](std::uint8_t opcode, std::string_view payload) {
    return client_frame_bytes(opcode, payload, {.fin = false});
  };
  EXPECT_EQ(failure(part(ping, "one") + client_frame_bytes(continuation, "two")), 1002);
  EXPECT_EQ(failure(part(pong, "one") + client_frame_bytes(continuation, "two")), 1002);
  EXPECT_EQ(read_any_way(part(text, "one") + client_frame_bytes(continuation, "two")),
            (all{{kind::text, "onetwo"}}));
  EXPECT_EQ(read_any_way(part(text, "one") + client_frame_bytes(ping, "p") +
                         client_frame_bytes(continuation, "two")),
            (all{{kind::ping, "p"}, {kind::text, "onetwo"}}));
  EXPECT_EQ(read_any_way(part(text, "1") + client_frame_bytes(ping, "a") + part(continuation, "2") +
                         client_frame_bytes(ping, "b") + client_frame_bytes(continuation, "3")),
            (all{{kind::ping, "a"}, {kind::ping, "b"}, {kind::text, "123"}}));
  EXPECT_EQ(
      read_any_way(part(text, "") + part(continuation, "") + client_frame_bytes(continuation, "")),
      (all{{kind::text, ""}}));
  EXPECT_EQ(read_any_way(part(text, "") + part(continuation, "middle") +
                         client_frame_bytes(continuation, "")),
            (all{{kind::text, "middle"}}));
  EXPECT_EQ(read_any_way(part(binary, "\xFF") + client_frame_bytes(continuation, "\xFE")),
            (all{{kind::binary, "\xFF\xFE"}}));
  EXPECT_EQ(read_any_way(part(text, "one") + client_frame_bytes(continuation, "two") +
                         client_text("three")),
            (all{{kind::text, "onetwo"}, {kind::text, "three"}}));
}

TEST(ws_reader, group_5_fragments_out_of_place) {
  EXPECT_EQ(failure(client_frame_bytes(continuation, "x")), 1002);
  EXPECT_EQ(failure(client_frame_bytes(continuation, "x", {.fin = false})), 1002);
  EXPECT_EQ(failure(client_text("whole") + client_frame_bytes(continuation, "x")), 1002);
  EXPECT_EQ(failure(client_frame_bytes(text, "one", {.fin = false}) + client_text("two")), 1002);
  EXPECT_EQ(
      failure(client_frame_bytes(text, "one", {.fin = false}) + client_frame_bytes(binary, "two")),
      1002);
}

TEST(ws_reader, group_6_texts_are_utf8) {
  std::string const greek = "κόσμε 🙂 Hello-µ@ßöäüàá-UTF-8!!";
  EXPECT_EQ(read_any_way(client_text(greek)), (all{{kind::text, greek}}));
  for (std::size_t cut = 0; cut <= greek.size(); ++cut) {  // fragments may cut a character
    EXPECT_EQ(read(client_frame_bytes(text, greek.substr(0, cut), {.fin = false}) +
                   client_frame_bytes(continuation, greek.substr(cut))),
              (all{{kind::text, greek}}));
  }
  EXPECT_EQ(failure(client_text("\xCE\xBA\xED\xA0\x80\x65\x64")), 1007);
  EXPECT_EQ(failure(client_text("\xCE")), 1007);
  EXPECT_EQ(failure(client_frame_bytes(text, "\xCE", {.fin = false}) +
                    client_frame_bytes(continuation, "")),
            1007);
  EXPECT_EQ(failure(client_text("ok") + client_text("\xBA")), 1007);
}

TEST(ws_reader, group_6_bad_text_is_refused_before_its_message_ends) {
  std::string const begun = client_frame_bytes(text, "κόσμε\xF4\x90", {.claimed = 1000});
  EXPECT_EQ(read(begun, 1).back().code, 1007);
  EXPECT_EQ(failure(client_frame_bytes(text, "κόσμε\xF4\x90", {.fin = false})), 1007);
}

TEST(ws_reader, a_text_after_a_bad_end_of_another_begins_anew) {
  EXPECT_EQ(read_any_way(client_frame_bytes(binary, "\xCE") + client_text("a")),
            (all{{kind::binary, "\xCE"}, {kind::text, "a"}}));
}

TEST(ws_reader, group_7_closes) {
  EXPECT_EQ(read_any_way(client_frame_bytes(close, "")), (all{{kind::close, "", 0}}));
  EXPECT_EQ(read_any_way(client_frame_bytes(close, close_payload(1000, "bye 🙂"))),
            (all{{kind::close, "bye 🙂", 1000}}));
  EXPECT_EQ(read_any_way(client_frame_bytes(close, close_payload(4999, std::string(123, 'x'))))
                .front()
                .code,
            4999);
  // Nothing is read after it.
  EXPECT_EQ(read_any_way(client_frame_bytes(close, close_payload(1000)) + client_text("late") +
                         client_frame_bytes(ping, "late")),
            (all{{kind::close, "", 1000}}));
  // Not even the rest of a message.
  EXPECT_EQ(read_any_way(client_frame_bytes(text, "one", {.fin = false}) +
                         client_frame_bytes(close, close_payload(1001)) +
                         client_frame_bytes(continuation, "two")),
            (all{{kind::close, "", 1001}}));
}

TEST(ws_reader, group_7_bad_closes) {
  EXPECT_EQ(failure(client_frame_bytes(close, "x")), 1002);
  EXPECT_EQ(failure(client_frame_bytes(close, close_payload(1000, std::string(124, 'x')))), 1002);
  EXPECT_EQ(failure(client_frame_bytes(close, close_payload(1000, "\xCE\xBA\xED\xA0\x80"))), 1007);
  for (int const code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
    EXPECT_EQ(failure(client_frame_bytes(close, close_payload(static_cast<std::uint16_t>(code)))),
              1002)
        << code;
  }
}

TEST(ws_reader, group_10_a_fragmented_message_in_many_small_frames) {
  std::string bytes, whole;
  for (int i = 0; i < 50; ++i) {
    std::string const piece(1300, static_cast<char>('a' + i % 26));
    bytes += client_frame_bytes(i == 0 ? text : continuation, piece, {.fin = i == 49});
    whole += piece;
  }
  EXPECT_EQ(read_any_way(bytes), (all{{kind::text, whole}}));
}

TEST(ws_reader, frames_must_be_masked) {
  EXPECT_EQ(failure(client_frame_bytes(text, "x", {.masked = false})), 1002);
  EXPECT_EQ(failure(client_frame_bytes(ping, "", {.masked = false})), 1002);
  EXPECT_EQ(read(std::string("\x81\x7E", 2)).back().code,
            1002);  // at once, not when its length has arrived
}

TEST(ws_reader, lengths_have_their_shortest_form) {
  EXPECT_EQ(failure(client_frame_bytes(text, "x", {.length_bytes = 2})), 1002);
  EXPECT_EQ(failure(client_frame_bytes(text, std::string(200, 'x'), {.length_bytes = 8})), 1002);
  EXPECT_EQ(failure(client_frame_bytes(text, "x", {.claimed = ~std::uint64_t{0} - 1})),
            1002);  // the top bit is set
}

TEST(ws_reader, a_message_has_a_limit) {
  EXPECT_EQ(read(client_text(std::string(100, 'x')), 7, 100).back().what, kind::text);
  EXPECT_EQ(read(client_text(std::string(101, 'x')), 7, 100).back().code, 1009);
  // Refused by its header alone.
  EXPECT_EQ(
      read(client_frame_bytes(text, "", {.claimed = std::uint64_t{1} << 40}), 1, 100).back().code,
      1009);
  // Fragments count together.
  std::string const half(60, 'x');
  EXPECT_EQ(
      read(client_frame_bytes(text, half, {.fin = false}) + client_frame_bytes(continuation, half),
           7, 100)
          .back()
          .code,
      1009);
  // Each message has it for itself.
  EXPECT_EQ(read(client_text(half) + client_text(half), 7, 100).size(), 2u);
}

}  // namespace
}  // namespace statelink
