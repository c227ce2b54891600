// The clients' sockets, on one epoll: dials, receives, sends. What frames mean is the protocol's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "loader/client.hpp"
#include "loader/protocol.hpp"
#include "loader/scoreboard.hpp"

namespace statelink::benchmarks {

class crowd {
 public:
  /// `port` is one of 127.0.0.1.
  crowd(std::uint16_t port, protocol& speaks, scoreboard& told);
  ~crowd();
  crowd(crowd const&) = delete;
  crowd& operator=(crowd const&) = delete;

  /// Clients are added before any of them dials.
  client& add(std::uint32_t room, std::string place, bool stalls);
  std::vector<client>& clients() { return clients_; }
  std::vector<client> const& clients() const { return clients_; }

  void dial(client& c);
  /// Its socket ends without a word; it keeps what it has seen.
  void hang_up(client& c);
  void set_reading(client& c, bool on);
  /// Sends what is in c.out, or as much as the socket takes; the rest follows by itself.
  void push(client& c);
  /// Does what there is to do, waiting for it for so many milliseconds.
  void poll(int milliseconds);

  std::uint64_t received_bytes() const { return received_bytes_; }
  std::uint16_t port() const { return port_; }

 private:
  void receive(client& c);
  /// Takes the whole frames (before: the upgrade's reply) from the front of `bytes`.
  void take_messages(client& c, std::string_view& bytes);
  bool take_upgrade(client& c, std::string_view& bytes);
  void on_frame(client& c, ws_frame const& frame);
  void watch(client& c, int operation);
  void lost(client& c, std::string const& why);

  std::uint16_t const port_;
  protocol& speaks_;
  scoreboard& told_;
  int const epoll_;
  std::vector<client> clients_;
  std::string buffer_;  ///< shared: what one recv gives
  std::uint64_t received_bytes_ = 0;
};

}  // namespace statelink::benchmarks
