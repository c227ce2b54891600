// START HERE. The engine: clients, their links, what turns change, and what everybody must hear of
// it. No socket, no Python.
//
// - A *client* has its own *instance* of every state class. A *link* makes it see a room's instance
// of a class instead, until
//   it unlinks: nothing is copied, its own instance stays as it is.
// - A *turn* is one handler run. It enters the instances that it reads and changes (whose locks the
// caller holds), perhaps links, and then
//   commits or is rolled back. A commit gives every changed instance the next *revision* and
//   appends one frame, encoded once, to its *journal*: a room's, or the client stream, the one
//   journal of all that is a client's own. Every linked client is a *cursor* there.
// - What leaves the engine is a *batch*: those frames, snapshots for cursors that begin or fell
// off, and for single clients
//   answers and changes of cursors. The fan-out (fanout/fanout.hpp) turns it into bytes for
//   sockets.
//
// The engine never sees a value: each instance has a value_source. One thread, the loop thread,
// calls everything here.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/records.hpp"
#include "fanout/batch.hpp"
#include "link/link_table.hpp"
#include "statelink/config.hpp"
#include "statelink/hello.hpp"
#include "statelink/ids.hpp"
#include "statelink/value_source.hpp"

namespace statelink {

struct state_class {
  std::string name;     ///< on the wire
  bool shared = false;  ///< may be linked
  /// All default values that travel, as one JSON object, where they are the same for every client:
  /// clients then have no instance of their own until they need one. Empty where they are not.
  std::string defaults;
  /// Makes the values of a new instance. `owner` is none for a room.
  std::function<std::unique_ptr<value_source>(instance_no, client_no owner)> make;
  /// Makes the values of an overlay: what only this client sees of the class, laid over an
  /// instance's. May be empty.
  std::function<std::unique_ptr<value_source>(client_no)> make_overlay;
};

/// One handler run: what it entered and committed. Owned by the caller; begin() makes it ready,
/// commit() may be called several times.
struct turn {
  client_no actor;  ///< none where no client is involved
  std::vector<instance*> entered;
  followed_list follows;  ///< what an answer to the actor follows
};

enum class link_error {
  none,
  empty_token,     ///< "Cannot link to an empty token"
  token_too_long,  ///< longer than config::link_token_bytes
  own_token,       ///< the client's own token
  not_shared,      ///< the class is not shared
  not_linked,      ///< unlink of what is not linked
};

class engine {
 public:
  explicit engine(config limits);

  config const& limits() const noexcept { return limits_; }
  /// Unguessable name of this server's life; a client that knows another one cannot resume.
  std::string const& boot() const noexcept { return boot_; }

  // --- state classes: before the first client
  class_no define(state_class cls);
  state_class const& definition(class_no cls) const { return classes_[cls.value - 1].spec; }
  std::size_t classes() const noexcept { return classes_.size(); }

  // --- clients
  struct connection {
    client_no client;
    bool resumed;
  };
  /// A session said hello: it goes on as the client it proves to be, or becomes a new one, and is
  /// told what it sees. Follow with hydrated() when what must run first (on_load) has run.
  connection connect(session_no session, hello_frame const& hello) {
    connection const c = identify(session, hello);
    attach(c, session, hello);
    return c;
  }
  /// connect() in two steps, where something must be made ready for a new client in between.
  connection identify(session_no session, hello_frame const& hello);
  void attach(connection const& c, session_no session, hello_frame const& hello);
  /// Tells the client that everything it sees has been introduced.
  void hydrated(client_no client);
  /// The session's socket is gone; its client (none if superseded) may resume until it expires.
  client_no disconnect(session_no session, std::chrono::milliseconds now);
  client_no client_of(session_no session) const;
  client_no find_client(std::string_view client_token) const;
  client const& client_record(client_no client) const { return *clients_.at(client); }
  std::size_t clients() const noexcept { return clients_.size(); }
  /// Clients without a socket for longer than config::client_expiry, which the caller may then
  /// forget().
  std::vector<client_no> expired(std::chrono::milliseconds now) const;
  /// Ends a client: its links, its own instances (but those that others are linked to), its stream.
  /// Returns the rooms that it was linked to, whose audience has changed.
  std::vector<instance_no> forget(client_no client);

  /// Whether patches may use the `append` operation: every client understands it. One that does not
  /// begins with snapshots made for it, so it never meets an older frame that has one.
  bool append_allowed() const noexcept { return plain_clients_ == 0; }

  // --- events
  /// Whether the event is new; false for one that was received before (it will be, or was, answered
  /// once).
  bool receive(client_no client, event_id event);
  /// Ends a turn's event: acknowledges it after everything the turn committed.
  void answer(turn const& t, event_id event);
  /// Ends an event with an error; `code` is one of docs/protocol.md.
  void answer_error(turn const& t, event_id event, std::string_view code, std::string_view message);

