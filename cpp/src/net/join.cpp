#include "net/join.hpp"

#include <cstdint>
#include <utility>

namespace statelink {

void join(batch& into, batch& from) {
  auto const shift = static_cast<std::uint32_t>(into.bytes.size());
  into.bytes += from.bytes;
  for (journal_item item : from.journals) {
    item.bytes.offset += shift;
    into.journals.push_back(item);
  }
  for (outbox_item& item : from.outbox) {
    if (auto* const entry = std::get_if<entry_item>(&item)) entry->bytes.offset += shift;
    into.outbox.push_back(std::move(item));
  }
}

void join(inbound_batch& into, inbound_batch& from) {
  auto const shift = static_cast<std::uint32_t>(into.bytes.size());
  into.bytes += from.bytes;
  for (inbound_item& item : from.items) {
    std::visit(
        [&](auto& i) {
          if constexpr (requires { i.offset; }) i.offset += shift;
        },
        item);
    into.items.push_back(std::move(item));
  }
}

}  // namespace statelink
