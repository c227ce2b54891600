// The socket type of all connections: bound to the one io_context, without the cost of a
// type-erased executor.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace statelink {

using tcp = boost::asio::ip::tcp;
using tcp_socket = boost::asio::basic_stream_socket<tcp, boost::asio::io_context::executor_type>;
using tcp_acceptor =
    boost::asio::basic_socket_acceptor<tcp, boost::asio::io_context::executor_type>;

}  // namespace statelink
