// Colyseus 0.17: binary messages. A client's place is the target of its reserved seat.
#pragma once

#include "loader/protocol.hpp"

namespace statelink::benchmarks {

class protocol_colyseus final : public protocol {
 public:
  protocol_colyseus(protocol_options const& options, scoreboard& told)
      : protocol(told), kind_(options.kind), rows_(options.rows) {}

  void received(client& c, std::string_view message) override;
  void put_event(client& c, std::uint64_t number) override;

 private:
  event_kind const kind_;
  std::uint64_t const rows_;
  std::uint64_t next_row_ = 0;
};

}  // namespace statelink::benchmarks
