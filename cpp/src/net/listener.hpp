// Accepts sockets on one address.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <system_error>

#include "net/tcp.hpp"

namespace statelink {

class listener {
 public:
  using taker = std::function<void(tcp_socket)>;

  explicit listener(boost::asio::io_context& io) : acceptor_(io), pause_(io) {}

  /// Binds and listens; port 0 takes a free one. An IPv6 address takes IPv6 alone.
  void open(tcp::endpoint const& at, boost::system::error_code& failed);
  std::uint16_t port() const;

  /// Gives every socket to `take`, from the thread that runs the io_context.
  void start(taker take);
  void stop();

 private:
  void accept();

  tcp_acceptor acceptor_;
  boost::asio::steady_timer pause_;
  taker take_;
};

}  // namespace statelink
