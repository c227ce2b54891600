// A small blocking client for tests: TCP, HTTP and WebSocket on loopback. Whatever takes longer
// than ten seconds throws.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "support/masked_frame.hpp"

namespace statelink::testing {

class tcp_client {
 public:
  /// `receive_buffer`: SO_RCVBUF in bytes; 0: the system's.
  explicit tcp_client(std::uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    int const on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) {
      ::close(fd_);
      throw std::runtime_error("connect: errno " + std::to_string(errno));
    }
  }
  tcp_client(tcp_client&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), in_(std::move(other.in_)) {}
  tcp_client(tcp_client const&) = delete;
  tcp_client& operator=(tcp_client const&) = delete;
  ~tcp_client() { disconnect(); }

  void disconnect() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void end_of_stream() { ::shutdown(fd_, SHUT_WR); }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      wait(POLLOUT);
      ssize_t const n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && errno == EAGAIN) continue;
      if (n < 0) throw std::runtime_error("send: errno " + std::to_string(errno));
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  /// Exactly `size` bytes.
  std::string receive(std::size_t size) {
    while (in_.size() < size) {
      if (!receive_more()) throw std::runtime_error("the stream ended");
    }
    std::string out = in_.substr(0, size);
    in_.erase(0, size);
    return out;
  }
  /// Up to and with `mark`.
  std::string receive_until(std::string_view mark) {
    for (;;) {
      if (auto const at = in_.find(mark); at != std::string::npos) return receive(at + mark.size());
      if (!receive_more()) throw std::runtime_error("the stream ended");
    }
  }
  /// All that comes until the server ends the stream.
  std::string receive_rest() {
    while (receive_more()) {
    }
    return std::exchange(in_, {});
  }
  /// Whether something, or the end, is there within `milliseconds`.
  bool has_more(int milliseconds) {
    pollfd p{fd_, POLLIN, 0};
    return !in_.empty() || ::poll(&p, 1, milliseconds) > 0;
  }

 private:
  void wait(short what) {
    pollfd p{fd_, what, 0};
    if (::poll(&p, 1, 10'000) <= 0) throw std::runtime_error("nothing happened for ten seconds");
  }
  bool receive_more() {
    wait(POLLIN);
    char bytes[65536];
    ssize_t const n = ::recv(fd_, bytes, sizeof bytes, 0);
    if (n < 0 && errno != ECONNRESET)
      throw std::runtime_error("recv: errno " + std::to_string(errno));
    if (n <= 0) return false;
    in_.append(bytes, static_cast<std::size_t>(n));
    return true;
  }

  int fd_;
  std::string in_;
};

struct http_reply {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

inline http_reply receive_reply(tcp_client& from, bool has_body = true) {
  std::string const head = from.receive_until("\r\n\r\n");
  http_reply reply;
  reply.status = std::stoi(head.substr(9, 3));
  for (std::size_t at = head.find("\r\n") + 2; at + 2 < head.size();) {
    std::size_t const end = head.find("\r\n", at);
    std::size_t const colon = head.find(':', at);
    std::string name = head.substr(at, colon - at);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    std::size_t const value = head.find_first_not_of(' ', colon + 1);
    reply.headers[name] = head.substr(value, end - value);
    at = end + 2;
  }
  if (has_body && reply.headers.contains("content-length")) {
    reply.body = from.receive(std::stoul(reply.headers["content-length"]));
  }
  return reply;
}

/// Sends a request with this first line and these further header lines ("Name: value\r\n").
inline http_reply ask(tcp_client& at, std::string const& method, std::string const& target,
                      std::string const& more = {}) {
  at.send(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n");
  return receive_reply(at, method != "HEAD");
}
inline http_reply ask(std::uint16_t port, std::string const& method, std::string const& target,
                      std::string const& more = {}) {
  tcp_client client(port);
  return ask(client, method, target, more);
}

inline constexpr char const* upgrade_headers =
    "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

struct ws_message {
  int opcode = 0;
  std::string payload;
  int code() const {  ///< of a close frame; 0: none
    return payload.size() < 2
               ? 0
               : static_cast<std::uint8_t>(payload[0]) << 8 | static_cast<std::uint8_t>(payload[1]);
  }
  std::string reason() const { return payload.size() < 2 ? std::string() : payload.substr(2); }
};

class ws_client {
 public:
  explicit ws_client(std::uint16_t port, std::string const& more_headers = {},
                     int receive_buffer = 0)
      : tcp_(port, receive_buffer),
        reply_(ask(tcp_, "GET", "/_statelink/ws", upgrade_headers + more_headers)) {
    if (reply_.status != 101)
      throw std::runtime_error("the upgrade got " + std::to_string(reply_.status));
  }

  tcp_client& tcp() { return tcp_; }
  http_reply const& reply() const { return reply_; }

  void text(std::string_view payload) { tcp_.send(client_text(payload)); }
  void hello() { text(R"({"hello":{}})"); }
  void frame(std::uint8_t opcode, std::string_view payload) {
    tcp_.send(client_frame_bytes(opcode, payload));
  }

  /// The next frame, whatever it is.
  ws_message receive() {
    std::string const head = tcp_.receive(2);
    auto const byte = [](char c) { return std::uint64_t{static_cast<std::uint8_t>(c)}; };
    if ((byte(head[1]) & 0x80) != 0) throw std::runtime_error("a server's frame is masked");
    if ((byte(head[0]) & 0xF0) != 0x80) throw std::runtime_error("a frame that is not whole");
    std::uint64_t size = byte(head[1]);
    if (size > 125) {
      std::uint64_t extended = 0;
      for (char const c : tcp_.receive(size == 126 ? 2 : 8)) extended = extended << 8 | byte(c);
      size = extended;
    }
    return {static_cast<int>(byte(head[0]) & 0x0F), tcp_.receive(size)};
  }
  /// The next close frame; everything before it is dropped. Then the server must end the stream,
  /// once it is answered.
  ws_message receive_close() {
    for (;;) {
      ws_message m = receive();
      if (m.opcode != 8) continue;
      frame(8, m.payload.substr(0, 2));
      tcp_.receive_rest();
      return m;
    }
  }

 private:
  tcp_client tcp_;
  http_reply reply_;
};

}  // namespace statelink::testing
