#include "loader/crowd.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "loader/usage.hpp"

namespace statelink::benchmarks {
namespace {

constexpr std::size_t receive_size = std::size_t{256} << 10;

[[noreturn]] void fail(char const* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

bool is_only_full() noexcept { return errno == EAGAIN || errno == EINTR; }

int make_socket(bool small_buffer) {
  int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  int const one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (small_buffer) {
    int const bytes = 4096;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  return fd;
}

}  // namespace

crowd::crowd(std::uint16_t port, protocol& speaks, scoreboard& told)
    : port_(port),
      speaks_(speaks),
      told_(told),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      buffer_(receive_size, '\0') {
  if (epoll_ < 0) fail("epoll_create1");
}

crowd::~crowd() {
  for (client& c : clients_) hang_up(c);
  ::close(epoll_);
}

client& crowd::add(std::uint32_t room, std::string place, bool stalls) {
  client& c = clients_.emplace_back();
  c.number = static_cast<std::uint32_t>(clients_.size() - 1);
  c.room = room;
  c.place = std::move(place);
  c.stalls = stalls;
  if (!stalls) told_.add_receiver(room);
  return c;
}

void crowd::watch(client& c, int operation) {
  epoll_event event{};
  event.events = (c.reads ? EPOLLIN : 0U) | (c.wants_write ? EPOLLOUT : 0U);
  event.data.u32 = c.number;
  if (::epoll_ctl(epoll_, operation, c.fd, &event) != 0) fail("epoll_ctl");
}

void crowd::dial(client& c) {
  c.fd = make_socket(c.stalls);
  c.stage = stage::upgrading;
  c.partial.clear();
  c.out = "GET " + speaks_.target(c) + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port_) +
          "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
          speaks_.headers() + "\r\n";
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int const failed = ::connect(c.fd, reinterpret_cast<sockaddr const*>(&to), sizeof to);
  if (failed != 0 && errno != EINPROGRESS) fail("connect");
  c.reads = true;
  c.wants_write = failed != 0;  // it is writable when it is connected
  watch(c, EPOLL_CTL_ADD);
  if (!c.wants_write) push(c);
}

void crowd::hang_up(client& c) {
  if (c.fd < 0) return;
  ::close(std::exchange(c.fd, -1));
  c.stage = stage::away;
}

void crowd::set_reading(client& c, bool on) {
  if (c.fd < 0) return;
  c.reads = on;
  watch(c, EPOLL_CTL_MOD);
}

void crowd::push(client& c) {
  if (c.fd < 0) return;
  std::size_t done = 0;
  while (done < c.out.size()) {
    ssize_t const n = ::send(c.fd, c.out.data() + done, c.out.size() - done, MSG_NOSIGNAL);
    if (n < 0) {
      if (is_only_full()) break;
      return lost(c, std::strerror(errno));
    }
    done += static_cast<std::size_t>(n);
  }
  c.out.erase(0, done);
  bool const wants_write = !c.out.empty();
  if (wants_write == c.wants_write) return;
  c.wants_write = wants_write;
  watch(c, EPOLL_CTL_MOD);
}

void crowd::lost(client& c, std::string const& why) {
  told_.fault(c, "its socket was lost: " + why);
  hang_up(c);
}

void crowd::poll(int milliseconds) {
  std::array<epoll_event, 1024> events;
  int const n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds);
  for (int k = 0; k < n; ++k) {
    epoll_event const& event = events[static_cast<std::size_t>(k)];
    client& c = clients_[event.data.u32];
    if (c.fd >= 0 && (event.events & EPOLLOUT) != 0) push(c);
    if (c.fd >= 0 && (event.events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) receive(c);
  }
}

void crowd::receive(client& c) {
  for (;;) {
    ssize_t const n = ::recv(c.fd, buffer_.data(), buffer_.size(), 0);
    if (n < 0 && is_only_full()) return;
    if (n <= 0) return lost(c, n == 0 ? "the server closed it" : std::strerror(errno));
    received_bytes_ += static_cast<std::size_t>(n);
    told_.set_time(now());
    std::string_view bytes(buffer_.data(), static_cast<std::size_t>(n));
    if (c.partial.empty()) {
      take_messages(c, bytes);
      c.partial.assign(bytes);
    } else {
      c.partial += bytes;
      bytes = c.partial;
      take_messages(c, bytes);
      c.partial.erase(0, c.partial.size() - bytes.size());
    }
    if (c.fd < 0) return;
    if (!c.out.empty() && !c.wants_write) push(c);
    if (static_cast<std::size_t>(n) < buffer_.size()) return;
  }
}

bool crowd::take_upgrade(client& c, std::string_view& bytes) {
  std::size_t const end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  if (bytes.substr(0, end).find(" 101 ") == std::string_view::npos) {
    told_.fault(c, "no upgrade: " + std::string(bytes.substr(0, 200)));
  }
  bytes.remove_prefix(end + 4);
  c.stage = stage::joining;
  speaks_.opened(c);
  return true;
}

void crowd::take_messages(client& c, std::string_view& bytes) {
  if (c.stage == stage::upgrading && !take_upgrade(c, bytes)) return;
  ws_frame frame{};
  while (next_frame(bytes, frame)) {
    bytes.remove_prefix(frame.size);
    on_frame(c, frame);
    if (c.fd < 0) return;
  }
}

void crowd::on_frame(client& c, ws_frame const& frame) {
  switch (frame.opcode) {
    case ws_opcode::text:
    case ws_opcode::binary:
      return speaks_.received(c, frame.payload);
    case ws_opcode::ping:
      return append_masked(ws_opcode::pong, frame.payload, c.out);
    case ws_opcode::close:
      return lost(c, "closed: " + std::string(frame.payload));
    default:
      return;
  }
}

}  // namespace statelink::benchmarks
