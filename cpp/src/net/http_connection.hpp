// The socket of a client that speaks HTTP: pages, kept alive, until it goes away or becomes a
// WebSocket session.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message_generator.hpp>
#include <boost/beast/http/parser.hpp>

#include "fanout/batch.hpp"
#include "net/desk.hpp"
#include "net/static_page.hpp"
#include "net/tcp.hpp"
#include "session/deadlines.hpp"
#include "statelink/page_table.hpp"
#include "statelink/server.hpp"

namespace statelink {

/// The pages of a server; constant once it runs.
struct page_set {
  page_table table;
  std::vector<page_content> contents;
};

/// I/O thread only. While it is open it waits for its socket and so keeps itself alive; see
/// desk::ended.
class http_connection : public std::enable_shared_from_this<http_connection> {
 public:
  /// `refused`: there are too many connections; the first request gets 503.
  http_connection(desk& d, page_set const& pages, tcp_socket socket, session_no number,
                  bool refused);

  void start();
  /// The loop thread has made the page that was asked for.
  void answer(page_item& page);
  /// An entry of it in desk::due is due.
  void tick();
  /// The server stops: a reply is still written, everything else ends now.
  void stop();
  void end();

 private:
  using request = boost::beast::http::request<boost::beast::http::empty_body>;
  enum class stage : std::uint8_t {
    reading,        ///< of a request's head
    awaiting_page,  ///< of the loop thread
    writing,        ///< of a reply
    hearing_out,    ///< the reply was the last: what still comes is read and forgotten
    ended,
  };

  void read();
  void on_request(boost::system::error_code const& failed);
  void handle(request const& r);
  void handle_upgrade(request const& r);
  void become_websocket(request const& r);
  void reply(page_reply const& page);
  void reply_text(unsigned status, std::string text);
  void write(boost::beast::http::message_generator message, std::uint64_t size);
  void hear_out();
  void forget_more();
  void set_alarm(steady_ms from_now) { alarm_.set(desk_.now() + from_now, desk_.due); }

  desk& desk_;
  page_set const& pages_;
  tcp_socket socket_;
  session_no const number_;
  bool const refused_;
  alarm alarm_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::empty_body>> parser_;
  std::string switching_;  // the reply that ends HTTP
  stage stage_ = stage::reading;
  // Of the present request.
  bool is_head_ = false;
  bool keep_alive_ = false;
  unsigned version_ = 11;
  std::string if_none_match_;
};

}  // namespace statelink
