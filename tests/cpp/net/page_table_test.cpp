#include "statelink/page_table.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace statelink {
namespace {

using segments = std::vector<std::string>;

errc add(page_table& table, std::string_view route, std::size_t page, bool prefix = false) {
  std::string which;
  errc const e = table.add(route, page, prefix, which);
  EXPECT_EQ(which.empty(), e == errc::none) << which;
  return e;
}

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
  add(table, "/", 0, false);
  add(table, "/about", 1, false);
  add(table, "/room/[room_id]", 2, false);
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
      add(table, routes[n].first, n, routes[n].second);
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
  add(table, "/docs", 0, true);
  add(table, "/docs", 1, false);
  EXPECT_EQ(page(table, "/docs"), 1);
  EXPECT_EQ(page(table, "/docs/a"), 0);
}

TEST(page_table, the_kinds_of_segments_and_their_arguments) {
  page_table table;
  add(table, "/[a]/x", 0);
  add(table, "/opt/[[a]]", 1);
  add(table, "/more/[...a]", 2);
  add(table, "/any/[b]/[[...a]]", 3);
  auto const arguments = [&](char const* path) {
    return table.find(*path_segments(path))->arguments;
  };
  using list = std::vector<route_argument>;
  EXPECT_EQ(arguments("/q%20q/x"), (list{{"a", false, {"q q"}}}));
  EXPECT_EQ(arguments("/opt"), (list{{"a", false, {}}}));
  EXPECT_EQ(arguments("/opt/1"), (list{{"a", false, {"1"}}}));
  EXPECT_EQ(arguments("/more/1/2"), (list{{"a", true, {"1", "2"}}}));
  EXPECT_EQ(arguments("/any/0"), (list{{"b", false, {"0"}}, {"a", true, {}}}));
  EXPECT_EQ(arguments("/any/0/1/2"), (list{{"b", false, {"0"}}, {"a", true, {"1", "2"}}}));
  for (char const* none : {"/more", "/any", "/opt/1/2", "/q/y"})
    EXPECT_EQ(page(table, none), -1) << none;
}

TEST(page_table, of_the_kinds_the_narrower_wins) {
  std::vector<char const*> const routes = {"/a/b",      "/a/[x]",      "/a/[[x]]",
                                           "/a/[...x]", "/a/[[...x]]", "/a"};
  for (std::size_t best = 0; best < routes.size(); ++best) {
    page_table table;
    for (std::size_t i = routes.size(); i-- > best;) add(table, routes[i], i, i == 5);
    EXPECT_EQ(page(table, "/a/b"), static_cast<int>(best));
  }
}

TEST(page_table, a_route_that_fits_the_same_paths_is_refused) {
  page_table table;
  add(table, "/a/[x]", 0);
  add(table, "/b", 1, true);
  for (char const* same : {"/a/[x]", "/a/[y]", "/a/[y]/"}) {
    std::string which;
    EXPECT_EQ(table.add(same, 2, false, which), errc::bad_route);
    EXPECT_EQ(which,
              "route " + std::string(same) + ": /a/[x] is there already and fits the same paths");
  }
  EXPECT_EQ(add(table, "/b", 3), errc::none);
  EXPECT_EQ(add(table, "/a/[[y]]", 4), errc::none);
}

TEST(page_table, a_malformed_route_is_refused) {
  page_table table;
  for (char const* route :
       {"",          "a",           "//",       "/a//b",    "/.",       "/..",
        "/[]",       "/[[]]",       "/[...]",   "/[a",      "/a]",      "/x[a]",
        "/[a]x",     "/[a-b]",      "/[1]",     "/[[[a]]]", "/[....a]", "/[[a]]/b",
        "/[...a]/b", "/[[...a]]/b", "/[a]/[a]", "/a?b",     "/a#b"}) {
    std::string which;
    EXPECT_EQ(table.add(route, 0, false, which), errc::bad_route) << route;
    EXPECT_NE(which, "") << route;
  }
  std::string which;
  EXPECT_EQ(table.add("/[[a]]", 0, true, which), errc::bad_route) << "of a folder";
}

TEST(page_table, a_prefix_tells_what_is_below_it) {
  page_table table;
  add(table, "/static", 0, true);
  EXPECT_EQ(table.find({"static", "css", "a.css"})->rest, (segments{"css", "a.css"}));
  EXPECT_EQ(table.find({"static"})->rest, segments{});
}

TEST(page_table, the_servers_own_paths_are_only_found_literally) {
  page_table table;
  add(table, "/", 0, true);
  add(table, "/[a]/[b]", 1, false);
  EXPECT_EQ(page(table, "/_statelink/client.js"), -1);
  add(table, "/_statelink/client.js", 2, false);
  EXPECT_EQ(page(table, "/_statelink/client.js"), 2);
}

}  // namespace
}  // namespace statelink
