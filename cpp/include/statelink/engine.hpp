// START HERE. The engine: clients, their links, what turns change, and what everybody must hear of
// it. No sockets, no threads of its own.
//
// What there is
//   state class  a named kind of values; what a client shows of it is one document of its page.
//   instance     one set of values of a state class, in a value_source: a client's own, or a room's.
//   client       one browser tab. It has an own instance of every state class, and an identity that
//                outlives its sockets: whoever proves it, resumes.
//   session      one socket of a client, while it lasts.
//   link         makes a client see a room's instance of a class in place of its own. Nothing is
//                copied: when it unlinks, its own instance is there as it was. The room is named by
//                a link token; it is made when the first client links to it.
//   turn         one handler run. It enters the instances that it reads and changes, perhaps links,
//                and then commits or is rolled back. Only one turn is at an instance at a time: the
//                caller sees to that, with a lock_table.
//   revision     how often an instance has been committed.
//   journal      the frames of the latest revisions, in order: one for each room, and one for all
//                that is a client's own, its *client stream*. Journals are kept by the fan-out.
//   cursor       a client's place in a journal: what comes before has been written to its socket.
//   snapshot     all values of an instance at a revision. A cursor begins with one, and goes on with
//                one where the frames that it needs are no longer kept.
//
// What leaves when a turn commits
//   1. Each entered instance whose values changed gets its next revision, and one patch frame
//      (docs/protocol.md), encoded once, however many clients see the instance: a whole WebSocket
//      message, appended to the journal. Whoever has a cursor there gets these same bytes, in the
//      order of revisions, without a gap. Nobody else gets anything.
//   2. Where the turn linked or unlinked, the actor's cursor moves to the other journal and begins
//      there with a snapshot. That is encoded once for all who need it, and only where the frames
//      since the last one outweigh it.
//   3. answer() acknowledges the actor's event, to the actor alone, and is written only when its
//      cursors have passed all that the turn committed and the actor sees. Acknowledgements of one
//      hand-over become one frame.
//   All of it is in the batch that flush() gives, frames before answers. server::hand_over() passes
//   it to the I/O thread; fanout::apply() is for who has sockets of his own.
//
// How it is used, with a server
//   std::error_code error;
//   engine core{config{}};
//   server net{config{}};
//   auto const make = [](instance_no, client_no) { return std::make_unique<json_values>(); };
//   class_no const page = core.define({.name = "Page", .shared = true, .make = make}, error);
//   net.listen("127.0.0.1", 8000, error);
//   error = net.start();
//   // For each inbound_hello that net.take() gave:
//   client_no const who = core.connect(hello.session, hello.hello).client;
//   core.hydrated(who);
//   // For each inbound_event, where core.receive(who, event.id) says that it is new:
//   core.begin(t, who);  // `turn t` is used for one event after the other
//   instance_no const shown = core.visible(who, page);
//   core.enter(t, shown);
//   error = static_cast<json_values&>(core.values(shown)).set("/count", 1);
//   core.commit(t);
//   core.answer(t, event.id);
//   core.end(t);
//   // And when all is done that was received:
//   net.hand_over(core.flush());
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "statelink/batch.hpp"
#include "statelink/config.hpp"
#include "statelink/error.hpp"
#include "statelink/hello.hpp"
#include "statelink/ids.hpp"
#include "statelink/turn.hpp"
#include "statelink/value_source.hpp"

