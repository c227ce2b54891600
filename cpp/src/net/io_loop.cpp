#include "net/io_loop.hpp"

#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <utility>

namespace statelink {
namespace {

using boost::system::error_code;

// Handlers of one wake-up: more would let busy sockets hold up what they said, and the sending.
constexpr int handlers_per_round = 256;

// Connections beyond the limit that are told so; further ones are just closed.
constexpr std::size_t most_refusals = 64;

// Asio's timers and descriptors are used by this thread alone: no locks.
constexpr int single_thread = BOOST_ASIO_CONCURRENCY_HINT_UNSAFE;

// Buffers go round between the threads for ever; what one burst made of them does not stay.
void give_back_excess(std::string& empty) {
  constexpr std::size_t kept = std::size_t{4} << 20;
  if (empty.capacity() > kept) empty = std::string();
}

}  // namespace

io_loop::io_loop(config const& limits)
    : limits_(limits),
      io_(single_thread),
      work_(io_.get_executor()),
      wakeup_descriptor_(io_, ::dup(io_wakeup_.fd())),
      desk_(limits) {}

io_loop::~io_loop() = default;

std::uint16_t io_loop::listen(std::string const& host, std::uint16_t port, error_code& failed) {
  tcp::resolver resolver(io_.get_executor());
  auto const found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, failed);
  if (failed) return 0;
  error_code first_failure;
  bool any = false;
  for (auto const& entry : found) {
    tcp::endpoint at = entry.endpoint();
    at.port(port);
    listeners_.emplace_back(io_).open(at, failed);
    if (!failed) {
      any = true;
      port = listeners_.back().port();
      continue;
    }
    listeners_.pop_back();
    if (!first_failure) first_failure = failed;
  }
  failed = any ? error_code() : first_failure;
  return any ? port : 0;
}

void io_loop::close_listeners() {
  for (listener& l : listeners_) l.stop();
}

// --- loop thread -------------------------------------------------------------------------------

void io_loop::take(inbound_batch& into) {
  loop_wakeup_.drain();  // before the box is emptied: what comes between only wakes once too often
  if (to_loop_.take(into)) io_wakeup_.notify();
}

void io_loop::hand_over(batch& b) {
  if (!b.empty() && to_io_.put(b)) io_wakeup_.notify();
}

// --- any thread --------------------------------------------------------------------------------

void io_loop::stop(std::uint16_t code, std::string reason) {
  {
    std::lock_guard const lock(mutex_);
    if (!stop_asked_) stop_asked_ = session_close{{}, code, std::move(reason)};
  }
  io_wakeup_.notify();
}

server_counts io_loop::counts() const {
  std::lock_guard const lock(mutex_);
  return published_;
}

// --- I/O thread --------------------------------------------------------------------------------

void io_loop::run() {
  for (listener& l : listeners_) {
    l.start([this](tcp_socket socket) { accept(std::move(socket)); });
  }
  watch_wakeup();
  while (!is_finished()) {
    wait_and_serve();
    look_after_due();
    admit_upgraded();
    hand_over_inbound();
    send_slice();
    bury_ended();
    publish_counts();
  }
  for (auto const& [number, connection] : http_) connection->end();
  for (auto const& [number, connection] : sessions_) connection->end();
  bury_ended();
  hand_over_inbound();
  publish_counts();
  io_.poll();  // the handlers of what was ended
}

void io_loop::watch_wakeup() {
  wakeup_descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                                [this](error_code const& failed) {
                                  if (failed) return;
                                  io_wakeup_.drain();
                                  take_batch();
                                  watch_wakeup();
                                });
}

void io_loop::wait_and_serve() {
  desk_.forget_now();
  int handlers = 0;
  if (!more_to_send_) {
    auto const due = desk_.due.earliest();
    handlers += static_cast<int>(
        due ? io_.run_one_until(std::chrono::steady_clock::time_point(*due)) : io_.run_one());
  }
  while (handlers < handlers_per_round && io_.poll_one() > 0) ++handlers;
}

