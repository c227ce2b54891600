#include "fanout/batch.hpp"

#include <utility>

namespace statelink {

bool is_empty(batch const& b) noexcept { return b.empty(); }

void clear(batch& b) noexcept { b.clear(); }

void close_session(batch& b, session_no session, std::uint16_t code, std::string reason) {
  b.outbox.emplace_back(close_item{session, code, std::move(reason)});
}

void set_reading(batch& b, session_no session, bool on) {
  b.outbox.emplace_back(flow_item{session, on});
}

void answer_page(batch& b, std::uint64_t request, unsigned status, std::string content_type,
                 std::string body) {
  b.outbox.emplace_back(page_item{request, status, std::move(content_type), std::move(body)});
}

}  // namespace statelink
