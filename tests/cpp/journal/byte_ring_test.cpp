#include "journal/byte_ring.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

using statelink::byte_ring;

namespace {

std::string bytes_of(byte_ring const& ring, std::uint64_t from, std::uint64_t to) {
  std::vector<std::string_view> views;
  ring.read(from, to, views);
  EXPECT_LE(views.size(), 2u);
  std::string all;
  for (std::string_view v : views) all += v;
  return all;
}

std::string all_of(byte_ring const& ring) { return bytes_of(ring, ring.begin(), ring.end()); }

TEST(byte_ring, takes_no_memory_before_its_first_byte) {
  byte_ring ring;
  EXPECT_EQ(ring.capacity(), 0u);
  EXPECT_EQ(ring.size(), 0u);
  EXPECT_EQ(all_of(ring), "");
  ring.push("a");
  EXPECT_EQ(ring.capacity(), 256u);
  EXPECT_EQ(all_of(ring), "a");
}

TEST(byte_ring, wraps_without_growing) {
  byte_ring ring;
  std::string const block(100, 'x');
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    std::string piece = block;
    piece[0] = static_cast<char>('a' + i % 26);
    ring.push(piece);
    expected += piece;
    if (ring.size() > 200) ring.drop_before(ring.end() - 200);
  }
  // 300 bytes at most were held at once.
  EXPECT_EQ(ring.capacity(), 512u);
  EXPECT_EQ(all_of(ring), expected.substr(expected.size() - 200));
}

TEST(byte_ring, read_gives_two_views_only_across_the_end_of_the_memory) {
  byte_ring ring;
  ring.push(std::string(200, 'a'));
  ring.drop_before(200);
  ring.push(std::string(100, 'b'));
  std::vector<std::string_view> views;
  ring.read(200, 300, views);
  ASSERT_EQ(views.size(), 2u);
  EXPECT_EQ(views[0].size(), 56u);
  EXPECT_EQ(views[1].size(), 44u);
  views.clear();
  ring.read(200, 256, views);
  EXPECT_EQ(views.size(), 1u);
  views.clear();
  ring.read(256, 300, views);
  EXPECT_EQ(views.size(), 1u);
  views.clear();
  ring.read(300, 300, views);
  EXPECT_TRUE(views.empty());
}

TEST(byte_ring, growing_keeps_the_bytes_at_their_offsets) {
  byte_ring ring;
  ring.push(std::string(200, 'a'));
  ring.drop_before(200);
  ring.push("0123456789" + std::string(90, 'b'));  // wraps
  ring.push(std::string(1000, 'c'));               // grows
  EXPECT_EQ(ring.capacity(), 2048u);
  EXPECT_EQ(bytes_of(ring, 200, 210), "0123456789");
  EXPECT_EQ(bytes_of(ring, 299, 302), "bcc");
}

TEST(byte_ring, one_push_may_exceed_every_former_size) {
  byte_ring ring;
  std::string const large(1 << 20, 'z');
  ring.push("a");
  ring.push(large);
  EXPECT_EQ(all_of(ring), "a" + large);
}

TEST(byte_ring, shrinks_when_less_than_a_quarter_is_used) {
  byte_ring ring;
  ring.push(std::string(4096, 'a'));
  ring.shrink();
  EXPECT_EQ(ring.capacity(), 4096u);
  ring.drop_before(3072);  // 1,024 left: a quarter
  ring.shrink();
  EXPECT_EQ(ring.capacity(), 4096u);
  ring.drop_before(3073);
  ring.shrink();
  EXPECT_EQ(ring.capacity(), 2048u);
  EXPECT_EQ(all_of(ring), std::string(1023, 'a'));
  ring.drop_before(4095);
  ring.shrink();
  EXPECT_EQ(ring.capacity(), 256u);
  EXPECT_EQ(all_of(ring), "a");
}

TEST(byte_ring, gives_all_memory_back_when_empty_and_goes_on) {
  byte_ring ring;
  ring.push("abc");
  ring.drop_before(3);
  ring.shrink();
  EXPECT_EQ(ring.capacity(), 0u);
  ring.push("def");
  EXPECT_EQ(ring.begin(), 3u);
  EXPECT_EQ(bytes_of(ring, 3, 6), "def");
}

TEST(byte_ring, does_what_a_string_does) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    byte_ring ring;
    std::string all;  // every byte ever pushed
    for (int step = 0; step < 300; ++step) {
      switch (random() % 8) {
        case 0:
          ring.drop_before(ring.begin() + random() % (ring.size() + 1));
          break;
        case 1:
          ring.shrink();
          break;
        default: {
          std::string piece(1 + random() % (random() % 20 == 0 ? 3000 : 60), ' ');
          for (char& c : piece) c = static_cast<char>(random());
          ring.push(piece);
          all += piece;
        }
      }
      ASSERT_EQ(ring.end(), all.size());
      ASSERT_GE(ring.capacity(), ring.size());
      std::uint64_t const from = ring.begin() + random() % (ring.size() + 1);
      std::uint64_t const to = from + random() % (ring.end() - from + 1);
      ASSERT_EQ(bytes_of(ring, from, to), all.substr(from, to - from));
    }
    ASSERT_EQ(all_of(ring), all.substr(ring.begin()));
  }
}

}  // namespace
