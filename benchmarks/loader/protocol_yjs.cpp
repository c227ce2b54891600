#include "loader/protocol_yjs.hpp"

#include <cstring>
#include <fstream>
#include <stdexcept>

namespace statelink::benchmarks {

// The file: records of a length in 4 bytes (little endian) and a message.
protocol_yjs::protocol_yjs(protocol_options const& options, scoreboard& told) : protocol(told) {
  std::ifstream file(options.events, std::ios::binary);
  char head[4];
  while (file.read(head, sizeof head)) {
    std::uint32_t size = 0;
    std::memcpy(&size, head, sizeof size);
    std::string& update = updates_.emplace_back(size, '\0');
    file.read(update.data(), size);
  }
  if (updates_.empty()) throw std::invalid_argument("no updates in the file " + options.events);
}

void protocol_yjs::opened(client& c) {
  append_masked(ws_opcode::binary, std::string_view("\0\0\1\0", 4), c.out);  // sync step 1
}

void protocol_yjs::received(client& c, std::string_view message) {
  if (message.size() < 2 || message[0] != 0) return;  // awareness
  if (message[1] == 1) told_.has_joined(c);
  if (message[1] == 2) told_.saw(c, c.seen + 1);
}

void protocol_yjs::put_event(client& c, std::uint64_t number) {
  if (number > updates_.size()) {
    return told_.fault(c, "more events than prepared updates: " + std::to_string(number));
  }
  append_masked(ws_opcode::binary, updates_[number - 1], c.out);
}

}  // namespace statelink::benchmarks
