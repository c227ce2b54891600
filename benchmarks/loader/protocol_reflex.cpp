#include "loader/protocol_reflex.hpp"

#include "loader/text.hpp"

namespace statelink::benchmarks {
namespace {

constexpr std::string_view root = "reflex___state____state";
constexpr std::string_view router = R"("router_data":{"pathname":"/","asPath":"/"})";

/// An event of the room, as a socket.io packet.
std::string room_event(std::string_view name, std::string_view payload) {
  std::string text = R"(42/_event,["event",{"name":")";
  text += root;
  text += ".reflex___istate___shared____shared_state_base_internal.bench___bench____room.";
  text += name;
  text += R"(","payload":)";
  text += payload;
  text += ',';
  text += router;
  return text + "}]";
}

void say(client& c, std::string_view text) { append_masked(ws_opcode::text, text, c.out); }

}  // namespace

std::string protocol_reflex::target(client const& c) const {
  return "/_event/?EIO=4&transport=websocket&token=client-" + std::to_string(c.number);
}

void protocol_reflex::received(client& c, std::string_view message) {
  if (message.starts_with("2")) return say(c, "3");  // engine.io's ping
  if (message.starts_with("0")) {                    // it is open: connect the namespace, hydrate
    std::string hydrate = R"(40/_event,{"event":{"name":")";
    hydrate += root;
    hydrate += R"(.hydrate","payload":{},)";
    hydrate += router;
    return say(c, hydrate + "}}");
  }
  if (message.starts_with("40")) {
    return say(c, room_event("link", R"({"token":"room)" + std::to_string(c.room) + "\"}"));
  }
  auto const counter = number_after(message, counter_key_);
  if (c.stage != stage::joined) {
    if (counter) told_.saw_snapshot(c, *counter);
    if (message.find(R"("is_linked_rx_state_":true)") != std::string_view::npos) {
      told_.has_joined(c);
    }
  } else if (counter) {
    told_.saw(c, *counter);
  }
}

void protocol_reflex::put_event(client& c, std::uint64_t number) {
  switch (kind_) {
    case event_kind::increment:
      return say(c, room_event("inc", "{}"));
    case event_kind::set_field:
      next_row_ = (next_row_ + 7919) % rows_;
      return say(c, room_event("set_field", "{\"i\":" + std::to_string(next_row_) +
                                                ",\"v\":" + std::to_string(number) + "}"));
    case event_kind::append:
      return say(c, room_event("append", "{\"v\":" + std::to_string(rows_ + number) + "}"));
  }
}

}  // namespace statelink::benchmarks
