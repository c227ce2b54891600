#include "wire/server_frames.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/golden_frames.hpp"
#include "wire/json_text.hpp"

namespace statelink {
namespace {

using nlohmann::ordered_json;

std::vector<instance_revision> follows(ordered_json const& frame) {
  std::vector<instance_revision> out;
  for (auto const& pair : frame.value("f", ordered_json::array()))
    out.push_back({{pair[0]}, pair[1]});
  return out;
}

/// Writes again what a golden frame says.
std::string rewritten(ordered_json const& frame) {
  std::string out;
  if (frame.contains("hello")) {
    ordered_json const& h = frame["hello"];
    std::string const token = h["token"], secret = h["secret"], boot = h["boot"];
    auto const has = [&](char const* cap) {
      return std::find(h["caps"].begin(), h["caps"].end(), cap) != h["caps"].end();
    };
    std::string const vars = h.contains("storage") ? h["storage"].dump() : "";
    append_hello(
        out, {token, secret, boot, h["resumed"], h["last"], has("append"), has("storage"), vars});
  } else if (frame.contains("s")) {
    begin_snapshot(out, frame["s"].get<std::string>(), {{frame["i"]}, frame["r"]},
                   frame.contains("o"));
    out += frame["v"].dump();
    end_snapshot(out);
  } else if (frame.contains("p")) {
    begin_patch(out, {{frame["i"]}, frame["r"]});
    out += frame["p"].dump();
    end_patch(out);
  } else if (frame.contains("x")) {
    append_error(out, frame["x"], frame["c"].get<std::string>(), frame["m"].get<std::string>(),
                 follows(frame));
  } else if (frame.contains("a") && frame["a"].is_array()) {
    append_ack(out, frame["a"][0], frame["a"][1], follows(frame));
  } else if (frame.contains("a")) {
    append_ack(out, frame["a"].get<event_id>(), follows(frame));
  } else if (frame.contains("hydrated")) {
    append_hydrated(out);
  }
  return out;
}

TEST(server_frames, golden_frames_are_written_to_the_letter) {
  int n = 0;
  for (auto const& entry : testing::golden_file("frames.json")) {
    if (entry["direction"] != "server") continue;
    std::string const text = entry["frame"];
    if (text.starts_with("{\"emit\"") || text.starts_with("{\"redirect\"")) continue;  // Python's
    EXPECT_EQ(rewritten(ordered_json::parse(text)), text) << entry["name"];
    ++n;
  }
  EXPECT_GT(n, 10);
}

TEST(server_frames, an_acknowledgement_of_nothing_changed_is_short) {
  std::string out;
  append_ack(out, 13, {});
  EXPECT_EQ(out, "{\"a\":13}");
}

TEST(server_frames, append_to_what_is_there) {
  std::string out = "x";
  append_hydrated(out);
  EXPECT_EQ(out, "x{\"hydrated\":true}");
}

TEST(server_frames, every_character_of_a_message_survives) {
  std::string message;
  for (char c = 1; c > 0; ++c) {
    message += c;
    if (c == 127) break;
  }
  message += std::string("\0 é 🙂 \xE2\x80\xA8", 13);
  std::string out;
  append_error(out, 1, "handler_error", message, {});
  EXPECT_EQ(ordered_json::parse(out)["m"], message);
}

TEST(server_frames, a_long_message_is_cut_between_characters) {
  std::string out;
  append_error(out, 1, "handler_error", std::string(most_error_bytes - 1, 'x') + "éé", {});
  EXPECT_EQ(ordered_json::parse(out)["m"], std::string(most_error_bytes - 1, 'x'));
}

TEST(server_frames, strings_are_escaped_as_briefly_as_json_allows) {
  std::string out;
  append_json_string(out, "a\"b\\c/d\b\f\n\r\t\x01\x1f é");
  EXPECT_EQ(out, R"("a\"b\\c/d\b\f\n\r\t\u0001\u001f é")");
}

TEST(server_frames, integers_of_any_size) {
  std::string out;
  append_json_integer(out, 0);
  out += ' ';
  append_json_integer(out, ~std::uint64_t{0});
  EXPECT_EQ(out, "0 18446744073709551615");
}

}  // namespace
}  // namespace statelink
