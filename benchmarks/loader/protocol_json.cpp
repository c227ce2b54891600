#include "loader/protocol_json.hpp"

#include "loader/text.hpp"

namespace statelink::benchmarks {

void protocol_json::received(client& c, std::string_view message) {
  auto const counter = number_after(message, "\"c\":");
  if (!counter) return told_.fault(c, "no counter in " + std::string(message.substr(0, 200)));
  if (c.stage == stage::joined) return told_.saw(c, *counter);
  told_.has_joined(c);
  told_.saw_snapshot(c, *counter);
}

void protocol_json::put_event(client& c, std::uint64_t number) {
  std::string text;
  switch (kind_) {
    case event_kind::increment:
      text = R"({"e":"inc","i":0,"v":0})";
      break;
    case event_kind::set_field:
      next_row_ = (next_row_ + 7919) % rows_;
      text = R"({"e":"set","i":)" + std::to_string(next_row_) + ",\"v\":" + std::to_string(number) +
             "}";
      break;
    case event_kind::append:
      text = R"({"e":"app","i":0,"v":)" + std::to_string(rows_ + number) + "}";
      break;
  }
  append_masked(ws_opcode::text, text, c.out);
}

}  // namespace statelink::benchmarks
