#include "net/mailbox.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "net/join.hpp"

namespace statelink {
namespace {

inbound_batch one(std::string const& handler, event_id id) {
  inbound_batch b;
  b.bytes = handler;
  b.items.emplace_back(inbound_event{{1}, id, 0, static_cast<std::uint32_t>(handler.size()), 0});
  return b;
}

TEST(mailbox, only_the_first_put_wakes) {
  mailbox<inbound_batch> box;
  auto a = one("A.a", 1), b = one("B.b", 2), c = one("C.c", 3);
  EXPECT_TRUE(box.put(a));
  EXPECT_FALSE(box.put(b));
  EXPECT_TRUE(a.empty());
  EXPECT_TRUE(b.empty());
  inbound_batch out;
  box.take(out);
  ASSERT_EQ(out.items.size(), 2u);
  EXPECT_EQ(out.handler(std::get<inbound_event>(out.items[1])), "B.b");
  EXPECT_TRUE(box.put(c));
}

TEST(mailbox, texts_are_found_behind_those_of_another_batch) {
  inbound_batch pages;
  pages.bytes = "/a{}";
  pages.items.emplace_back(inbound_page{{1}, 0, 2});
  pages.items.emplace_back(inbound_stored{{1}, 2, 2});
  mailbox<inbound_batch> box;
  auto first = one("A.a", 1);
  box.put(first);
  box.put(pages);
  inbound_batch out;
  box.take(out);
  ASSERT_EQ(out.items.size(), 3u);
  EXPECT_EQ(out.path(std::get<inbound_page>(out.items[1])), "/a");
  EXPECT_EQ(out.values(std::get<inbound_stored>(out.items[2])), "{}");
}

TEST(mailbox, memory_goes_round) {
  mailbox<inbound_batch> box;
  auto a = one(std::string(1000, 'x'), 1);
  char const* const memory = a.bytes.data();
  inbound_batch out;
  box.put(a);
  box.take(out);
  EXPECT_EQ(out.bytes.data(), memory);
  auto b = one("B.b", 2);
  box.put(b);
  box.take(out);
  auto c = one("C.c", 3);
  box.put(c);
  EXPECT_EQ(c.bytes.data(), memory);
}

TEST(mailbox, tells_of_a_take_once_when_asked) {
  mailbox<inbound_batch> box;
  inbound_batch out;
  auto a = one("A.a", 1);
  box.put(a);
  EXPECT_EQ(box.takes(true), 0u);
  EXPECT_TRUE(box.take(out));
  EXPECT_EQ(box.takes(true), 1u);  // nothing waits: nothing to tell
  EXPECT_FALSE(box.take(out));
}

TEST(mailbox, nothing_is_lost_between_threads) {
  mailbox<inbound_batch> box;
  constexpr event_id last = 20'000;
  std::thread putter([&box] {
    for (event_id id = 1; id <= last; ++id) {
      auto b = one("C.inc", id);
      box.put(b);
    }
  });
  inbound_batch out;
  for (event_id expected = 1; expected <= last;) {
    box.take(out);
    for (auto const& item : out.items) {
      auto const& e = std::get<inbound_event>(item);
      EXPECT_EQ(e.id, expected++);
      EXPECT_EQ(out.handler(e), "C.inc");
    }
    std::this_thread::yield();
  }
  putter.join();
}

TEST(join, batches_keep_their_bytes) {
  batch a, b;
  a.bytes = "first";
  a.journals.push_back({journal_item::kind::append, {1}, 1, {0, 5}});
  b.bytes = "second!";
  b.journals.push_back({journal_item::kind::append, {1}, 2, {0, 6}});
  b.outbox.emplace_back(entry_item{{1}, {6, 1}, {}, 0, {}, {}});
  b.outbox.emplace_back(close_item{{1}, 1000, "bye"});
  join(a, b);
  EXPECT_EQ(a.view(a.journals.at(0).bytes), "first");
  EXPECT_EQ(a.view(a.journals.at(1).bytes), "second");
  EXPECT_EQ(a.view(std::get<entry_item>(a.outbox.at(0)).bytes), "!");
  EXPECT_EQ(std::get<close_item>(a.outbox.at(1)).reason, "bye");
}

}  // namespace
}  // namespace statelink
