#include "loader/protocol_colyseus.hpp"

#include <cstring>
#include <optional>

namespace statelink::benchmarks {
namespace {

enum code : char { join_room = 10, room_data = 13, room_state = 14, room_patch = 15 };

/// The root's first field, the counter: operation byte 0x80, four bytes little endian. It comes
/// first, or after a switch to the root (0xff, its number).
std::optional<std::uint64_t> counter_in(std::string_view patch) {
  std::size_t at = 0;
  if (!patch.starts_with('\x80')) {
    at = patch.find(std::string_view("\xff\x01\x80", 3));
    if (at == std::string_view::npos) at = patch.find(std::string_view("\xff\x00\x80", 3));
    if (at == std::string_view::npos) return std::nullopt;
    at += 2;
  }
  if (patch.size() < at + 5) return std::nullopt;
  std::uint32_t counter = 0;
  std::memcpy(&counter, patch.data() + at + 1, sizeof counter);
  return counter;
}

/// A number as MessagePack has it, in 16 bits.
void put_number(std::uint64_t number, std::string& out) {
  out += '\xcd';
  out += static_cast<char>(number >> 8);
  out += static_cast<char>(number);
}

}  // namespace

void protocol_colyseus::received(client& c, std::string_view message) {
  if (message.empty()) return;
  if (message[0] == join_room) {
    append_masked(ws_opcode::binary, std::string_view("\x0a", 1), c.out);
  } else if (message[0] == room_state) {
    told_.has_joined(c);
  } else if (message[0] == room_patch) {
    if (auto const counter = counter_in(message.substr(1))) told_.saw(c, *counter);
  }
}

void protocol_colyseus::put_event(client& c, std::uint64_t number) {
  std::string text(1, room_data);
  switch (kind_) {
    case event_kind::increment:
      text += "\xa3inc\xc0";
      break;
    case event_kind::set_field:
      next_row_ = (next_row_ + 7919) % rows_;
      text += "\xa3set\x92";
      put_number(next_row_, text);
      put_number(number, text);
      break;
    case event_kind::append:
      text +=
          "\xa3"
          "app\x91";
      put_number(rows_ + number, text);
      break;
  }
  append_masked(ws_opcode::binary, text, c.out);
}

}  // namespace statelink::benchmarks
