// A bare broadcaster on epoll, the limit of what a server of rooms can do on this machine: an event
// is any message, and makes its room send {"c":N} to every member. It has no handler, no values, no
// acknowledgement and no second thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace statelink::benchmarks {

class broadcaster {
 public:
  /// Listens on 127.0.0.1. `coalesces`: the frames of all events of one epoll round leave a room
  /// by one send per member; else each event is sent by itself.
  broadcaster(std::uint16_t port, bool coalesces);
  [[noreturn]] void serve();

 private:
  struct member;
  struct room {
    std::uint64_t counter = 0;
    std::vector<member*> members;
    std::string pending;
  };
  struct member {
    explicit member(int socket) : fd(socket) {}
    int fd;
    room* in = nullptr;
    bool wants_write = false;
    std::string received;
    std::string out;
  };

  void accept_all();
  void receive(member& m);
  bool upgrade(member& m);
  void on_events(room& r, int count);
  void send(member& m, std::string const& bytes);
  void drain(member& m);
  void watch(member& m, bool wants_write);
  void leave(member& m);
  void flush();

  bool const coalesces_;
  int listener_;
  int epoll_;
  std::unordered_map<std::string, room> rooms_;
  std::vector<room*> dirty_;
};

}  // namespace statelink::benchmarks
