// Our own: docs/protocol.md.
#pragma once

#include "loader/protocol.hpp"

namespace statelink::benchmarks {

class protocol_statelink final : public protocol {
 public:
  protocol_statelink(protocol_options const& options, scoreboard& told);

  std::string target(client const&) const override { return "/_statelink/ws"; }
  std::string headers() const override { return "Sec-WebSocket-Protocol: statelink.v1.json\r\n"; }
  /// Says hello, with a resume where the client has an identity; a new one then calls the handler
  /// that joins its place.
  void opened(client& c) override;
  void received(client& c, std::string_view message) override;
  void put_event(client& c, std::uint64_t number) override;
  bool answers() const override { return true; }

 private:
  void on_patch(client& c, std::string_view message);
  void on_snapshot(client& c, std::string_view message);
  void on_answer(client& c, std::string_view message);
  void on_hello(client& c, std::string_view message);
  void say(client& c, std::string_view text) const { append_masked(ws_opcode::text, text, c.out); }

  event_kind const kind_;
  std::uint64_t const rows_;
  std::string const enter_;
  std::string const patch_key_;     ///< "path":"/count","value":
  std::string const snapshot_key_;  ///< "count":
  std::uint64_t next_row_ = 0;
  std::string text_;
};

}  // namespace statelink::benchmarks