namespace statelink {

struct state_class {
  std::string name{};   ///< on the wire
  bool shared = false;  ///< may be linked
  /// All default values that travel, as one JSON object, where they are the same for every client:
  /// clients then have no instance of their own until they need one. Empty where they are not.
  std::string defaults{};
  /// Makes the values of a new instance. `owner` is none for a room.
  std::function<std::unique_ptr<value_source>(instance_no, client_no owner)> make{};
  /// Makes the values of an overlay: what only this client sees of the class, laid over an
  /// instance's. May be empty.
  std::function<std::unique_ptr<value_source>(client_no)> make_overlay{};
};

/// One thread, the loop thread, calls everything here.
///
/// Numbers are those that the engine gave. For one that it does not know, or that has ended, the
/// verbs that return an errc say so, other verbs do nothing, and queries answer none or nothing.
/// The few that give a reference to what a number means have no such answer: there it is a mistake
/// that ends the process.
class engine {
 public:
  explicit engine(config limits);
  ~engine();
  engine(engine const&) = delete;
  engine& operator=(engine const&) = delete;

  config const& limits() const noexcept;
  /// Unguessable name of this server's life; a client that knows another one cannot resume.
  std::string const& boot() const noexcept;

  // --- state classes: before the first client
  /// None, with `error` set, where the class is unnamed, defined already, without values, or too
  /// late; or where check() refuses the limits.
  class_no define(state_class cls, std::error_code& error);
  /// REQUIRES: it is defined. The reference is good until the next define().
  state_class const& definition(class_no cls) const noexcept;
  /// Which vars clients are to keep of their own, told in each hello to those that can: JSON text,
  /// docs/protocol.md. Before the first client.
  void set_storage_vars(std::string json);
  /// They have the numbers from 1 to this.
  std::size_t classes() const noexcept;

  // --- clients
  struct connection {
    client_no client;
    bool resumed;
  };
  /// A session said hello: it goes on as the client it proves to be, or becomes a new one, and is
  /// told what it sees. Follow with hydrated() when what must run first (on_load) has run.
  connection connect(session_no session, hello_frame const& hello);
  /// connect() in two steps, where something must be made ready for a new client in between.
  connection identify(session_no session, hello_frame const& hello);
  void attach(connection const& c, session_no session, hello_frame const& hello);
  /// Tells the client that everything it sees has been introduced.
  void hydrated(client_no client);
  /// The session's socket is gone; its client (none if superseded) may resume until it expires.
  client_no disconnect(session_no session, std::chrono::milliseconds now);
  client_no client_of(session_no session) const;
  /// None while it has no socket.
  session_no session_of(client_no client) const;
  client_no find_client(std::string_view client_token) const;
  /// The name by which others may link to its own instances. REQUIRES: the client is known.
  std::string const& client_token_of(client_no client) const noexcept;
  std::size_t clients() const noexcept;
  /// Clients without a socket for longer than config::client_expiry, which the caller may then
  /// forget().
  std::vector<client_no> expired(std::chrono::milliseconds now) const;
  /// Clients without a socket for longer than config::link_grace (or client_expiry, where that is
  /// shorter), each named once; again where it has linked since. The caller then marks each of
  /// their links with set_present().
  std::vector<client_no> departed(std::chrono::milliseconds now);
  /// Ends a client: its links, its own instances (but those that others are linked to), its stream.
  /// Returns the rooms that it was linked to, whose audience has changed. REQUIRES: it has no turn.
  std::vector<instance_no> forget(client_no client);

  /// Whether patches may use the `append` operation: every client understands it. One that does not
  /// begins with snapshots made for it, so it never meets an older frame that has one.
  bool append_allowed() const noexcept;

  // --- events
  /// Whether the event is new; false for one that was received before (it will be, or was, answered
  /// once).
  bool receive(client_no client, event_id event);
  /// Ends a turn's event: acknowledges it after everything the turn committed.
  void answer(turn const& t, event_id event);
  /// Ends an event with an error; `code` is one of docs/protocol.md.
  void answer_error(turn const& t, event_id event, std::string_view code, std::string_view message);
  /// Sends one frame of the protocol, JSON text, to the turn's actor alone: after everything the
  /// turn committed, and after the answers before it. At most once: dropped where the actor has no
  /// socket.
  void tell(turn const& t, std::string_view json);
  /// Tells the actor likewise of a failure that answers no event of its own; code as above.
  void report(turn const& t, std::string_view code, std::string_view message);

