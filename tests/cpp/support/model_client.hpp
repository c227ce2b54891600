// A client as docs/protocol.md wants it, and a checker: whatever the server sends against
// "Ordering" throws.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "statelink/hello.hpp"
#include "statelink/ids.hpp"
#include "support/frame_reader.hpp"

namespace statelink::test {

class model_client {
 public:
  using json = nlohmann::json;

  // --- what it sends
  /// The first frame of a new session: it resumes where it was connected before.
  hello_frame say_hello();
  /// The page was loaded anew: only the identity was kept.
  void forget_values() { documents_.clear(); }
  /// The id of a new event, which must be answered once.
  event_id send_event();
  /// Asks for a snapshot of what it holds of the state, and ignores patches until that comes.
  /// Nothing before the hello.
  std::vector<instance_no> ask_resync(std::string const& state);

  // --- what it receives
  /// Bytes of the socket. Throws protocol_violation.
  void receive(std::string_view bytes);
  /// Events that the server has not received, known from its hello: to be sent again.
  std::vector<event_id> take_unsent() { return std::exchange(unsent_, {}); }

  // --- what it holds
  /// Nullptr when it has none of the state, or waits for a snapshot.
  json const* values(std::string const& state) const;
  std::optional<instance_revision> held(std::string const& state) const;
  bool greeted() const noexcept { return greeted_; }
  bool hydrated() const noexcept { return hydrated_; }
  bool resumed() const noexcept { return resumed_; }
  std::string const& client_token() const noexcept { return token_; }
  std::string const& secret() const noexcept { return secret_; }
  std::string const& boot() const noexcept { return boot_; }
  /// Events without an answer.
  std::size_t unanswered() const noexcept { return outstanding_.size(); }
  /// "" or the error code of an answered event.
  std::string const& answer(event_id event) const { return answers_.at(event); }
  /// What the newest answer follows.
  std::vector<instance_revision> const& followed() const noexcept { return followed_; }
  /// The event ids in the order of their answers.
  std::vector<event_id> const& answered() const noexcept { return answered_; }

  /// Counts of this session.
  struct counts {
    int frames = 0;
    int snapshots = 0;
    int patches = 0;
    int answers = 0;  ///< frames
  };
  counts const& counted() const noexcept { return counts_; }
  /// The state names, patches as "Room@3", answers as "ack 4", in the order of receipt, of all
  /// sessions.
  std::vector<std::string> const& heard() const noexcept { return heard_; }
  std::vector<std::string> take_heard() { return std::exchange(heard_, {}); }

  /// Handlers may still run at a resume: their answers may come after `hydrated`.
  bool answers_may_be_late = false;
  /// An instance that was replaced while the client waited for a snapshot may never have been
  /// introduced, though an answer names it.
  bool may_skip_instances = false;
  /// Told of all values after each frame that changed them.
  std::function<void(instance_revision, json const&)> on_values;

 private:
  struct document {
    instance_no instance;
    revision sent = 0;  ///< the newest that the server has sent, applied or not
    json values;
    bool resync = false;
  };

  void frame(json const& f);
  void read_hello(json const& h);
  void read_snapshot(json const& f);
  void read_patch(json const& f);
  void read_answer(json const& f);
  void read_error(json const& f);
  void read_hydrated();
  void check_followed(json const& f);
  void answer_outstanding(event_id first, event_id last, std::string const& code, bool only_some);
  document* find(instance_no instance);

  std::string token_, secret_, boot_;
  frame_reader reader_;
  bool greeted_ = false;
  bool hydrated_ = false;
  bool resumed_ = false;
  event_id last_sent_ = 0;
  event_id last_received_by_server_ = 0;
  event_id acked_ = 0;
  std::deque<event_id> outstanding_;
  std::vector<event_id> unsent_;
  std::vector<event_id> answered_;
  std::vector<instance_revision> followed_;
  std::map<event_id, std::string> answers_;
  std::map<std::string, document> documents_;  // by state name; an overlay's ends in '+'
  std::map<std::uint64_t, revision> highest_;  // sent of an instance, in this session or before it
  std::vector<std::string> heard_;
  counts counts_;
};

}  // namespace statelink::test