void io_loop::take_batch() {
  to_io_.take(batch_);
  desk_.out.apply(batch_);
  for (outbox_item& item : batch_.outbox) {
    if (auto const* const attach = std::get_if<attach_item>(&item)) {
      if (auto const session = session_of(attach->session)) session->attached();
    } else if (auto const* const flow = std::get_if<flow_item>(&item)) {
      if (auto const session = session_of(flow->session)) session->set_reading(flow->read);
    } else if (auto* const page = std::get_if<page_item>(&item)) {
      if (auto const found = http_.find({page->request}); found != http_.end())
        found->second->answer(*page);
    }
  }
  for (session_close& close : desk_.out.take_closes()) {
    if (auto const session = session_of(close.session))
      session->close(close.code, std::move(close.reason));
  }
  batch_.clear();
  give_back_excess(batch_.bytes);

  if (std::uint64_t const takes = to_loop_.takes(); takes != desk_.takes) {
    desk_.takes = takes;
    desk_.untaken_bytes = 0;
    for (session_no const number : std::exchange(desk_.waiting_for_take, {})) {
      if (auto const session = session_of(number)) session->taken();
    }
  }
  std::optional<session_close> how;
  {
    std::lock_guard const lock(mutex_);
    how = stop_asked_;
  }
  if (!how || desk_.stopping) return;
  stop_with_ = std::move(*how);
  begin_stop();
}

void io_loop::begin_stop() {
  desk_.stopping = true;
  stop_at_ = desk_.now() + limits_.close_timeout;
  desk_.due.add(stop_at_, {});
  close_listeners();
  for (auto const& [number, connection] : http_) connection->stop();
  for (auto const& [number, session] : sessions_)
    session->close(stop_with_.code, stop_with_.reason);
}

void io_loop::look_after_due() {
  while (auto const who = desk_.due.pop_due(desk_.now())) {
    if (auto const session = session_of(*who)) {
      session->tick();
    } else if (auto const found = http_.find(*who); found != http_.end()) {
      found->second->tick();
    }
  }
}

void io_loop::admit_upgraded() {
  for (upgraded_socket& u : std::exchange(desk_.upgraded, {})) {
    session_no const number = u.number;
    std::string first_bytes = std::move(u.first_bytes);
    auto const session = std::make_shared<websocket_connection>(desk_, std::move(u));
    sessions_.emplace(number, session);
    session->start(std::move(first_bytes));
    if (desk_.stopping) session->close(stop_with_.code, stop_with_.reason);
  }
}

void io_loop::hand_over_inbound() {
  for (journal_no const journal : desk_.out.take_snapshot_requests()) {
    desk_.inbound.items.emplace_back(inbound_snapshot_request{journal});
  }
  if (!desk_.inbound.empty()) {
    desk_.untaken_bytes += desk_.inbound.bytes.size();
    if (to_loop_.put(desk_.inbound)) {
      ++counts_.wakes_of_loop;
      loop_wakeup_.notify();
    }
    give_back_excess(desk_.inbound.bytes);
  }
  // Who waits for a take must hear of it, be it that it has happened meanwhile.
  if (!desk_.waiting_for_take.empty() && to_loop_.takes(true) != desk_.takes) io_wakeup_.notify();
}

void io_loop::send_slice() {
  more_to_send_ = true;
  for (std::size_t i = 0; i < limits_.sends_per_slice; ++i) {
    subscriber* const next = desk_.out.next_dirty();
    if (next == nullptr) {
      more_to_send_ = false;
      desk_.out.trim();
      break;
    }
    if (auto const session = session_of(next->session())) session->send();
  }
  hand_over_inbound();
}

void io_loop::bury_ended() {
  for (session_no const number : std::exchange(desk_.ended, {})) {
    if (http_.erase(number) == 0) sessions_.erase(number);
  }
}

void io_loop::publish_counts() {
  counts_.sessions = sessions_.size();
  counts_.events = desk_.events;
  counts_.fanout = desk_.out.counts();
  std::lock_guard const lock(mutex_);
  published_ = counts_;
}

bool io_loop::is_finished() {
  if (!desk_.stopping) return false;
  return (http_.empty() && sessions_.empty() && desk_.upgraded.empty()) || desk_.now() >= stop_at_;
}

void io_loop::accept(tcp_socket socket) {
  ++counts_.accepted;
  std::size_t const open = http_.size() + sessions_.size();
  if (open >= limits_.connections + most_refusals) return;
  session_no const number{++last_number_};
  auto const connection = std::make_shared<http_connection>(desk_, pages_, std::move(socket),
                                                            number, open >= limits_.connections);
  http_.emplace(number, connection);
  connection->start();
}

std::shared_ptr<websocket_connection> io_loop::session_of(session_no number) const {
  auto const found = sessions_.find(number);
  return found == sessions_.end() ? nullptr : found->second;
}

}  // namespace statelink
