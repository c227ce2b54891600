#include "link/link_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

using namespace statelink;

namespace {

constexpr client_no ada{1};
constexpr client_no bob{2};
constexpr class_no chat{1};
constexpr class_no board{2};
constexpr instance_no a{10};
constexpr instance_no b{11};

using clients = std::vector<client_no>;

TEST(link_table, nobody_is_linked_at_first) {
  link_table const table;
  EXPECT_EQ(table.linked(ada, chat), instance_no{});
  EXPECT_TRUE(table.audience(a).empty());
}

TEST(link_table, says_what_it_was_before) {
  link_table table;
  EXPECT_EQ(table.link(ada, chat, a), instance_no{});
  EXPECT_EQ(table.linked(ada, chat), a);
  EXPECT_EQ(table.link(ada, chat, a), a);
  EXPECT_EQ(table.audience(a), clients{ada});  // once
  EXPECT_EQ(table.link(ada, chat, b), a);
  EXPECT_TRUE(table.audience(a).empty());
  EXPECT_EQ(table.audience(b), clients{ada});
  EXPECT_EQ(table.link(ada, chat, {}), b);
  EXPECT_EQ(table.linked(ada, chat), instance_no{});
  EXPECT_TRUE(table.audience(b).empty());
  EXPECT_EQ(table.link(ada, chat, {}), instance_no{});
}

TEST(link_table, keeps_clients_and_classes_apart) {
  link_table table;
  table.link(ada, chat, a);
  table.link(bob, chat, a);
  table.link(ada, board, b);
  EXPECT_EQ(table.audience(a).size(), 2u);
  table.link(ada, chat, {});
  EXPECT_EQ(table.audience(a), clients{bob});
  EXPECT_EQ(table.linked(ada, board), b);
  EXPECT_EQ(table.linked(bob, board), instance_no{});
}

TEST(link_table, does_what_a_map_does) {
  std::mt19937 random(3);
  link_table table;
  std::map<std::pair<client_no, class_no>, instance_no> model;
  for (int step = 0; step < 5000; ++step) {
    client_no const client{1 + random() % 6};
    class_no const cls{1 + random() % 3};
    std::uint64_t const room = random() % 5;
    instance_no const to{room ? 10 * cls.value + room : 0};  // an instance is of one class
    auto& row = model[{client, cls}];
    ASSERT_EQ(table.link(client, cls, to), row);
    row = to;
    for (std::uint64_t i = 11; i < 35; ++i) {
      clients expected;
      for (auto const& [key, linked] : model) {
        if (linked.value == i) expected.push_back(key.first);
      }
      clients found = table.audience({i});
      std::sort(found.begin(), found.end());
      ASSERT_EQ(found, expected);
    }
  }
}

}  // namespace
