#include "fanout/fanout_impl.hpp"

#include <algorithm>

namespace statelink {

// --- sessions

subscriber& fanout::impl::open(session_no session) {
  return *(sessions_[session] = std::make_unique<subscriber>(session));
}

void fanout::impl::close(subscriber& s) {
  detach(s);
  if (s.dirty_) std::erase(dirty_, &s);
  sessions_.erase(s.session_);
}

void fanout::impl::detach(subscriber& s) {
  while (!s.cursors_.empty()) end_cursor(s, s.cursors_.back().in->no);
  // The client's answers are made anew when it resumes; only the half-sent frame must still be
  // finished.
  s.early_ = 0;
  s.outbox_.clear();
  s.outbox_bytes_.clear();
  s.outbox_begin_ = 0;
  if (s.client_) clients_.erase(s.client_);
  s.client_ = {};
}

// --- what the loop thread did

void fanout::impl::apply(batch const& b) {
  ++counts_.batches;
  for (journal_item const& item : b.journals) apply(b, item);
  for (outbox_item const& item : b.outbox) {
    std::visit([&](auto const& i) { apply(b, i); }, item);
  }
}

void fanout::impl::apply(batch const& b, journal_item const& item) {
  if (item.what == journal_item::kind::drop || item.what == journal_item::kind::gone) {
    auto const found = journals_.find(item.journal);
    if (found == journals_.end()) return;
    found->second->ending = true;
    needs_trim(*found->second);
    if (item.what == journal_item::kind::gone) end_waiting(*found->second);
    return;
  }
  shared_journal& j = journal_of(item.journal);
  j.ending = false;
  switch (item.what) {
    case journal_item::kind::append:
      j.frames.append(item.at, b.view(item.bytes));
      break;
    case journal_item::kind::stream:
      j.frames.append(item.at, b.view(item.bytes), {item.carries, item.gate});
      break;
    default:
      j.frames.put_snapshot(item.at, std::string(b.view(item.bytes)), item.gate);
      j.snapshot_requested = false;
      mark_all(j);
      return;
  }
  ++counts_.frames_appended;
  needs_trim(j);
  if (j.appended_in != counts_.batches) {
    j.appended_in = counts_.batches;
    mark_all(j);  // once per batch: whoever is marked sees every frame of it
  }
}

void fanout::impl::apply(batch const&, attach_item const& item) {
  if (auto const old = clients_.find(item.client); old != clients_.end()) {
    closes_.push_back({old->second->session_, 4409, "superseded"});
    detach(*old->second);
  }
  auto const found = sessions_.find(item.session);
  if (found == sessions_.end())
    return;  // it went away while the loop thread answered; the client resumes
  subscriber& s = *found->second;
  s.client_ = item.client;
  s.stream_ = item.stream;
  s.gate_ = item.gate;
  clients_[item.client] = &s;
  s.control_ += item.preamble;
  for (journal_position const& p : item.left) s.left_.add(p.journal, p.at);

  shared_journal& stream = journal_of(item.stream);
  std::optional<position> const place =
      item.stream_at ? item.stream_at : stream.frames.find_place(item.seen, item.stream_end);
  add_cursor(s, stream, place.value_or(item.stream_end), !place);
  for (auto const& room : item.cursors) {
    shared_journal& j = journal_of(room.journal);
    bool const goes_on = room.at && *room.at <= j.frames.head();
    add_cursor(s, j, goes_on ? *room.at : room.snapshot_at, !goes_on);
  }
  mark(s);
}

void fanout::impl::apply(batch const& b, entry_item const& item) {
  auto const found = clients_.find(item.client);
  if (found == clients_.end()) return;  // no socket now: a resume makes it anew
  subscriber& s = *found->second;
  s.outbox_bytes_ += b.view(item.bytes);
  s.outbox_.push_back({s.outbox_bytes_.size(), item.follow, item.change, item.end, item.start});
  mark(s);
  if (s.backlog() > limits_.outbox_bytes) {
    closes_.push_back({s.session_, 1013, "too many answers wait for this client"});
    detach(s);
  }
}

void fanout::impl::apply(batch const&, close_item const& item) {
  closes_.push_back({item.session, item.code, item.reason});
}

// --- what to write

subscriber* fanout::impl::next_dirty() {
  if (dirty_.empty()) return nullptr;
  subscriber* s = dirty_.front();
  dirty_.pop_front();
  s->dirty_ = false;
  return s;
}

void fanout::impl::writable(subscriber& s) {
  s.blocked_ = false;
  mark(s);
}

void fanout::impl::push_control(subscriber& s, std::string_view frame) {
  s.control_ += frame;
  mark(s);
}

void fanout::impl::resync(subscriber& s, std::vector<instance_no> const& instances) {
  for (instance_no const i : instances) {
    auto const own = std::find_if(s.cursors_.begin(), s.cursors_.end(),
                                  [&](cursor const& c) { return c.in->no.value == i.value; });
    for (cursor& c : s.cursors_) {
      if (own != s.cursors_.end() ? &c == &*own : c.in->no == s.stream_) c.lost = true;
    }
  }
  mark(s);
}

void fanout::impl::trim() {
  for (shared_journal* j : std::exchange(to_trim_, {})) {
    j->to_trim = false;
    if (j->ending && j->subscribers.empty()) {
      journals_.erase(j->no);
      continue;
    }
    journal& frames = j->frames;
    auto const is_above = [&] {
      return frames.frames() > limits_.ring_frames || frames.bytes() > limits_.ring_bytes;
    };
    position keep_after = frames.head();
    if (is_above()) {
      for (subscriber const* s : j->subscribers) {
        if (s->blocked_) continue;  // whoever does not read may fall off
        for (cursor const& c : s->cursors_) {
          if (c.in == j && !c.lost && frames.can_continue(c.at)) {
            keep_after = std::min(keep_after, c.at);
          }
        }
      }
    }
    frames.trim(limits_.ring_frames, limits_.ring_bytes, keep_after);
    if (j->ending || is_above()) needs_trim(*j);  // next time
  }
}

std::size_t fanout::impl::journal_memory() const noexcept {
  std::size_t sum = 0;
  for (auto const& [no, j] : journals_) sum += j->frames.memory();
  return sum;
}

// --- pieces

shared_journal& fanout::impl::journal_of(journal_no no) {
  auto& j = journals_[no];
  if (!j) j = std::make_unique<shared_journal>(no);
  return *j;
}

void fanout::impl::mark(subscriber& s) {
  if (s.dirty_ || s.blocked_) return;
  s.dirty_ = true;
  dirty_.push_back(&s);
}

void fanout::impl::mark_all(shared_journal& j) {
  for (subscriber* s : j.subscribers) mark(*s);
}

void fanout::impl::needs_trim(shared_journal& j) {
  if (j.to_trim) return;
  j.to_trim = true;
  to_trim_.push_back(&j);
}

void fanout::impl::request_snapshot(shared_journal& j) {
  if (j.snapshot_requested) return;
  j.snapshot_requested = true;
  requests_.push_back(j.no);
}

void fanout::impl::add_cursor(subscriber& s, shared_journal& j, position at, bool lost) {
  s.cursors_.push_back({&j, at, lost});
  j.subscribers.push_back(&s);
}

void fanout::impl::end_cursor(subscriber& s, journal_no no) {
  for (auto c = s.cursors_.begin(); c != s.cursors_.end(); ++c) {
    if (c->in->no != no) continue;
    s.left_.add(no, c->at);
    std::erase(c->in->subscribers, &s);
    s.cursors_.erase(c);
    return;
  }
}

void fanout::impl::end_waiting(shared_journal& j) {
  auto const subscribers = j.subscribers;
  for (subscriber* s : subscribers) {
    bool const waits = std::any_of(s->cursors_.begin(), s->cursors_.end(), [&](cursor const& c) {
      return c.in == &j && (c.lost || !j.frames.can_continue(c.at));
    });
    if (!waits) continue;
    end_cursor(*s, j.no);
    mark(*s);  // what waited for it goes on
  }
}

void fanout::impl::change_cursors(subscriber& s, subscriber::entry const& e) {
  if (e.change <= s.gate_) return;
  s.gate_ = e.change;
  end_cursor(s, e.end_cursor);
  end_cursor(s, e.start_cursor);
  if (e.start_cursor) add_cursor(s, journal_of(e.start_cursor), s.left_.at(e.start_cursor), true);
}

}  // namespace statelink
