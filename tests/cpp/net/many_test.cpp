// A thousand connections, and what one costs.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <list>
#include <string>

#include "net/test_server.hpp"

namespace statelink {
namespace {

using testing::framed;
using testing::test_server;
using testing::ws_client;

constexpr std::size_t count = 1000;

std::size_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  in >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(many, a_thousand_sessions_hear_one_commit) {
  test_server server;
  std::list<ws_client> clients;
  std::size_t const before = resident_bytes();
  for (std::size_t i = 0; i < count; ++i) {
    clients.emplace_back(server.port()).hello();
    server.attach(i + 1, framed("welcome"), {{{7}, position{0}, 0}});
    ASSERT_EQ(clients.back().receive().payload, "welcome");
  }
  std::size_t const each = (resident_bytes() - before) / count;
  RecordProperty("bytes_per_connection_with_client", static_cast<int>(each));
  EXPECT_EQ(server.get().counts().sessions, count);

  batch commits;
  for (position at = 1; at <= 10; ++at) {
    auto const offset = static_cast<std::uint32_t>(commits.bytes.size());
    commits.bytes += framed("commit " + std::to_string(at));
    commits.journals.push_back(
        {journal_item::kind::append,
         {7},
         at,
         {offset, static_cast<std::uint32_t>(commits.bytes.size()) - offset}});
  }
  server.get().hand_over(commits);
  for (ws_client& client : clients) {
    for (int at = 1; at <= 10; ++at)
      ASSERT_EQ(client.receive().payload, "commit " + std::to_string(at));
  }
  // Besides the welcome, one send to each for all ten frames.
  EXPECT_TRUE(testing::eventually([&] { return server.get().counts().fanout.sends >= 2 * count; }));
  EXPECT_EQ(server.get().counts().fanout.sends, 2 * count);
}

TEST(many, sockets_that_come_and_go_leave_nothing_behind) {
  test_server server;
  for (int round = 0; round < 20; ++round) {
    std::list<ws_client> clients;
    for (int i = 0; i < 50; ++i) clients.emplace_back(server.port()).hello();
  }
  EXPECT_TRUE(testing::eventually([&] { return server.get().counts().sessions == 0; }));
  EXPECT_EQ(server.get().counts().accepted, 1000u);
  int closed = 0;
  for (; closed < 1000; ++closed) server.next<inbound_closed>();
  EXPECT_FALSE(server.has_more(0));
}

}  // namespace
}  // namespace statelink
