#include "net/websocket_connection.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <utility>

namespace statelink {
namespace {

// Events of all sessions that may wait for the loop thread, in bytes: they stand in one string,
// addressed by 32 bits.
constexpr std::size_t most_untaken_bytes = std::size_t{512} << 20;

constexpr std::size_t most_views = 128;  // of one sendmsg; what is beyond goes with the next

void prepare(tcp_socket& socket, [[maybe_unused]] config const& limits) {
#ifdef TCP_NOTSENT_LOWAT
  int const unsent = limits.kernel_unsent_bytes;
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
#endif
}

bool is_only_full() noexcept { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

websocket_connection::websocket_connection(desk& d, upgraded_socket from)
    : desk_(d),
      socket_(std::move(from.socket)),
      session_(from.number, d.limits, d.now()),
      reader_(d.limits.message_bytes),
      alarm_(from.number),
      peer_(std::make_unique<peer_info>(std::move(from.peer))) {
  prepare(socket_, d.limits);
}

void websocket_connection::start(std::string first_bytes) {
  subscriber_ = &desk_.out.open(session_.number());
  alarm_.set(session_.next_tick(), desk_.due);
  read(first_bytes);
  want_read();
}

// --- what session asks for ---------------------------------------------------------------------

void websocket_connection::carry_out(session_action action) {
  std::visit([this](auto& a) { act(a); }, action);
}

void websocket_connection::act(hello_frame& hello) {
  desk_.inbound.items.emplace_back(
      inbound_hello{session_.number(), std::move(hello), std::move(*peer_)});
  peer_.reset();
}

void websocket_connection::act(event_frame& event) {
  std::string& bytes = desk_.inbound.bytes;
  desk_.inbound.items.emplace_back(
      inbound_event{session_.number(), event.id, static_cast<std::uint32_t>(bytes.size()),
                    static_cast<std::uint32_t>(event.handler.size()),
                    static_cast<std::uint32_t>(event.arguments.size())});
  bytes += event.handler;
  bytes += event.arguments;
  ++desk_.events;
  count_untaken(event.handler.size() + event.arguments.size());
}

void websocket_connection::act(page_frame& page) {
  std::string& bytes = desk_.inbound.bytes;
  desk_.inbound.items.emplace_back(inbound_page{session_.number(),
                                                static_cast<std::uint32_t>(bytes.size()),
                                                static_cast<std::uint32_t>(page.path.size())});
  bytes += page.path;
  count_untaken(page.path.size());
}

void websocket_connection::act(stored_frame& stored) {
  std::string& bytes = desk_.inbound.bytes;
  desk_.inbound.items.emplace_back(
      inbound_stored{session_.number(), static_cast<std::uint32_t>(bytes.size()),
                     static_cast<std::uint32_t>(stored.values.size())});
  bytes += stored.values;
  count_untaken(stored.values.size());
}

void websocket_connection::count_untaken(std::size_t bytes) {
  if (untaken_since_ != desk_.takes) {
    untaken_since_ = desk_.takes;
    untaken_events_ = untaken_bytes_ = 0;
  }
  ++untaken_events_;
  untaken_bytes_ += bytes;
}

void websocket_connection::act(resync_frame& resync) {
  desk_.out.resync(*subscriber_, resync.instances);
}

void websocket_connection::act(send_ping&) { push_control(ws_opcode::ping, {}); }

void websocket_connection::act(send_pong& pong) {
  if (subscriber_->blocked()) {  // whoever pings without reading is answered once (RFC 6455, 5.5.3)
    late_pong_ = pong.payload;
    has_late_pong_ = true;
  } else {
    push_control(ws_opcode::pong, pong.payload);
  }
}

void websocket_connection::act(send_close& close) {
  while (!subscriber_->blocked() && write_queued()) {
  }
  if (ended_) return;
  if (subscriber_->mid_frame()) {
    // The frame that was begun must be finished. It is what gather() gives first.
    desk_.out.writable(*subscriber_);
    desk_.out.gather(*subscriber_, desk_.views);
    tail_ = desk_.views.front();
  }
  desk_.out.close(*std::exchange(subscriber_, nullptr));
  tell_loop_closed();
  append_close_frame(tail_, close.code, close.reason);
  hangs_up_ = close.last;
  alarm_.set(session_.next_tick(), desk_.due);
  write_tail();
  want_read();  // a paused one is read again, for the peer's close frame
}

void websocket_connection::act(hang_up&) {
  hangs_up_ = true;
  write_tail();
}

// --- from the loop thread ----------------------------------------------------------------------

void websocket_connection::set_reading(bool on) {
  paused_by_loop_ = !on;
  want_read();
}

void websocket_connection::taken() {
  waiting_for_take_ = false;
  want_read();
}

void websocket_connection::close(std::uint16_t code, std::string reason) {
  carry_out(session_.close(code, std::move(reason), desk_.now()));
}

void websocket_connection::tick() {
  if (ended_ || !alarm_.rings(desk_.now(), desk_.due)) return;
  carry_out(session_.tick(desk_.now(), !is_paused()));
  if (!ended_) alarm_.set(session_.next_tick(), desk_.due);
}

void websocket_connection::end() {
  if (std::exchange(ended_, true)) return;
  session_.ended();
  tell_loop_closed();
  if (subscriber_ != nullptr) desk_.out.close(*std::exchange(subscriber_, nullptr));
  boost::system::error_code ignored;
  socket_.close(ignored);
  desk_.ended.push_back(session_.number());
}

void websocket_connection::tell_loop_closed() {
  if (!session_.said_hello() || std::exchange(told_loop_, true)) return;
  desk_.inbound.items.emplace_back(inbound_closed{session_.number()});
}

// --- reading -----------------------------------------------------------------------------------

bool websocket_connection::is_paused() const noexcept {
  return (paused_by_loop_ || waiting_for_take_) && session_.at() < session::stage::closing;
}

void websocket_connection::want_read() {
  if (reading_ || ended_ || is_paused()) return;
  reading_ = true;
  socket_.async_wait(tcp_socket::wait_read,
                     [self = shared_from_this()](boost::system::error_code const& failed) {
                       self->reading_ = false;
                       if (failed) return self->end();
                       self->on_readable();
                     });
}

void websocket_connection::on_readable() {
  if (ended_ || is_paused()) return;
  ssize_t const n =
      ::recv(socket_.native_handle(), desk_.scratch.data(), desk_.scratch.size(), MSG_DONTWAIT);
  if (n == 0 || (n < 0 && !is_only_full())) return end();
  if (n > 0) read({desk_.scratch.data(), static_cast<std::size_t>(n)});
  want_read();
}

void websocket_connection::read(std::span<char> bytes) {
  session_.heard(desk_.now());
  while (!ended_) {
    ws_input const input = reader_.next(bytes);
    if (input.what == ws_input::kind::more) break;
    take_input(input);
  }
  if (ended_ || waiting_for_take_ || !too_many_wait()) return;
  waiting_for_take_ = true;
  desk_.waiting_for_take.push_back(session_.number());
}

bool websocket_connection::too_many_wait() const noexcept {
  if (desk_.untaken_bytes + desk_.inbound.bytes.size() > most_untaken_bytes) return true;
  return untaken_since_ == desk_.takes && (untaken_events_ > desk_.limits.queued_events ||
                                           untaken_bytes_ > desk_.limits.message_bytes);
}

// --- writing -----------------------------------------------------------------------------------

void websocket_connection::push_control(ws_opcode opcode, std::string_view payload) {
  std::string frame;
  append_frame(frame, opcode, payload);
  desk_.out.push_control(*subscriber_, frame);
}

void websocket_connection::send() { write_queued(); }

bool websocket_connection::write_queued() {
  std::size_t const size = desk_.out.gather(*subscriber_, desk_.views);
  if (size == 0) return false;
  bool full = false;
  std::ptrdiff_t const n = write(full);
  if (n < 0) {
    end();
    return false;
  }
  desk_.out.written(*subscriber_, static_cast<std::size_t>(n), full);
  if (full) want_write();
  return !full;
}

void websocket_connection::write_tail() {
  while (!tail_.empty()) {
    bool full = false;
    desk_.views.assign(1, tail_);
    std::ptrdiff_t const n = write(full);
    if (n < 0) return end();
    tail_.erase(0, static_cast<std::size_t>(n));
    if (full) return want_write();
  }
  if (hangs_up_) {
    boost::system::error_code ignored;
    socket_.shutdown(
        tcp_socket::shutdown_send,
        ignored);  // it is read to its end: closing now could destroy what is on the way
  }
}

std::ptrdiff_t websocket_connection::write(bool& full) {
  iovec pieces[most_views];
  std::size_t const count = std::min(desk_.views.size(), most_views);
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::string_view const view = desk_.views[i];
    pieces[i] = {const_cast<char*>(view.data()), view.size()};
    size += view.size();
  }
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = count;
  ssize_t n = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n < 0) {
    if (!is_only_full()) return -1;
    n = 0;
  }
  full = static_cast<std::size_t>(n) < size;
  return n;
}

void websocket_connection::want_write() {
  if (std::exchange(writing_, true)) return;
  socket_.async_wait(tcp_socket::wait_write,
                     [self = shared_from_this()](boost::system::error_code const& failed) {
                       self->writing_ = false;
                       if (failed) return self->end();
                       self->on_writable();
                     });
}

void websocket_connection::on_writable() {
  if (ended_) return;
  if (subscriber_ == nullptr) return write_tail();
  desk_.out.writable(*subscriber_);
  if (std::exchange(has_late_pong_, false)) push_control(ws_opcode::pong, late_pong_);
}

}  // namespace statelink