  // --- instances
  // These verbs answer as the client's running turn sees it, before it commits: others ask under
  // the locks of that turn only.
  /// What the client sees of a class: the instance that it is linked to, or its own, made when
  /// needed.
  instance_no visible(client_no client, class_no cls);
  /// The client's own instance, made when needed.
  instance_no own(client_no client, class_no cls);
  /// The same, or none where nobody has made it.
  instance_no find_own(client_no client, class_no cls) const;
  /// The client's overlay of the class, made when needed; told to it at its first commit. None
  /// where the class has no make_overlay.
  instance_no overlay(client_no client, class_no cls);
  /// The same, or none where nobody has made it.
  instance_no find_overlay(client_no client, class_no cls) const;
  /// The room of a link token, made when needed; the token of a client names that client's own
  /// instance.
  instance_no room(class_no cls, std::string const& link_token);
  /// The same, or none where nobody has made it.
  instance_no find_room(class_no cls, std::string const& link_token) const;
  /// What the client's class is linked to, or none.
  instance_no linked(client_no client, class_no cls) const;
  /// The clients linked to an instance.
  std::vector<client_no> const& audience(instance_no no) const;
  /// Those of them that are present: who links, is, until set_present() says otherwise.
  std::vector<client_no> present(instance_no no) const;
  bool is_present(client_no client, instance_no no) const;
  /// A linked client leaves a room and keeps its link, or is there again. It is so at once, whatever
  /// becomes of a turn. REQUIRES: a turn has entered the instance, for its audience changes.
  void set_present(client_no client, instance_no no, bool is_present);
  /// Rooms to which nobody is linked, that no turn has entered, and of which the last use is longer
  /// ago than config::room_expiry. The caller may then end_room() them.
  std::vector<instance_no> idle_rooms(std::chrono::milliseconds now);
  /// Its values are gone; who links to its token gets a new one. REQUIRES: idle_rooms() named it and
  /// nobody has asked for it since.
  void end_room(instance_no no);

  /// The client whose own (or overlay) it is; none for a room.
  client_no owner_of(instance_no no) const;
  class_no class_of(instance_no no) const;
  /// How often it has been committed; 0 for one that is not known.
  revision revision_of(instance_no no) const;
  /// Whether a turn has entered it and not ended.
  bool is_entered(instance_no no) const;
  /// A room's; of a client's own instance it is the client's token, of an overlay empty. REQUIRES:
  /// the instance is known.
  std::string const& link_token_of(instance_no no) const noexcept;
  /// REQUIRES: the instance is known.
  value_source& values(instance_no no) noexcept;

  // --- turns
  /// The time from now on, for when a room was last used. It does not go back.
  void set_time(std::chrono::milliseconds now) noexcept;
  /// Makes `t` ready for a turn of this client (none: of no client). REQUIRES: the client's former
  /// turn has ended.
  errc begin(turn& t, client_no actor);
  /// The turn may change this instance from now on. REQUIRES: no other turn has entered it.
  errc enter(turn& t, instance_no no);
  /// Links the actor's class to the room of `link_token`. The turn enters the room first: its
  /// audience changes.
  errc link(turn& t, class_no cls, std::string const& link_token);
  /// What link() would say, without doing it.
  errc can_link(client_no client, class_no cls, std::string const& link_token) const;
  /// The actor's class sees its own instance again. The turn enters the room first: its audience
  /// changes.
  errc unlink(turn& t, class_no cls);
  /// Makes what the turn did true for everybody. The turn goes on (after a `yield`) with what it
  /// has entered. True when something changed.
  bool commit(turn& t);
  /// Undoes what the turn did since its last commit.
  void rollback(turn& t);
  /// What an answer to the turn's actor follows: also this instance as it is now.
  void follow(turn& t, instance_no no) const;
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
  counts const& counted() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace statelink
