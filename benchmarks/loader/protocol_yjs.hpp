// Y.js: binary sync messages. The updates are prepared by peers/yjs_updates.py, for their author's
// counter is in them; so a room's first client sends them all, in order.
#pragma once

#include <vector>

#include "loader/protocol.hpp"

namespace statelink::benchmarks {

class protocol_yjs final : public protocol {
 public:
  protocol_yjs(protocol_options const& options, scoreboard& told);

  void opened(client& c) override;
  void received(client& c, std::string_view message) override;
  void put_event(client& c, std::uint64_t number) override;
  bool any_may_send() const override { return false; }

 private:
  std::vector<std::string> updates_;
};

}  // namespace statelink::benchmarks
