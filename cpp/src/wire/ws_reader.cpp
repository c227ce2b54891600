#include "wire/ws_reader.hpp"

#include <algorithm>
#include <cstring>

namespace statelink {
namespace {

constexpr std::size_t kept_capacity = 1024;  // of a connection that has nothing incomplete

// Size of the whole header, as far as its first `have` bytes tell.
std::size_t header_size(std::uint8_t const* header, std::size_t have) noexcept {
  if (have < 2) return 2;
  std::size_t const length = header[1] & 0x7F;
  std::size_t const mask = (header[1] & 0x80) != 0 ? 4 : 0;
  return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + mask;
}

}  // namespace

ws_input ws_reader::next(std::span<char>& bytes) {
  if (given_) {
    given_ = false;
    message_.clear();
    if (message_.capacity() > kept_capacity) message_.shrink_to_fit();
  }
  while (!ended_) {
    if (!in_payload_) {
      if (!read_header(bytes)) return {};
      if (ws_input const refused = begin_payload(); refused.what == ws_input::kind::error)
        return refused;
    }
    ws_input const input = is_control() ? read_control(bytes) : read_data(bytes);
    if (input.what != ws_input::kind::more || in_payload_) return input;
    // A fragment that is not the last: go on with the next frame.
  }
  bytes = bytes.last(0);
  return {};
}

bool ws_reader::read_header(std::span<char>& bytes) {
  for (;;) {
    std::size_t const want = header_size(header_, header_have_);
    if (header_have_ == want) return true;
    std::size_t const n = std::min(want - header_have_, bytes.size());
    if (n == 0) return false;
    std::memcpy(header_ + header_have_, bytes.data(), n);
    header_have_ = static_cast<std::uint8_t>(header_have_ + n);
    bytes = bytes.subspan(n);
    // Judged at once, so that nobody waits for the rest of a header that is wrong in its first two
    // bytes.
    if (header_have_ >= 2 && (header_[1] & 0x80) == 0) return true;
  }
}

ws_input ws_reader::begin_payload() {
  using enum ws_opcode;
  if ((header_[0] & 0x70) != 0) return fail(close_code::protocol_error, "reserved bits are set");
  if ((header_[1] & 0x80) == 0) return fail(close_code::protocol_error, "a frame is not masked");
  std::size_t const mask_at = header_have_ - 4u;
  std::memcpy(mask_, header_ + mask_at, sizeof mask_);
  payload_size_ = header_[1] & 0x7F;
  if (payload_size_ > 125) {
    payload_size_ = 0;
    for (std::size_t i = 2; i < mask_at; ++i) payload_size_ = payload_size_ << 8 | header_[i];
    bool const is_shortest = payload_size_ > (mask_at == 4 ? 125u : 0xFFFFu);
    if (!is_shortest || payload_size_ >> 63 != 0) {
      return fail(close_code::protocol_error, "a frame's length is not well formed");
    }
  }

  switch (opcode()) {
    case text:
    case binary:
      if (in_message_) return fail(close_code::protocol_error, "a message begins inside another");
      is_text_ = opcode() == text;
      utf8_.reset();
      break;
    case continuation:
      if (!in_message_) return fail(close_code::protocol_error, "a continuation of no message");
      break;
    case close:
    case ping:
    case pong:
      if (!fin()) return fail(close_code::protocol_error, "a control frame is fragmented");
      if (payload_size_ > sizeof control_) {
        return fail(close_code::protocol_error, "a control frame has more than 125 bytes");
      }
      control_have_ = 0;
      break;
    default:
      return fail(close_code::protocol_error, "an unknown opcode");
  }
  if (!is_control() && payload_size_ > message_bytes_ - message_.size()) {
    return fail(close_code::too_big, "a message is too large");
  }
  payload_left_ = payload_size_;
  in_payload_ = true;
  header_have_ = 0;  // header_[0] stays what it is until the payload is complete
  return {};
}

std::string_view ws_reader::take_payload(std::span<char>& bytes) {
  auto const n = static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, bytes.size()));
  unmask(bytes.data(), n, mask_, static_cast<std::size_t>(payload_size_ - payload_left_));
  std::string_view const taken(bytes.data(), n);
  bytes = bytes.subspan(n);
  payload_left_ -= n;
  if (payload_left_ == 0) in_payload_ = false;
  return taken;
}

ws_input ws_reader::read_data(std::span<char>& bytes) {
  std::string_view const piece = take_payload(bytes);
  if (is_text_ && !utf8_.feed(piece)) return fail(close_code::not_utf8, "a text is not UTF-8");
  in_message_ = !fin();
  bool const complete = !in_payload_ && fin();
  if (complete && is_text_ && !utf8_.complete()) {
    return fail(close_code::not_utf8, "a text ends inside a character");
  }
  auto const kind = is_text_ ? ws_input::kind::text : ws_input::kind::binary;
  if (complete && message_.empty()) return {kind, piece};
  message_.append(piece);
  if (!complete) return {};
  given_ = true;
  return {kind, message_};
}

ws_input ws_reader::read_control(std::span<char>& bytes) {
  std::string_view payload = take_payload(bytes);
  if (in_payload_ || control_have_ > 0) {
    std::memcpy(control_ + control_have_, payload.data(), payload.size());
    control_have_ = static_cast<std::uint8_t>(control_have_ + payload.size());
    if (in_payload_) return {};
    payload = {control_, control_have_};
  }
  switch (opcode()) {
    case ws_opcode::ping:
      return {ws_input::kind::ping, payload};
    case ws_opcode::pong:
      return {ws_input::kind::pong, payload};
    default:
      return read_close(payload);
  }
}

ws_input ws_reader::read_close(std::string_view payload) {
  if (payload.size() == 1) return fail(close_code::protocol_error, "a close frame has half a code");
  ended_ = true;
  if (payload.empty()) return {ws_input::kind::close, {}};
  auto const code = static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[0]) << 8 |
                                               static_cast<std::uint8_t>(payload[1]));
  if (!may_be_sent(code))
    return fail(close_code::protocol_error, "a close code that may not be sent");
  payload.remove_prefix(2);
  if (!utf8_checker::accepts(payload))
    return fail(close_code::not_utf8, "a close reason is not UTF-8");
  return {ws_input::kind::close, payload, code};
}

ws_input ws_reader::fail(close_code code, std::string_view sentence) {
  ended_ = true;
  return {ws_input::kind::error, sentence, static_cast<std::uint16_t>(code)};
}

}  // namespace statelink
