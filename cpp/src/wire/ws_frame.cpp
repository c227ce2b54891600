#include "wire/ws_frame.hpp"

#include <cstring>

#include "wire/utf8.hpp"

namespace statelink {
namespace {

// Most payloads take 2 or 4 bytes of header. With 4 reserved only payloads below 126 bytes or above
// 64 KiB move.
constexpr std::size_t reserved = 4;
constexpr std::size_t largest_short = 125;
constexpr std::size_t largest_medium = 0xFFFF;

constexpr std::size_t header_size(std::size_t payload) noexcept {
  return payload <= largest_short ? 2 : payload <= largest_medium ? 4 : 10;
}

void write_header(char* at, ws_opcode opcode, std::size_t payload) noexcept {
  at[0] = static_cast<char>(
      0x80 | static_cast<std::uint8_t>(opcode));  // FIN: messages are never fragmented
  std::size_t const size = header_size(payload);
  at[1] = static_cast<char>(size == 2 ? payload : size == 4 ? 126 : 127);
  for (std::size_t i = size; i-- > 2; payload >>= 8) at[i] = static_cast<char>(payload & 0xFF);
}

}  // namespace

std::size_t begin_frame(std::string& out) {
  std::size_t const mark = out.size();
  out.append(reserved, '\0');
  return mark;
}

void end_frame(std::string& out, std::size_t mark) {
  std::size_t const payload = out.size() - mark - reserved;
  std::size_t const size = header_size(payload);
  if (size < reserved) out.erase(mark, reserved - size);
  if (size > reserved) out.insert(mark, size - reserved, '\0');
  write_header(out.data() + mark, ws_opcode::text, payload);
}

void append_frame(std::string& out, ws_opcode opcode, std::string_view payload) {
  char header[10];
  write_header(header, opcode, payload.size());
  out.append(header, header_size(payload.size()));
  out.append(payload);
}

void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason) {
  if (code == 0) return append_frame(out, ws_opcode::close, {});
  char payload[largest_short];
  payload[0] = static_cast<char>(code >> 8);
  payload[1] = static_cast<char>(code & 0xFF);
  reason = cut_utf8(reason, largest_short - 2);
  std::memcpy(payload + 2, reason.data(), reason.size());
  append_frame(out, ws_opcode::close, {payload, reason.size() + 2});
}

void unmask(char* bytes, std::size_t size, std::uint8_t const (&key)[4],
            std::size_t offset) noexcept {
  char turned[8];
  for (std::size_t i = 0; i < 8; ++i) turned[i] = static_cast<char>(key[(offset + i) % 4]);
  std::uint64_t mask;
  std::memcpy(&mask, turned, sizeof mask);
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes + i, sizeof word);
    word ^= mask;
    std::memcpy(bytes + i, &word, sizeof word);
  }
  for (; i < size; ++i) bytes[i] = static_cast<char>(bytes[i] ^ turned[i % 8]);
}

}  // namespace statelink
