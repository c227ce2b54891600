#include "net/page_table.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace statelink {
namespace {

using segments = std::vector<std::string>;

/// The page that `target` means; -1: none.
int page(page_table const& table, std::string_view target) {
  auto const path = path_segments(target);
  auto const found = path ? table.find(*path) : std::nullopt;
  return found ? static_cast<int>(found->page) : -1;
}

TEST(page_table, paths_are_cut_and_decoded) {
  EXPECT_EQ(path_segments("/"), segments{});
  EXPECT_EQ(path_segments("/?q=1"), segments{});
  EXPECT_EQ(path_segments("/a/b%20c/?q=/x#y"), (segments{"a", "b c"}));
  EXPECT_EQ(path_segments("/%C3%A9"), segments{"é"});
}

TEST(page_table, paths_that_no_page_may_have) {
  for (char const* path :
       {"", "a", "//", "/a//b", "/.", "/..", "/a/../b", "/%2e%2e/b", "/%", "/%4", "/%zz", "*"}) {
    EXPECT_FALSE(path_segments(path)) << path;
  }
}

TEST(page_table, routes_fit_exactly) {
  page_table table;
  table.add("/", 0, false);
  table.add("/about", 1, false);
  table.add("/room/[room_id]", 2, false);
  EXPECT_EQ(page(table, "/"), 0);
  EXPECT_EQ(page(table, "/about"), 1);
  EXPECT_EQ(page(table, "/about/"), 1);
  EXPECT_EQ(page(table, "/room/a"), 2);
  EXPECT_EQ(page(table, "/room/a%2Fb"), 2);
  for (char const* none : {"/About", "/abou", "/about/x", "/room", "/room/a/b"})
    EXPECT_EQ(page(table, none), -1) << none;
}

TEST(page_table, the_more_literal_route_wins_whatever_the_order) {
  for (bool const turned : {false, true}) {
    std::vector<std::pair<char const*, bool>> routes = {{"/room/[id]", false}, {"/room/new", false},
                                                        {"/[any]/new", false}, {"/", true},
                                                        {"/room", true},       {"/[a]/[b]", false}};
    page_table table;
    for (std::size_t i = 0; i < routes.size(); ++i) {
      std::size_t const n = turned ? routes.size() - 1 - i : i;
      table.add(routes[n].first, n, routes[n].second);
    }
    EXPECT_EQ(page(table, "/room/new"), 1);
    EXPECT_EQ(page(table, "/room/x"), 0);
    EXPECT_EQ(page(table, "/hall/new"), 2);
    EXPECT_EQ(page(table, "/hall/x"), 5);
    EXPECT_EQ(page(table, "/room/x/y"), 4);
    EXPECT_EQ(page(table, "/room"), 4);
    EXPECT_EQ(page(table, "/hall"), 3);
    EXPECT_EQ(page(table, "/"), 3);
  }
}

TEST(page_table, a_page_is_more_literal_than_a_folder_of_the_same_route) {
  page_table table;
  table.add("/docs", 0, true);
  table.add("/docs", 1, false);
  EXPECT_EQ(page(table, "/docs"), 1);
  EXPECT_EQ(page(table, "/docs/a"), 0);
}

TEST(page_table, the_earlier_of_two_equal_routes_wins) {
  page_table table;
  table.add("/a/[x]", 0, false);
  table.add("/a/[y]", 1, false);
  EXPECT_EQ(page(table, "/a/b"), 0);
}

TEST(page_table, a_prefix_tells_what_is_below_it) {
  page_table table;
  table.add("/static", 0, true);
  EXPECT_EQ(table.find({"static", "css", "a.css"})->rest, (segments{"css", "a.css"}));
  EXPECT_EQ(table.find({"static"})->rest, segments{});
}

TEST(page_table, the_servers_own_paths_are_only_found_literally) {
  page_table table;
  table.add("/", 0, true);
  table.add("/[a]/[b]", 1, false);
  EXPECT_EQ(page(table, "/_statelink/client.js"), -1);
  table.add("/_statelink/client.js", 2, false);
  EXPECT_EQ(page(table, "/_statelink/client.js"), 2);
}

}  // namespace
}  // namespace statelink
