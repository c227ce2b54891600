#include "limit/broadcaster.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "limit/frames.hpp"

namespace statelink::benchmarks {
namespace {

void require(bool holds, char const* what) {
  if (!holds) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

broadcaster::broadcaster(std::uint16_t port, bool coalesces)
    : coalesces_(coalesces),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  int const one = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in on{};
  on.sin_family = AF_INET;
  on.sin_port = htons(port);
  on.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  require(::bind(listener_, reinterpret_cast<sockaddr const*>(&on), sizeof on) == 0, "bind");
  require(::listen(listener_, 4096) == 0, "listen");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  require(::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) == 0, "epoll_ctl");
}

void broadcaster::serve() {
  std::array<epoll_event, 1024> events;
  for (;;) {
    int const n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int k = 0; k < n; ++k) {
      epoll_event const& event = events[static_cast<std::size_t>(k)];
      if (event.data.ptr == nullptr) {
        accept_all();
        continue;
      }
      member& m = *static_cast<member*>(event.data.ptr);
      if ((event.events & EPOLLOUT) != 0) drain(m);
      if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) receive(m);
    }
    flush();
  }
}

void broadcaster::accept_all() {
  for (;;) {
    int const fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    int const one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    auto* const m = new member(fd);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = m;
    require(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
  }
}

void broadcaster::receive(member& m) {
  static std::array<char, std::size_t{1} << 16> buffer;
  ssize_t const n = ::recv(m.fd, buffer.data(), buffer.size(), 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) return leave(m);
  m.received.append(buffer.data(), static_cast<std::size_t>(n));
  if (m.in == nullptr && !upgrade(m)) return;
  int const count = take_messages(m.received);
  if (count < 0) return leave(m);
  on_events(*m.in, count);
}

bool broadcaster::upgrade(member& m) {
  std::string const& head = m.received;
  std::size_t const end = head.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  std::size_t const key = head.find("Sec-WebSocket-Key: ") + 19;
  std::size_t const target = head.find(' ') + 1;
  std::string reply =
      accept_reply(std::string_view(head).substr(key, head.find("\r\n", key) - key));
  m.in = &rooms_[head.substr(target, head.find(' ', target) - target)];
  m.in->members.push_back(&m);
  m.received.erase(0, end + 4);
  append_counter(m.in->counter, reply);
  send(m, reply);
  return true;
}

void broadcaster::on_events(room& r, int count) {
  if (coalesces_ && count > 0 && r.pending.empty()) dirty_.push_back(&r);
  for (; count > 0; --count) {
    append_counter(++r.counter, r.pending);
    if (coalesces_) continue;
    for (member* m : r.members) send(*m, r.pending);
    r.pending.clear();
  }
}

void broadcaster::flush() {
  for (room* r : dirty_) {
    for (member* m : r->members) send(*m, r->pending);
    r->pending.clear();
  }
  dirty_.clear();
}

void broadcaster::send(member& m, std::string const& bytes) {
  std::size_t done = 0;
  if (m.out.empty()) {
    ssize_t const n = ::send(m.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) done = static_cast<std::size_t>(n);
    if (done == bytes.size()) return;
  }
  m.out.append(bytes, done);
  if (!m.wants_write) watch(m, true);
}

void broadcaster::drain(member& m) {
  ssize_t const n = ::send(m.fd, m.out.data(), m.out.size(), MSG_NOSIGNAL);
  if (n > 0) m.out.erase(0, static_cast<std::size_t>(n));
  if (m.out.empty()) watch(m, false);
}

void broadcaster::watch(member& m, bool wants_write) {
  m.wants_write = wants_write;
  epoll_event event{};
  event.events = EPOLLIN | (wants_write ? EPOLLOUT : 0U);
  event.data.ptr = &m;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, m.fd, &event);
}

void broadcaster::leave(member& m) {
  if (m.in != nullptr) std::erase(m.in->members, &m);
  ::close(m.fd);
  delete &m;
}

}  // namespace statelink::benchmarks
