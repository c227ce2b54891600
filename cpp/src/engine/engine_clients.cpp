// Clients: hello, resume, answers, expiry.
#include <algorithm>
#include <cassert>

#include "engine/engine_impl.hpp"
#include "engine/frames.hpp"
#include "engine/secrets.hpp"
#include "wire/utf8.hpp"

namespace statelink {

// --- hello

client& engine::impl::new_client() {
  auto made = std::make_unique<client>();
  client& c = *made;
  c.no = {++last_number_};
  c.client_token = random_name(16);
  c.secret = random_name(24);
  c.stream = {++last_number_};
  c.own.resize(classes_.size());
  c.overlays.resize(classes_.size());
  clients_[c.no] = std::move(made);
  by_client_token_[c.client_token] = &c;
  streams_[c.stream] = &c;
  return c;
}

client* engine::impl::resumable(resume_request const& resume) {
  if (resume.boot != boot_) return nullptr;
  auto const found = by_client_token_.find(resume.client_token);
  if (found == by_client_token_.end()) return nullptr;
  return same_secret(found->second->secret, resume.secret) ? found->second : nullptr;
}

engine::connection engine::impl::identify(session_no session, hello_frame const& hello) {
  client* known = hello.resume ? resumable(*hello.resume) : nullptr;
  client& c = known ? *known : new_client();
  if (known) {
    // Answers on the way to the old session are made again.
    c.run_first = c.run_last = 0;
    c.run_follows.clear();
    if (c.session) sessions_.erase(c.session);
    if (!c.understands_append) --plain_clients_;
  }
  c.understands_append = hello.understands_append;
  if (!c.understands_append) ++plain_clients_;
  c.session = session;
  sessions_[session] = &c;
  set_absent(c, nullptr);
  return {c.no, known != nullptr};
}

void engine::impl::attach(connection const& connected, session_no session,
                          hello_frame const& hello) {
  client& c = *clients_.at(connected.client);
  attach_item attach;
  attach.client = c.no;
  attach.session = session;
  attach.stream = c.stream;
  append_message(attach.preamble, [&] {
    append_hello(attach.preamble,
                 {c.client_token, c.secret, boot_, connected.resumed, c.last_received,
                  c.understands_append, hello.understands_storage, storage_vars_});
  });
  if (connected.resumed) {
    resume(c, *hello.resume, attach);
  } else {
    for (std::size_t n = 0; n < classes_.size(); ++n) {
      if (classes_[n].default_instance)
        attach.preamble += classes_[n].default_frame;
      else
        introduce(c, {n + 1});
    }
    attach.stream_at = 0;
  }
  attach.gate = c.cursor_changes;
  batch_.outbox.emplace_back(std::move(attach));
  if (connected.resumed) answer_again(c, hello.resume->acked);
}

void engine::impl::resume(client& c, resume_request const& request, attach_item& attach) {
  auto const& have = request.have;
  auto const holds = [&](instance_revision const& at) {
    return std::find(have.begin(), have.end(), at) != have.end();
  };
  bool is_current = true;
  for (std::size_t n = 0; n < c.own.size(); ++n) {
    own_slot const& slot = c.own[n];
    instance_no room = committed_link(c, {n + 1});
    if (!room && slot.values && slot.values->has_journal) room = slot.values->no;
    auto const held = [&](instance_no no) {
      auto const found = std::find_if(have.begin(), have.end(),
                                      [&](instance_revision const& h) { return h.instance == no; });
      return found == have.end() ? std::nullopt : std::optional<revision>(found->at);
    };
    if (room) {
      instance& i = *instances_.at(room);
      attach_item::room_cursor cursor{i.journal(), held(room)};
      if (!c.understands_append) {
        cursor.at.reset();
        cursor.snapshot_at = i.at;  // the frames before it may have an `append`
      }
      if (!cursor.at) ensure_snapshot(i, c);
      attach.cursors.push_back(cursor);
    } else if (slot.introduced) {
      assert(slot.values);
      instance const& i = *slot.values;
      attach.seen.push_back({i.no, i.at, slot.introduced_at, held(i.no)});
      is_current = is_current && attach.seen.back().held == i.at;
    } else if (!holds({classes_[n].default_instance, 0})) {
      attach.preamble += classes_[n].default_frame;
    }
  }
  for (own_slot const& slot : c.overlays) {
    if (!slot.introduced) continue;
    instance const& i = *slot.values;
    auto const found = std::find_if(have.begin(), have.end(),
                                    [&](instance_revision const& h) { return h.instance == i.no; });
    auto const held = found == have.end() ? std::nullopt : std::optional<revision>(found->at);
    attach.seen.push_back({i.no, i.at, slot.introduced_at, held});
    is_current = is_current && held == i.at;
  }
  attach.stream_end = c.stream_head;
  if (is_current) {
    attach.stream_at = c.stream_head;
  } else if (!c.understands_append) {
    attach.seen.clear();  // its place may be before an `append`
  }
  for (instance_revision const& h : have) attach.left.push_back({{h.instance.value}, h.at});
}

void engine::impl::hydrated(client_no client) {
  auto const& c = *clients_.at(client);
  std::size_t const begin = batch_.bytes.size();
  append_message(batch_.bytes, [&] { append_hydrated(batch_.bytes); });
  entry(client, begin, everything_seen(c));
}

followed_list engine::impl::everything_seen(client const& c) const {
  followed_list seen;
  seen.push_back({{}, {c.stream, c.stream_head}});
  for (std::size_t n = 0; n < c.own.size(); ++n) {
    instance_no const linked = committed_link(c, {n + 1});
    instance const* i = linked ? instances_.at(linked).get() : c.own[n].values;
    if (i && i->has_journal) seen.push_back({{i->no, i->at}, {i->journal(), i->at}});
  }
  return seen;
}

client_no engine::impl::client_of(session_no session) const {
  auto const found = sessions_.find(session);
  return found == sessions_.end() ? client_no{} : found->second->no;
}

client_no engine::impl::find_client(std::string_view client_token) const {
  auto const found = by_client_token_.find(std::string(client_token));
  return found == by_client_token_.end() ? client_no{} : found->second->no;
}

client_no engine::impl::disconnect(session_no session, std::chrono::milliseconds now) {
  auto const found = sessions_.find(session);
  if (found == sessions_.end()) return {};
  client& c = *found->second;
  c.session = {};
  c.disconnected_at = now;
  sessions_.erase(found);
  set_absent(c, &absent_);
  return c.no;
}

std::vector<instance_no> engine::impl::forget(client_no no) {
  client& c = *clients_.at(no);
  std::vector<instance_no> left;
  for (std::size_t n = 0; n < c.own.size(); ++n) {
    if (instance_no const room = links_.link(no, {n + 1}, {})) {
      left.push_back(room);
      instance& i = *instances_.at(room);
      if (!i.owner) use_room(i);
      drop_unheard(i);
    }
    instance* own = c.own[n].values;
    if (!own) continue;
    if (!links_.audience(own->no).empty() || own->in_turn) {
      own->owner = {};  // others are linked to it, or about to be: it goes on as their room
      own->has_journal = true;
      add_room(*own);
      continue;
    }
    if (own->has_journal) drop_journal(own->journal());
    instances_.erase(own->no);
  }
  for (own_slot const& slot : c.overlays) {
    if (slot.values) instances_.erase(slot.values->no);
  }
  drop_journal(c.stream);
  std::erase(with_answers_, &c);
  if (c.session) sessions_.erase(c.session);
  set_absent(c, nullptr);
  if (!c.understands_append) --plain_clients_;
  streams_.erase(c.stream);
  by_client_token_.erase(c.client_token);
  clients_.erase(no);
  return left;
}

// --- events

bool engine::impl::receive(client& c, event_id event) {
  if (event <= c.last_received) return false;
  c.last_received = event;
  return true;
}

void engine::impl::answer(client& c, turn const& t, event_id event) {
  c.last_answered = event;
  if (!c.session) return;
  if (!c.run_first) {
    c.run_first = event;
    with_answers_.push_back(&c);
  }
  c.run_last = event;
  for (followed const& f : t.follows_) {
    auto const known =
        std::find_if(c.run_follows.begin(), c.run_follows.end(),
                     [&](followed const& k) { return k.what.instance == f.what.instance; });
    if (known == c.run_follows.end())
      c.run_follows.push_back(f);
    else
      *known = f;
  }
}

namespace {
void append_answer(std::string& out, event_id first, event_id last, follow_span follows) {
  if (first == last)
    append_ack(out, first, follows);
  else
    append_ack(out, first, last, follows);
}

boost::container::small_vector<instance_revision, 4> named(std::span<followed const> follows) {
  boost::container::small_vector<instance_revision, 4> pairs;
  for (followed const& f : follows) pairs.push_back(f.what);
  return pairs;
}
}  // namespace

void engine::impl::answer_error(client& c, turn const& t, event_id event, std::string_view code,
                                std::string_view message) {
  flush_answers(c);
  c.last_answered = event;
  c.errors.push_back({event, std::string(code), std::string(cut_utf8(message, most_error_bytes))});
  if (c.errors.size() > limits_.kept_errors) {
    c.errors_complete_after = c.errors.front().event;
    c.errors.pop_front();
  }
  say_error(c, t, event, code, message);
}

void engine::impl::say_error(client& c, turn const& t, event_id event, std::string_view code,
                             std::string_view message) {
  if (!c.session) return;
  std::size_t const begin = batch_.bytes.size();
  auto const pairs = named(t.follows_);
  append_message(batch_.bytes, [&] {
    append_error(batch_.bytes, event, code, message, {pairs.data(), pairs.size()});
  });
  entry(c.no, begin, t.follows_);
}

void engine::impl::report(client& c, turn const& t, std::string_view code,
                          std::string_view message) {
  flush_answers(c);
  say_error(c, t, 0, code, message);
}

void engine::impl::tell(client& c, turn const& t, std::string_view json) {
  if (!c.session) return;
  flush_answers(c);
  std::size_t const begin = batch_.bytes.size();
  append_message(batch_.bytes, [&] { batch_.bytes += json; });
  entry(c.no, begin, t.follows_);
}

void engine::impl::flush_answers(client& c) {
  if (!c.run_first) return;
  // What was seen and is no more cannot be waited for.
  auto const unseen = [&](followed const& f) { return !sees(c, f.what.instance); };
  c.run_follows.erase(std::remove_if(c.run_follows.begin(), c.run_follows.end(), unseen),
                      c.run_follows.end());
  std::size_t const begin = batch_.bytes.size();
  auto const pairs = named(c.run_follows);
  append_message(batch_.bytes, [&] {
    append_answer(batch_.bytes, c.run_first, c.run_last, {pairs.data(), pairs.size()});
  });
  entry(c.no, begin, c.run_follows);
  c.run_first = c.run_last = 0;
  c.run_follows.clear();
}

void engine::impl::answer_again(client& c, event_id acked) {
  followed_list const seen = everything_seen(c);
  event_id from = acked + 1;
  auto const acknowledge_to = [&](event_id to) {
    if (from > to) return;
    std::size_t const begin = batch_.bytes.size();
    append_message(batch_.bytes, [&] { append_answer(batch_.bytes, from, to, {}); });
    entry(c.no, begin, seen);
  };
  if (acked < c.errors_complete_after) {
    std::size_t const begin = batch_.bytes.size();
    append_message(batch_.bytes,
                   [&] { append_unknown(batch_.bytes, from, c.errors_complete_after); });
    entry(c.no, begin, seen);
    from = c.errors_complete_after + 1;
  }
  for (kept_error const& e : c.errors) {
    if (e.event < from) continue;
    acknowledge_to(e.event - 1);
    std::size_t const begin = batch_.bytes.size();
    append_message(batch_.bytes,
                   [&] { append_error(batch_.bytes, e.event, e.code, e.message, {}); });
    entry(c.no, begin, seen);
    from = e.event + 1;
  }
  acknowledge_to(c.last_answered);
}

void engine::impl::entry(client_no client, std::size_t begin, std::span<followed const> follows) {
  entry_item item;
  item.client = client;
  item.bytes = {static_cast<std::uint32_t>(begin),
                static_cast<std::uint32_t>(batch_.bytes.size() - begin)};
  for (followed const& f : follows) item.follow.push_back(f.where);
  batch_.outbox.emplace_back(std::move(item));
}

}  // namespace statelink
