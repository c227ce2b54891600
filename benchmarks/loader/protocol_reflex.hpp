// Reflex 0.10: engine.io and socket.io packets. A client hydrates, then links to its room.
#pragma once

#include "loader/protocol.hpp"

namespace statelink::benchmarks {

class protocol_reflex final : public protocol {
 public:
  protocol_reflex(protocol_options const& options, scoreboard& told)
      : protocol(told),
        kind_(options.kind),
        rows_(options.rows),
        counter_key_("\"" + options.counter + "_rx_state_\":") {}

  std::string target(client const& c) const override;
  void received(client& c, std::string_view message) override;
  void put_event(client& c, std::uint64_t number) override;

 private:
  event_kind const kind_;
  std::uint64_t const rows_;
  std::string const counter_key_;
  std::uint64_t next_row_ = 0;
};

}  // namespace statelink::benchmarks
