#include "session/deadlines.hpp"

#include <gtest/gtest.h>

namespace statelink {
namespace {

using namespace std::chrono_literals;

TEST(deadlines, come_out_in_order_of_time_when_they_are_due) {
  deadlines due;
  EXPECT_FALSE(due.earliest());
  due.add(30ms, session_no{3});
  due.add(10ms, session_no{1});
  due.add(20ms, session_no{2});
  EXPECT_EQ(due.earliest(), 10ms);
  EXPECT_FALSE(due.pop_due(9ms));
  EXPECT_EQ(due.pop_due(25ms), session_no{1});
  EXPECT_EQ(due.pop_due(25ms), session_no{2});
  EXPECT_FALSE(due.pop_due(25ms));
  EXPECT_EQ(due.earliest(), 30ms);
}

TEST(alarm, rings_at_its_time) {
  deadlines due;
  alarm a(session_no{1});
  a.set(10ms, due);
  EXPECT_EQ(due.pop_due(10ms), session_no{1});
  EXPECT_TRUE(a.rings(10ms, due));
  EXPECT_EQ(due.size(), 0u);
}

TEST(alarm, put_off_it_keeps_its_one_entry) {
  deadlines due;
  alarm a(session_no{1});
  for (int i = 1; i <= 100; ++i) a.set(i * 10ms, due);
  EXPECT_EQ(due.size(), 1u);
  EXPECT_TRUE(due.pop_due(10ms));
  EXPECT_FALSE(a.rings(10ms, due));
  EXPECT_EQ(due.earliest(), 1000ms);
  EXPECT_TRUE(due.pop_due(1000ms));
  EXPECT_TRUE(a.rings(1000ms, due));
}

TEST(alarm, put_forward_it_rings_once) {
  deadlines due;
  alarm a(session_no{1});
  a.set(50ms, due);
  a.set(10ms, due);
  EXPECT_TRUE(due.pop_due(10ms));
  EXPECT_TRUE(a.rings(10ms, due));
  a.set(70ms, due);
  EXPECT_TRUE(due.pop_due(50ms));  // the entry that was overtaken
  EXPECT_FALSE(a.rings(50ms, due));
  EXPECT_TRUE(due.pop_due(70ms));
  EXPECT_TRUE(a.rings(70ms, due));
  EXPECT_EQ(due.size(), 0u);
}

}  // namespace
}  // namespace statelink