  // --- instances
  // These verbs answer as the client's running turn sees it, before it commits: others ask under
  // the locks of that turn only.
  /// What the client sees of a class: the instance that it is linked to, or its own, made when
  /// needed.
  instance_no visible(client_no client, class_no cls);
  /// The client's own instance, made when needed.
  instance_no own(client_no client, class_no cls);
  /// The client's overlay of the class, made when needed; told to it at its first commit.
  instance_no overlay(client_no client, class_no cls);
  /// The room of a link token, made when needed; the token of a client names that client's own
  /// instance.
  instance_no room(class_no cls, std::string const& link_token);
  /// The same, or none where nobody has made it.
  instance_no find_room(class_no cls, std::string const& link_token) const;
  instance const& record(instance_no no) const { return *instances_.at(no); }
  value_source& values(instance_no no) { return *instances_.at(no)->values; }
  /// What the client's class is linked to, or none.
  instance_no linked(client_no client, class_no cls) const { return links_.linked(client, cls); }
  /// The clients linked to an instance.
  std::vector<client_no> const& audience(instance_no no) const { return links_.audience(no); }

  // --- turns
  /// Makes `t` ready for a turn of this client (none: of no client). REQUIRES: the client's former
  /// turn has ended.
  void begin(turn& t, client_no actor);
  /// The turn may change this instance from now on. REQUIRES: no other turn has entered it.
  void enter(turn& t, instance_no no);
  /// Links the actor's class to the room of `link_token`. The turn enters the room first: its
  /// audience changes.
  link_error link(turn& t, class_no cls, std::string const& link_token);
  /// What link() would say, without doing it.
  link_error can_link(client_no client, class_no cls, std::string const& link_token) const;
  /// The actor's class sees its own instance again. The turn enters the room first: its audience
  /// changes.
  link_error unlink(turn& t, class_no cls);
  /// Makes what the turn did true for everybody. The turn goes on (after a `yield`) with what it
  /// has entered. True when something changed.
  bool commit(turn& t);
  /// Undoes what the turn did since its last commit.
  void rollback(turn& t);
  /// What an answer to the turn's actor follows: also this instance as it is now.
  void follow(turn& t, instance_no no) const { follow(t, *instances_.at(no)); }
  void follow(turn& t, instance const& i) const;
  /// The turn is over and leaves its instances. REQUIRES: commit() or rollback() since its last
  /// change.
  void end(turn& t);

  // --- snapshots
  /// The fan-out needs a snapshot of this journal: now, or when the turn that is at it commits or
  /// is rolled back. Where its instance has ended, the fan-out is told that.
  void renew_snapshot(journal_no journal);

  // --- what leaves
  /// Everything since the last hand-over, to be taken (and emptied) by the caller.
  batch& flush();

  /// Counted for tests and the operator.
  struct counts {
    std::uint64_t commits = 0;    ///< that changed something
    std::uint64_t patches = 0;    ///< frames encoded
    std::uint64_t snapshots = 0;  ///< encoded
  };
  counts const& counted() const noexcept { return counts_; }

 private:
  struct defined_class {
    state_class spec;
    instance_no default_instance;  // introduces the defaults
    std::string default_frame;
  };
  struct room_key {
    class_no cls;
    std::string link_token;
    bool operator==(room_key const&) const = default;
  };
  struct room_hash {
    std::size_t operator()(room_key const& k) const noexcept {
      return std::hash<std::string>{}(k.link_token) ^ (k.cls.value * 0x9e3779b97f4a7c15u);
    }
  };

  client& new_client();
  client* resumable(resume_request const& resume);
  void resume(client& c, resume_request const& request, attach_item& attach);
  void answer_again(client& c, event_id acked);
  own_slot& slot_of(client& c, instance const& i);
  instance& make_instance(class_no cls, client_no owner, std::string link_token);
  own_slot& own_values(client& c, class_no cls);
  // What is committed, whatever the client's running turn has linked since.
  instance_no committed_link(client const& c, class_no cls) const;
  bool sees_own(client const& c, class_no cls) const { return !committed_link(c, cls); }
  bool sees(client const& c, instance_no no) const;
  bool is_heard(instance const& i) const;
  void give_journal(instance& i);
  void drop_journal(journal_no no);
  void drop_unheard(instance& i);

  void append_patch(turn const& t, instance& i, std::string_view ops);
  std::size_t append_patch_message(instance const& i, std::string_view ops);
  void introduce(client& c, class_no cls) { introduce(c, own_values(c, cls)); }
  void introduce(client& c, own_slot& slot);
  void append_stream(client& c, instance_revision carries, std::size_t begin);
  bool settle_links(turn& t);
  void ensure_snapshot(instance& i, client const& reader);
  void put_snapshot(instance& i);
  void put_stream_snapshot(client& c);
  void append_snapshot_of(instance& i);
  void snapshots_after_turn(turn& t);
  void entry(client_no c, std::size_t begin, followed_list const& follows);
  void flush_answers(client& c);
  followed_list everything_seen(client const& c) const;

  config const limits_;
  std::string const boot_;
  std::uint64_t last_number_ = 0;
  std::vector<defined_class> classes_;
  std::unordered_map<client_no, std::unique_ptr<client>> clients_;
  std::unordered_map<std::string, client*> by_client_token_;
  std::unordered_map<session_no, client*> sessions_;
  std::unordered_map<journal_no, client*> streams_;
  std::unordered_map<instance_no, std::unique_ptr<instance>> instances_;
  std::unordered_map<room_key, instance*, room_hash> rooms_;
  link_table links_;
  std::size_t plain_clients_ = 0;  // that do not understand `append`
  std::vector<client*> with_answers_;
  std::string scratch_;
  batch batch_;
  counts counts_;
};

}  // namespace statelink
