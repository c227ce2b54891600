#include "net/listener.hpp"

#include <boost/asio/ip/v6_only.hpp>
#include <chrono>
#include <utility>

namespace statelink {
namespace {

using boost::system::error_code;

// When there are no more file descriptors, the next try has to wait until some are closed.
constexpr std::chrono::milliseconds pause_without_descriptors{50};

}  // namespace

void listener::open(tcp::endpoint const& at, error_code& failed) {
  acceptor_.open(at.protocol(), failed);
  if (!failed) acceptor_.set_option(tcp_acceptor::reuse_address(true), failed);
  if (!failed && at.address().is_v6()) acceptor_.set_option(boost::asio::ip::v6_only(true), failed);
  if (!failed) acceptor_.bind(at, failed);
  if (!failed) acceptor_.listen(tcp_acceptor::max_listen_connections, failed);
  if (failed) stop();
}

std::uint16_t listener::port() const {
  error_code ignored;
  return acceptor_.local_endpoint(ignored).port();
}

void listener::start(taker take) {
  take_ = std::move(take);
  accept();
}

void listener::stop() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void listener::accept() {
  acceptor_.async_accept([this](error_code const& failed, tcp_socket socket) {
    if (!acceptor_.is_open()) return;
    if (!failed) {
      take_(std::move(socket));
      return accept();
    }
    pause_.expires_after(pause_without_descriptors);
    pause_.async_wait([this](error_code const&) {
      if (acceptor_.is_open()) accept();
    });
  });
}

}  // namespace statelink
