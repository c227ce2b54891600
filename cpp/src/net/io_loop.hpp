// What the I/O thread does, over and over: take what the loop thread did, serve the sockets, hand
// over what was received, send.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/system/error_code.hpp>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "fanout/batch.hpp"
#include "net/desk.hpp"
#include "net/http_connection.hpp"
#include "net/join.hpp"
#include "net/listener.hpp"
#include "net/mailbox.hpp"
#include "net/wakeup.hpp"
#include "net/websocket_connection.hpp"
#include "statelink/config.hpp"
#include "statelink/inbound.hpp"

namespace statelink {

class io_loop {
 public:
  explicit io_loop(config const& limits);
  ~io_loop();

  // --- before run() ----------------------------------------------------------------------------
  page_set& pages() noexcept { return pages_; }
  /// See server::listen.
  std::uint16_t listen(std::string const& host, std::uint16_t port,
                       boost::system::error_code& failed);
  void close_listeners();

  /// The I/O thread's life: returns some time after stop().
  void run();

  // --- loop thread: see server -----------------------------------------------------------------
  int inbound_fd() const noexcept { return loop_wakeup_.fd(); }
  void take(inbound_batch& into);
  void hand_over(batch& b);

  // --- any thread ------------------------------------------------------------------------------
  /// run() closes every session and returns.
  void stop(std::uint16_t code, std::string reason);
  server_counts counts() const;

 private:
  void watch_wakeup();
  void take_batch();
  void begin_stop();

  // One wake-up, in this order.
  void wait_and_serve();
  void look_after_due();
  void admit_upgraded();
  void hand_over_inbound();
  void send_slice();
  void bury_ended();
  void publish_counts();
  bool is_finished();

  void accept(tcp_socket socket);
  std::shared_ptr<websocket_connection> session_of(session_no number) const;

  // Constant after construction, or of their own synchronisation.
  config const& limits_;
  mailbox<batch> to_io_;
  mailbox<inbound_batch> to_loop_;
  wakeup io_wakeup_;
  wakeup loop_wakeup_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  server_counts published_;
  std::optional<session_close> stop_asked_;

  // I/O thread, or before it starts. The io_context outlives what uses it.
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>
      wakeup_descriptor_;
  desk desk_;
  page_set pages_;
  std::list<listener> listeners_;
  std::unordered_map<session_no, std::shared_ptr<http_connection>> http_;
  std::unordered_map<session_no, std::shared_ptr<websocket_connection>> sessions_;
  batch batch_;  // being applied
  server_counts counts_;
  std::uint64_t last_number_ = 0;
  bool more_to_send_ = false;
  session_close stop_with_{};
  steady_ms stop_at_{};
};

}  // namespace statelink
