// What the I/O thread hands to the loop thread: a plain value, in the order of receipt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "statelink/hello.hpp"
#include "statelink/ids.hpp"

namespace statelink {

/// Who is at the other end, as the HTTP upgrade said it.
struct peer_info {
  std::string address;                                       ///< IP address, text
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case, as received
};

struct inbound_hello {
  session_no session;
  hello_frame hello;
  peer_info peer;
};
/// Texts are pieces of inbound_batch::bytes, so that an event allocates nothing.
struct inbound_event {
  session_no session;
  event_id id = 0;
  std::uint32_t offset = 0;  ///< the handler's name begins here, its arguments follow
  std::uint32_t handler_size = 0;
  std::uint32_t arguments_size = 0;  ///< JSON text of the arguments object; 0: none
};
/// The session's page is another one now. Its path is a piece of inbound_batch::bytes.
struct inbound_page {
  session_no session;
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};
/// What the session's browser keeps for the server: JSON text, a piece of inbound_batch::bytes.
struct inbound_stored {
  session_no session;
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};
/// The socket of a session that had said hello is gone.
struct inbound_closed {
  session_no session;
};
/// The fan-out needs a new snapshot of a journal.
struct inbound_snapshot_request {
  journal_no journal;
};
/// GET of a page that the loop thread makes; it answers with answer_page().
struct inbound_page_request {
  std::uint64_t request = 0;
  std::size_t page = 0;  ///< number of the page, in the order of server::add_page
  std::string path;      ///< with the query
};

using inbound_item = std::variant<inbound_event, inbound_hello, inbound_page, inbound_stored,
                                  inbound_closed, inbound_snapshot_request, inbound_page_request>;

struct inbound_batch {
  std::string bytes;
  std::vector<inbound_item> items;

  bool empty() const noexcept { return items.empty(); }
  void clear() noexcept {
    bytes.clear();
    items.clear();
  }
  std::string_view handler(inbound_event const& e) const noexcept {
    return std::string_view(bytes).substr(e.offset, e.handler_size);
  }
  std::string_view arguments(inbound_event const& e) const noexcept {
    return std::string_view(bytes).substr(e.offset + e.handler_size, e.arguments_size);
  }
  std::string_view path(inbound_page const& p) const noexcept {
    return std::string_view(bytes).substr(p.offset, p.size);
  }
  std::string_view values(inbound_stored const& s) const noexcept {
    return std::string_view(bytes).substr(s.offset, s.size);
  }
};

}  // namespace statelink
