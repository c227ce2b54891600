#include "net/upgrade.hpp"

#include <gtest/gtest.h>

#include "net/origin.hpp"

namespace statelink {
namespace {

upgrade_request good() {
  return {.is_get = true,
          .is_http_1_1 = true,
          .connection = "keep-alive, Upgrade",
          .upgrade = "WebSocket",
          .version = "13",
          .key = "dGhlIHNhbXBsZSBub25jZQ==",
          .protocols = {},
          .origin = {},
          .host = "example.com"};
}

unsigned status(upgrade_request const& r, config const& limits = {}) {
  return judge_upgrade(r, limits).status;
}

TEST(upgrade, a_good_request_gets_the_whole_response) {
  EXPECT_EQ(judge_upgrade(good(), {}).text,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST(upgrade, our_subprotocol_is_chosen_among_others) {
  auto r = good();
  r.protocols = "graphql-ws, statelink.v1.json";
  EXPECT_NE(judge_upgrade(r, {}).text.find("\r\nSec-WebSocket-Protocol: statelink.v1.json\r\n"),
            std::string::npos);
}

TEST(upgrade, only_other_subprotocols_are_refused) {
  auto r = good();
  r.protocols = "statelink.v1.json.gz, other";
  EXPECT_EQ(status(r), 400u);
}

TEST(upgrade, each_condition_counts) {
  auto const with = [](auto change) {
    auto r = good();
    change(r);
    return status(r);
  };
  EXPECT_EQ(with([](auto&) {}), 101u);
  EXPECT_EQ(with([](auto& r) { r.is_get = false; }), 405u);
  EXPECT_EQ(with([](auto& r) { r.is_http_1_1 = false; }), 426u);
  EXPECT_EQ(with([](auto& r) { r.connection = "keep-alive"; }), 426u);
  EXPECT_EQ(with([](auto& r) { r.upgrade = "h2c"; }), 426u);
  EXPECT_EQ(with([](auto& r) { r.version = "8"; }), 426u);
  EXPECT_EQ(with([](auto& r) { r.key = "short"; }), 400u);
  EXPECT_EQ(with([](auto& r) { r.origin = "https://evil.example"; }), 403u);
  EXPECT_EQ(with([](auto& r) { r.origin = "https://example.com"; }), 101u);
}

TEST(upgrade, allowed_origins_come_from_the_configuration) {
  auto r = good();
  r.origin = "https://app.example";
  config limits;
  limits.allowed_origins = {"https://app.example"};
  EXPECT_EQ(status(r, limits), 101u);
}

TEST(upgrade, lists_are_read_item_by_item) {
  EXPECT_TRUE(list_has("a, B ,c", "b"));
  EXPECT_TRUE(list_has("a", "a"));
  EXPECT_FALSE(list_has("ab, bc", "b"));
  EXPECT_FALSE(list_has("", "b"));
  EXPECT_FALSE(list_has(" , ,", "b"));
}

TEST(origin, without_one_it_is_no_browser) { EXPECT_TRUE(may_connect("", "example.com", {})); }

TEST(origin, the_servers_own_host_may) {
  EXPECT_TRUE(may_connect("http://localhost:8000", "localhost:8000", {}));
  EXPECT_TRUE(may_connect("http://LocalHost:8000", "localhost:8000", {}));
  EXPECT_TRUE(may_connect("https://example.com", "example.com:443", {}));
  EXPECT_TRUE(may_connect("http://example.com:80", "example.com", {}));
  EXPECT_TRUE(may_connect("http://[::1]:8000", "[::1]:8000", {}));
}

TEST(origin, others_may_not) {
  EXPECT_FALSE(may_connect("http://localhost:8001", "localhost:8000", {}));
  EXPECT_FALSE(may_connect("http://evil.example", "example.com", {}));
  EXPECT_FALSE(may_connect("http://example.com.evil.example", "example.com", {}));
  EXPECT_FALSE(may_connect("https://example.com:80", "example.com", {}));
  EXPECT_FALSE(may_connect("null", "null", {}));
  EXPECT_FALSE(may_connect("example.com", "example.com", {}));
}

TEST(origin, the_allow_list) {
  EXPECT_TRUE(may_connect("https://app.example", "api.example",
                          {"http://other", "HTTPS://App.example:443/"}));
  EXPECT_FALSE(may_connect("http://app.example", "api.example", {"https://app.example"}));
  EXPECT_TRUE(may_connect("https://any.example", "api.example", {"*"}));
  EXPECT_TRUE(may_connect("null", "api.example", {"*"}));
  EXPECT_TRUE(may_connect("null", "api.example", {"null"}));
}

}  // namespace
}  // namespace statelink
