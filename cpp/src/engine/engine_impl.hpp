// What is behind statelink/engine.hpp, where the verbs are described. Here every number is known and
// every REQUIRES holds: engine.cpp sees to that.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/records.hpp"
#include "fanout/batch.hpp"
#include "link/link_table.hpp"
#include "statelink/engine.hpp"

namespace statelink {

class engine::impl {
 public:
  explicit impl(config limits);

  // --- what is known
  client* find(client_no no) const {
    auto const found = clients_.find(no);
    return found == clients_.end() ? nullptr : found->second.get();
  }
  instance* find(instance_no no) const {
    auto const found = instances_.find(no);
    return found == instances_.end() ? nullptr : found->second.get();
  }
  client& known(client_no no) const { return *clients_.at(no); }
  instance& known(instance_no no) const { return *instances_.at(no); }
  bool has(class_no cls) const noexcept { return cls && cls.value <= classes_.size(); }
  /// The client, where the class is known, too.
  client* find(client_no no, class_no cls) const { return has(cls) ? find(no) : nullptr; }

  config const& limits() const noexcept { return limits_; }
  std::string const& boot() const noexcept { return boot_; }

  // --- state classes: before the first client
  errc can_define(state_class const& cls) const;
  class_no define(state_class cls);
  state_class const& definition(class_no cls) const { return classes_.at(cls.value - 1).spec; }
  void set_storage_vars(std::string json) { storage_vars_ = std::move(json); }
  std::size_t classes() const noexcept { return classes_.size(); }

  // --- clients
  connection identify(session_no session, hello_frame const& hello);
  void attach(connection const& c, session_no session, hello_frame const& hello);
  void hydrated(client_no client);
  client_no disconnect(session_no session, std::chrono::milliseconds now);
  client_no client_of(session_no session) const;
  client_no find_client(std::string_view client_token) const;
  std::size_t clients() const noexcept { return clients_.size(); }
  std::vector<client_no> expired(std::chrono::milliseconds now) const;
  std::vector<client_no> departed(std::chrono::milliseconds now);
  std::vector<instance_no> forget(client_no client);

  bool append_allowed() const noexcept { return plain_clients_ == 0; }

  // --- events: `c` is the turn's actor
  bool receive(client& c, event_id event);
  void answer(client& c, turn const& t, event_id event);
  void answer_error(client& c, turn const& t, event_id event, std::string_view code,
                    std::string_view message);
  void tell(client& c, turn const& t, std::string_view json);
  void report(client& c, turn const& t, std::string_view code, std::string_view message);

  // --- instances
  instance_no visible(client& c, class_no cls);
  instance_no own(client& c, class_no cls);
  instance_no overlay(client_no client, class_no cls);
  instance_no room(class_no cls, std::string const& link_token);
  instance_no find_room(class_no cls, std::string const& link_token) const;
  instance_no linked(client_no client, class_no cls) const { return links_.linked(client, cls); }
  std::vector<client_no> const& audience(instance_no no) const { return links_.audience(no); }

  std::vector<client_no> present(instance_no no) const;
  bool is_present(client_no client, instance_no no) const;
  void set_present(client_no client, instance_no no, bool is_present);
  std::vector<instance_no> idle_rooms(std::chrono::milliseconds now);
  void end_room(instance& room);

  // --- turns
  void set_time(std::chrono::milliseconds now) noexcept { time_ = now; }
  void begin(turn& t, client_no actor);
  void enter(turn& t, instance& i);
  void link(turn& t, class_no cls, std::string const& link_token);
  errc can_link(client_no client, class_no cls, std::string const& link_token) const;
  errc unlink(turn& t, class_no cls);
  bool commit(turn& t);
  void rollback(turn& t);
  void follow(turn& t, instance const& i) const;
  void end(turn& t);

  // --- snapshots
  void renew_snapshot(journal_no journal);

  // --- what leaves
  batch& flush();

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
  void add_room(instance& i);
  void use_room(instance& i);
  void set_absent(client& c, std::list<client*>* in);
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
  void entry(client_no c, std::size_t begin, std::span<followed const> follows);
  void flush_answers(client& c);
  void say_error(client& c, turn const& t, event_id event, std::string_view code,
                 std::string_view message);
  followed_list everything_seen(client const& c) const;

  config const limits_;
  errc const bad_limits_;
  std::string const boot_;
  std::string storage_vars_;
  std::uint64_t last_number_ = 0;
  std::vector<defined_class> classes_;
  std::unordered_map<client_no, std::unique_ptr<client>> clients_;
  std::unordered_map<std::string, client*> by_client_token_;
  std::unordered_map<session_no, client*> sessions_;
  std::unordered_map<journal_no, client*> streams_;
  std::unordered_map<instance_no, std::unique_ptr<instance>> instances_;
  std::unordered_map<room_key, instance*, room_hash> rooms_;
  link_table links_;
  std::chrono::milliseconds time_{0};
  std::list<instance*> rooms_by_use_;
  std::list<client*> absent_;      // by when their socket went, oldest first
  std::list<client*> departed_;    // likewise: they have been named
  std::size_t plain_clients_ = 0;  // that do not understand `append`
  std::vector<client*> with_answers_;
  std::string scratch_;
  batch batch_;
  counts counts_;
};

}  // namespace statelink
