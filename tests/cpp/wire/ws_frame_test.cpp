#include "wire/ws_frame.hpp"

#include <gtest/gtest.h>

#include <string>

namespace statelink {
namespace {

std::string framed(std::size_t payload) {
  std::string out = "before";
  std::size_t const mark = begin_frame(out);
  out.append(payload, 'x');
  end_frame(out, mark);
  EXPECT_EQ(out.substr(0, 6), "before");
  EXPECT_EQ(out.find_first_not_of('x', out.size() - payload), std::string::npos);
  return out.substr(6, out.size() - 6 - payload);
}

TEST(ws_frame, has_the_shortest_header) {
  EXPECT_EQ(framed(0), std::string("\x81\x00", 2));
  EXPECT_EQ(framed(125), "\x81\x7D");
  EXPECT_EQ(framed(126), std::string("\x81\x7E\x00\x7E", 4));
  EXPECT_EQ(framed(65535), "\x81\x7E\xFF\xFF");
  EXPECT_EQ(framed(65536), std::string("\x81\x7F\x00\x00\x00\x00\x00\x01\x00\x00", 10));
}

TEST(ws_frame, frames_stand_behind_each_other) {
  std::string out;
  for (char const* text : {"one", "two"}) {
    std::size_t const mark = begin_frame(out);
    out += text;
    end_frame(out, mark);
  }
  EXPECT_EQ(out, "\x81\x03one\x81\x03two");
}

TEST(ws_frame, control_frames) {
  std::string out;
  append_frame(out, ws_opcode::ping, "");
  append_frame(out, ws_opcode::pong, "hi");
  EXPECT_EQ(out, std::string("\x89\x00\x8A\x02hi", 6));
}

TEST(ws_frame, close_frames) {
  std::string out;
  append_close_frame(out, 1012, "retry_ms=500");
  EXPECT_EQ(out, "\x88\x0E\x03\xF4retry_ms=500");
  out.clear();
  append_close_frame(out, 0, "");
  EXPECT_EQ(out, std::string("\x88\x00", 2));
}

TEST(ws_frame, a_close_reason_is_cut_between_characters) {
  std::string out;
  append_close_frame(out, 4400, std::string(122, 'x') + "é");
  EXPECT_EQ(out.size(), 2u + 2 + 122);
  EXPECT_EQ(out[1], 124);
}

TEST(ws_frame, unmasks_any_piece_at_any_offset) {
  std::uint8_t const key[4] = {0x12, 0x34, 0x56, 0x78};
  std::string text;
  for (int i = 0; i < 100; ++i) text += static_cast<char>(i * 7);
  std::string masked = text;
  for (std::size_t i = 0; i < masked.size(); ++i)
    masked[i] = static_cast<char>(masked[i] ^ key[i % 4]);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    std::string bytes = masked;
    unmask(bytes.data(), cut, key, 0);
    unmask(bytes.data() + cut, bytes.size() - cut, key, cut);
    ASSERT_EQ(bytes, text) << cut;
  }
}

TEST(ws_frame, close_codes_that_may_be_sent) {
  for (int const code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
                         3000, 3999, 4000, 4999}) {
    EXPECT_TRUE(may_be_sent(static_cast<std::uint16_t>(code))) << code;
  }
  for (int const code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
    EXPECT_FALSE(may_be_sent(static_cast<std::uint16_t>(code))) << code;
  }
}

}  // namespace
}  // namespace statelink
