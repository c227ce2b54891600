// Engine and fan-out with model clients at the ends of sockets that take as much as the test says:
// no threads, no network. Every value that a client shows after any frame is compared with what the
// engine had committed at that revision.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "statelink/engine.hpp"
#include "statelink/fanout.hpp"
#include "support/model_client.hpp"
#include "support/sample_values.hpp"

namespace statelink::test {

class simulation {
 public:
  static constexpr std::size_t all = ~std::size_t{0};
  using json = nlohmann::json;

  explicit simulation(config limits = {});
  simulation(simulation const&) = delete;
  simulation& operator=(simulation const&) = delete;

  // The state classes: two that can be shared, one of them without common defaults, and one that
  // cannot.
  class_no const room = {1};
  class_no const pad = {2};
  class_no const own = {3};

  // --- clients: numbered from 0 in the order of add_client()
  /// A client that said hello; nothing has reached it yet.
  std::size_t add_client();
  model_client& model(std::size_t c) { return ends_[c]->model; }
  client_no number(std::size_t c) const { return ends_[c]->no; }
  bool is_connected(std::size_t c) const { return ends_[c]->socket; }
  std::string const& token(std::size_t c) const { return core.client_token_of(number(c)); }

  /// From now on the client's socket takes everything and nobody looks at it: it is there for the
  /// others.
  void ignore(std::size_t c) { ends_[c]->ignored = true; }

  /// The client's socket takes nothing until it is told otherwise.
  void stall(std::size_t c, bool on) { ends_[c]->stalled = on; }

  /// The socket is gone, with what was on its way.
  void disconnect(std::size_t c);
  /// A new session says what the client holds. The old socket may still be there; its death comes
  /// later.
  void reconnect(std::size_t c);
  /// A new session with this hello.
  void reconnect(std::size_t c, hello_frame const& hello);
  /// The client asks for a snapshot of what it sees of the class.
  void resync(std::size_t c, class_no cls);

  // --- turns
  /// One event from begin to answer. `handler` gets the turn; it throws to fail. Nothing, and 0,
  /// where the client has an open turn, for its events are run one after the other, or does not
  /// know its new identity yet.
  event_id event(std::size_t c, std::function<void(turn&)> const& handler);
  /// The same, but the turn stays open until close_events(). Nothing where the client has a turn
  /// already.
  void open_event(std::size_t c, std::function<void(turn&)> const& handler);
  /// All open turns commit or are rolled back, and end.
  void close_events(bool commit);
  /// Whether an open turn has entered the instance: no other may.
  bool is_held(instance_no no) const { return core.is_entered(no); }
  void increment(turn& t, class_no cls);
  void link(turn& t, class_no cls, std::string const& link_token);
  void unlink(turn& t, class_no cls);
  void increment(std::size_t c, class_no cls);
  void link(std::size_t c, class_no cls, std::string const& link_token);
  void unlink(std::size_t c, class_no cls);
  /// The values of an instance that the turn enters.
  sample_values& enter(turn& t, instance_no no);
  /// To be called after each commit: what clients may show from now on.
  void note_commit(turn const& t);
  sample_values& values(instance_no no) { return static_cast<sample_values&>(core.values(no)); }

  // --- the I/O thread
  /// Everything that the loop thread did reaches the fan-out.
  void hand_over();
  /// The loop thread makes the snapshots that the fan-out asked for.
  void renew_snapshots();
  /// Hands over and writes to each dirty client once or until it is blocked; client `c`'s socket
  /// takes only `limit` bytes.
  void wake_up(std::optional<std::size_t> c = {}, std::size_t limit = 0);
  /// All of this until nothing is left to do; no socket is stalled any more.
  void drain();

  // --- what holds after drain()
  /// Throws protocol_violation unless the client shows what the engine has and every event was
  /// answered.
  void check(std::size_t c);
  void check_all();

  config const limits;
  engine core;
  fanout out;

 private:
  struct client_end {
    model_client model;
    client_no no;
    session_no session;
    subscriber* socket = nullptr;
    bool ignored = false;
    bool stalled = false;
    bool is_replaced = false;  // by a new identity, of which the model hears by its hello
    struct open_turn {
      turn t;
      event_id event;
    };
    std::optional<open_turn> open;
  };

  void open(client_end& e, hello_frame const& hello);
  event_id begin(client_end& e, turn& t);
  void finish(turn& t, event_id event, std::optional<std::string> const& failure);
  void note(instance_no no);
  void write(subscriber& s, std::size_t limit);
  void receive(client_end& e, std::string_view bytes);
  protocol_violation violation(client_end const& e, std::string const& what) const;
  void unblock();
  client_end* end_of(subscriber const& s);

  std::uint64_t last_session_ = 0;
  std::vector<std::unique_ptr<client_end>> ends_;
  std::map<instance_revision, sample_values::content> committed_;
  std::vector<std::string_view> views_;
};

}  // namespace statelink::test
