#include "loader/protocol_statelink.hpp"

#include <algorithm>

#include "loader/text.hpp"

namespace statelink::benchmarks {

protocol_statelink::protocol_statelink(protocol_options const& options, scoreboard& told)
    : protocol(told),
      kind_(options.kind),
      rows_(options.rows),
      enter_(options.enter),
      patch_key_("\"path\":\"/" + options.counter + "\",\"value\":"),
      snapshot_key_("\"" + options.counter + "\":") {}

void protocol_statelink::opened(client& c) {
  std::string hello = R"({"hello":{"path":"/","caps":["append"])";
  if (!c.identity.empty()) {
    hello += R"(,"resume":{"token":")" + c.identity + R"(","secret":")" + c.secret +
             R"(","boot":")" + c.boot + R"(","have":[)";
    for (held_instance const& held : c.held) {
      if (&held != c.held.data()) hello += ',';
      hello += '[' + std::to_string(held.instance) + ',' + std::to_string(held.revision) + ']';
    }
    hello += "],\"acked\":" + std::to_string(c.answered) + '}';
  }
  say(c, hello + "}}");
  if (!c.identity.empty() || enter_.empty()) return;
  say(c, R"({"e":)" + std::to_string(++c.said) + R"(,"h":")" + enter_ + R"(","a":{"token":")" +
             c.place + R"("}})");
}

void protocol_statelink::received(client& c, std::string_view message) {
  if (message.starts_with(R"({"i":)")) return on_patch(c, message);
  if (message.starts_with(R"({"a":)")) return on_answer(c, message);
  if (message.starts_with(R"({"s":)")) return on_snapshot(c, message);
  if (message.starts_with(R"({"hello":)")) return on_hello(c, message);
  if (message.starts_with(R"({"hydrated":)")) {
    if (enter_.empty() || c.answered > 0) told_.has_joined(c);
    return;
  }
  told_.fault(c, "not expected: " + std::string(message.substr(0, 300)));
}

void protocol_statelink::on_patch(client& c, std::string_view message) {
  std::string_view rest = message;
  std::uint64_t instance = 0;
  std::uint64_t revision = 0;
  if (!take(rest, R"({"i":)") || !take_number(rest, instance) || !take(rest, R"(,"r":)") ||
      !take_number(rest, revision)) {
    return told_.fault(c, "not a patch: " + std::string(message.substr(0, 300)));
  }
  auto const held = std::find_if(c.held.begin(), c.held.end(),
                                 [=](held_instance const& h) { return h.instance == instance; });
  if (held == c.held.end()) return told_.fault(c, "a patch of an instance that it does not hold");
  if (revision != held->revision + 1) {
    told_.fault(c, "revision " + std::to_string(revision) + " came after " +
                       std::to_string(held->revision));
  }
  held->revision = revision;
  if (auto const counter = number_after(rest, patch_key_)) told_.saw(c, *counter);
}

void protocol_statelink::on_snapshot(client& c, std::string_view message) {
  // Its head is short; the values that follow may be long.
  std::string_view const head = message.substr(0, message.find("\"v\":"));
  auto const instance = number_after(head, "\"i\":");
  auto const revision = number_after(head, "\"r\":");
  if (!instance || !revision) return told_.fault(c, "a snapshot without a number");
  std::string name = head.find("\"o\":1") != std::string_view::npos ? "+" : "";
  name += string_after(head, "\"s\":");
  auto const held = std::find_if(c.held.begin(), c.held.end(),
                                 [&](held_instance const& h) { return h.name == name; });
  if (held == c.held.end()) {
    c.held.push_back({*instance, *revision, std::move(name)});
  } else {
    held->instance = *instance;
    held->revision = *revision;
  }
  if (auto const counter = number_after(message, snapshot_key_)) told_.saw_snapshot(c, *counter);
}

void protocol_statelink::on_answer(client& c, std::string_view message) {
  std::string_view rest = message;
  std::uint64_t first = 0;
  take(rest, R"({"a":)");
  bool const many = take(rest, "[");
  take_number(rest, first);
  std::uint64_t last = first;
  if (many) {
    take(rest, ",");
    take_number(rest, last);
  }
  bool const enters = c.answered == 0 && !enter_.empty();
  told_.answered(c, first, last);
  if (enters) told_.has_joined(c);
}

void protocol_statelink::on_hello(client& c, std::string_view message) {
  if (!c.identity.empty() && message.find("\"resumed\":true") == std::string_view::npos) {
    told_.fault(c, "it was not resumed");
  }
  c.identity = string_after(message, "\"token\":");
  c.secret = string_after(message, "\"secret\":");
  c.boot = string_after(message, "\"boot\":");
}

void protocol_statelink::put_event(client& c, std::uint64_t number) {
  text_ = R"({"e":)";
  text_ += std::to_string(++c.said);
  switch (kind_) {
    case event_kind::increment:
      text_ += R"(,"h":"Room.inc"})";
      break;
    case event_kind::set_field:
      next_row_ = (next_row_ + 7919) % rows_;
      text_ += R"(,"h":"Room.set_field","a":{"i":)" + std::to_string(next_row_) +
               ",\"v\":" + std::to_string(number) + "}}";
      break;
    case event_kind::append:
      text_ += R"(,"h":"Room.append","a":{"v":)" + std::to_string(rows_ + number) + "}}";
      break;
  }
  say(c, text_);
}

}  // namespace statelink::benchmarks
