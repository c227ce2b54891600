// The socket of one WebSocket session: bytes in, bytes out. What they mean is decided by session,
// what to write by fanout.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "fanout/subscriber.hpp"
#include "net/desk.hpp"
#include "net/tcp.hpp"
#include "session/deadlines.hpp"
#include "session/session.hpp"
#include "statelink/fanout.hpp"
#include "wire/ws_reader.hpp"

namespace statelink {

/// I/O thread only. While it is open it waits for its socket and so keeps itself alive; see
/// desk::ended.
class websocket_connection : public std::enable_shared_from_this<websocket_connection> {
 public:
  websocket_connection(desk& d, upgraded_socket from);

  /// Reads what came with the request, then from the socket.
  void start(std::string first_bytes);

  /// Writes what the fan-out has for it, as far as the socket takes it. REQUIRES: it is dirty, so
  /// not closing.
  void send();

  /// The loop thread has given the session its client.
  void attached() { session_.attached(); }
  /// The loop thread wants the session read, or not.
  void set_reading(bool on);
  /// The loop thread has taken all events so far.
  void taken();
  /// Closes the session after what is queued for it has been tried once.
  void close(std::uint16_t code, std::string reason);
  /// An entry of it in desk::due is due.
  void tick();
  /// Ends the socket now.
  void end();

 private:
  // What session asks for.
  void carry_out(session_action action);
  void act(std::monostate) {}
  void act(hello_frame& hello);
  void act(event_frame& event);
  void act(page_frame& page);
  void act(stored_frame& stored);
  void act(resync_frame& resync);
  void act(send_ping&);
  void act(send_pong& pong);
  void act(send_close& close);
  void act(hang_up&);
  void act(drop_socket&) { end(); }

  // Reading.
  bool is_paused() const noexcept;
  void want_read();
  void on_readable();
  void read(std::span<char> bytes);
  /// Does what session says about it. Defined in websocket_input.cpp.
  void take_input(ws_input const& input);
  /// Texts of a frame for the loop thread, so many bytes, are in desk::inbound.
  void count_untaken(std::size_t bytes);
  /// So many events wait for the loop thread that no more may be read.
  bool too_many_wait() const noexcept;

  // Writing.
  void want_write();
  void on_writable();
  void push_control(ws_opcode opcode, std::string_view payload);
  /// Writes one helping of what is queued; false when there is nothing, or the socket is full or
  /// broken.
  bool write_queued();
  /// Writes the last bytes of a closing session.
  void write_tail();
  /// How many bytes of desk::views the socket took; -1 where it is broken. `full`: it wants no
  /// more.
  std::ptrdiff_t write(bool& full);

  void tell_loop_closed();

  desk& desk_;
  tcp_socket socket_;
  session session_;
  ws_reader reader_;
  alarm alarm_;
  subscriber* subscriber_ = nullptr;  // until the session is closing
  std::unique_ptr<peer_info> peer_;   // until the hello

  std::uint64_t untaken_since_ = 0;  // desk::takes when the count began
  std::size_t untaken_events_ = 0;
  std::size_t untaken_bytes_ = 0;

  std::string late_pong_;  // of the last ping while the socket was full
  std::string tail_;       // rest of a frame and close frame of a closing session

  bool reading_ = false;           // waits until the socket is readable
  bool writing_ = false;           // waits until it is writable
  bool paused_by_loop_ = false;    // set_reading(false)
  bool waiting_for_take_ = false;  // is in desk::waiting_for_take
  bool has_late_pong_ = false;
  bool hangs_up_ = false;  // nothing is awaited from the peer but the end of its stream
  bool told_loop_ = false;
  bool ended_ = false;
};

}  // namespace statelink
