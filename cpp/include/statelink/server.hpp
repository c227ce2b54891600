// A listening server: HTTP pages and WebSocket sessions on one port, served by one I/O thread that
// runs no user code.
//
// The loop thread (whoever runs handlers) talks to it by two mailboxes: take() what was received,
// hand_over() what was done. Each is a mutex and a swap, and wakes the other side by at most one
// write to an eventfd.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <variant>

#include "statelink/batch.hpp"
#include "statelink/config.hpp"
#include "statelink/error.hpp"
#include "statelink/fanout.hpp"
#include "statelink/inbound.hpp"

namespace statelink {

/// Where a page's content comes from.
struct page_file {
  /// A file, read at each request; or a folder: the files below it, and its index.html.
  std::filesystem::path path;
};
struct page_text {
  std::string content_type;
  std::string body;
};
/// Made by the loop thread: an inbound_page_request, answered by answer_page().
struct page_dynamic {};
using page_content = std::variant<page_file, page_text, page_dynamic>;

/// Counted for tests and the operator.
struct server_counts {
  std::uint64_t accepted = 0;       ///< sockets
  std::uint64_t sessions = 0;       ///< open WebSocket sessions now
  std::uint64_t wakes_of_loop = 0;  ///< eventfd writes toward the loop thread
  std::uint64_t events = 0;         ///< events handed to the loop thread
  fanout_counts fanout;
};

class server {
 public:
  /// What fails (check() refuses the limits, no descriptors are left) is told by listen() and
  /// start(); the other verbs then do nothing.
  explicit server(config limits);
  ~server();  ///< stop(1001, "") where it was not stopped
  server(server const&) = delete;
  server& operator=(server const&) = delete;

  // --- before start()
  /// Serves GET and HEAD of `route` ("/", "/room/[room_id]": see page_table.hpp; a folder's route is
  /// a prefix). The more literal route wins. Returns the page's number; of a route that page_table
  /// refuses listen() and start() tell. `/_statelink/` is the server's own.
  std::size_t add_page(std::string const& route, page_content content);

  /// Binds and listens on a numeric address or host name ("127.0.0.1", "::1", "localhost"); port 0
  /// takes a free one. Returns the port, or sets `error` and returns 0.
  std::uint16_t listen(std::string const& host, std::uint16_t port, std::error_code& error);

  /// Starts the I/O thread. Connections that came since listen() are served now. Nothing is set in
  /// the error where it runs.
  [[nodiscard]] std::error_code start();

  // --- loop thread
  /// A file descriptor that is readable while take() has something to give.
  int inbound_fd() const noexcept;
  /// Replaces `into` (its memory is reused) by everything received since the last call. Never
  /// blocks.
  void take(inbound_batch& into);
  /// Takes the content of `b` and leaves it empty with its memory reused where possible. Never
  /// blocks on the network.
  void hand_over(batch& b);

  // --- any thread
  /// Closes every session with this code and reason after one last flush, ends within
  /// config::close_timeout and joins the I/O thread. Safe to call twice.
  void stop(std::uint16_t code, std::string reason);
  server_counts counts() const;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace statelink
