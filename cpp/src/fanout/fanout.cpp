#include "fanout/fanout.hpp"

#include <algorithm>

namespace statelink {

namespace {
/// Memory that a quiet subscriber may keep for its next answers.
constexpr std::size_t idle_bytes = 4096;
}  // namespace

void subscriber::left_list::add(journal_no no, position at) {
  auto const known = std::find_if(list_.begin(), list_.end(),
                                  [&](journal_position const& p) { return p.journal == no; });
  if (known != list_.end()) {
    at = std::max(at, known->at);
    list_.erase(known);
  }
  if (list_.size() == most) list_.erase(list_.begin());
  list_.push_back({no, at});
}

position subscriber::left_list::at(journal_no no) const noexcept {
  for (journal_position const& p : list_) {
    if (p.journal == no) return p.at;
  }
  return 0;
}

// --- sessions ---------------------------------------------------------------------------------------------------

subscriber& fanout::open(session_no session) {
  return *(sessions_[session] = std::make_unique<subscriber>(session));
}

void fanout::close(subscriber& s) {
  detach(s);
  if (s.dirty_) std::erase(dirty_, &s);
  sessions_.erase(s.session_);
}

void fanout::detach(subscriber& s) {
  while (!s.cursors_.empty()) end_cursor(s, s.cursors_.back().in->no);
  // The client's answers are made anew when it resumes; only the half-sent frame must still be finished.
  s.early_ = 0;
  s.outbox_.clear();
  s.outbox_bytes_.clear();
  s.outbox_begin_ = 0;
  if (s.client_) clients_.erase(s.client_);
  s.client_ = {};
}

// --- what the loop thread did -------------------------------------------------------------------------------------

void fanout::apply(batch const& b) {
  ++counts_.batches;
  for (journal_item const& item : b.journals) apply(b, item);
  for (outbox_item const& item : b.outbox) {
    std::visit([&](auto const& i) { apply(b, i); }, item);
  }
}

void fanout::apply(batch const& b, journal_item const& item) {
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

void fanout::apply(batch const&, attach_item const& item) {
  if (auto const old = clients_.find(item.client); old != clients_.end()) {
    closes_.push_back({old->second->session_, 4409, "superseded"});
    detach(*old->second);
  }
  auto const found = sessions_.find(item.session);
  if (found == sessions_.end()) return;  // it went away while the loop thread answered; the client resumes
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

void fanout::apply(batch const& b, entry_item const& item) {
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

void fanout::apply(batch const&, close_item const& item) {
  closes_.push_back({item.session, item.code, item.reason});
}

// --- what to write --------------------------------------------------------------------------------------------------

subscriber* fanout::next_dirty() {
  if (dirty_.empty()) return nullptr;
  subscriber* s = dirty_.front();
  dirty_.pop_front();
  s->dirty_ = false;
  return s;
}

std::size_t fanout::gather(subscriber& s, std::vector<std::string_view>& out) {
  using part = subscriber::part;
  using kind = part::kind;
  out.clear();
  s.plan_.clear();
  s.plan_was_cut_ = false;
  std::size_t total = 0;
  auto const add = [&](part p) {
    total += p.size;
    s.plan_.push_back(p);
  };

  if (!s.rest_.empty()) {
    out.push_back(s.rest_);
    add({kind::rest, s.rest_.size()});
  }
  if (!s.control_.empty()) {
    out.push_back(s.control_);
    add({kind::control, s.control_.size()});
  }

  // The plan runs ahead of what is true: it works on copies, and written() repeats what the socket really took.
  subscriber::cursor_list cursors = s.cursors_;
  std::uint64_t early = s.early_;
  std::uint64_t gate = s.gate_;
  std::size_t taken = 0;
  std::size_t offset = s.outbox_begin_;
  auto const has_passed = [&](journal_position const& p) {
    for (cursor const& c : cursors) {
      if (c.in->no == p.journal) return !c.lost && c.at >= p.at;
    }
    return true;
  };

  subscriber::left_list left = s.left_;
  auto const end_in_plan = [&](journal_no no) {
    auto const ended = std::find_if(cursors.begin(), cursors.end(),
                                    [&](cursor const& c) { return c.in->no == no; });
    if (ended == cursors.end()) return;
    left.add(no, ended->at);
    cursors.erase(ended);
  };
  auto const change = [&](subscriber::entry const& e) {
    gate = e.change;
    end_in_plan(e.end_cursor);
    end_in_plan(e.start_cursor);
    if (e.start_cursor) cursors.push_back({&journal_of(e.start_cursor), left.at(e.start_cursor), true});
  };

  bool cut = false;
  auto const is_full = [&] { return cut = cut || total >= limits_.send_bytes; };
  for (bool progress = true; progress && !cut;) {
    progress = false;
    for (std::size_t i = 0; i < cursors.size() && !is_full(); ++i) {  // the list may change below
      cursor& c = cursors[i];
      journal const& j = c.in->frames;
      bool const is_stream = c.in->no == s.stream_;
      if (c.lost || !j.can_continue(c.at)) {
        c.lost = true;
        auto const at = j.snapshot_at();
        // A client may have said that it was farther than anybody can be.
        if (!at || *at < std::min(c.at, j.head()) || (is_stream && j.snapshot_gate() < gate)) {
          request_snapshot(*c.in);
          continue;
        }
        if (!j.snapshot().empty()) out.push_back(j.snapshot());
        add({kind::snapshot, j.snapshot().size(), c.in, 0, *at});
        c.at = *at;
        c.lost = false;
        progress = true;
        if (is_stream && j.snapshot_gate() > gate) {
          // The snapshot already shows what these entries change; they wait for it, so they cannot go first.
          for (subscriber::entry const& e : s.outbox_) {
            if (e.change > gate && e.change <= j.snapshot_gate()) change(e);
          }
          early = gate;
          break;
        }
        if (is_full()) break;
      }
      position const end = is_stream ? limit_by_gate(j, c.at, gate) : j.head();
      if (c.at < end) {
        position const to = j.within(c.at, end, limits_.send_bytes - total);
        std::size_t const size = j.read(c.at, to, out);
        add({kind::frames, size, c.in, c.at, to});
        c.at = to;
        progress = true;
        // What follows, a change of cursors above all, must not overtake the frames that did not fit.
        cut = to < end;
      }
    }
    while (taken < s.outbox_.size() && !is_full()) {
      subscriber::entry const& e = s.outbox_[taken];
      if (early && std::any_of(cursors.begin(), cursors.end(), [](cursor const& c) { return c.lost; })) {
        break;
      }
      if (e.change && e.change == early) early = 0;
      if (!std::all_of(e.follow.begin(), e.follow.end(), has_passed)) break;
      if (e.end > offset) {
        std::string_view const bytes(s.outbox_bytes_.data() + offset, e.end - offset);
        if (!out.empty() && out.back().data() + out.back().size() == bytes.data()) {
          out.back() = {out.back().data(), out.back().size() + bytes.size()};
        } else {
          out.push_back(bytes);
        }
      }
      add({kind::entry, e.end - offset});
      offset = e.end;
      ++taken;
      progress = true;
      if (e.change > gate) {
        change(e);
        break;  // what the new cursor needs comes before what follows it
      }
    }
  }
  s.plan_was_cut_ = cut;
  if (total == 0 && !s.plan_.empty()) written(s, 0, false);  // a change of cursors that says nothing
  if (total > 0) ++counts_.sends;
  return total;
}

void fanout::written(subscriber& s, std::size_t size, bool blocked) {
  using kind = subscriber::part::kind;
  counts_.bytes_written += size;
  bool complete = true;
  std::string rest;
  for (subscriber::part const& p : s.plan_) {
    std::size_t const n = std::min(size, p.size);
    size -= n;
    if (n == 0 && p.size > 0) {  // not reached
      if (p.what != kind::rest) {
        complete = false;
        break;
      }
    }
    bool const half = n < p.size;
    switch (p.what) {
      case kind::rest:
        if (half) s.rest_.erase(0, n);
        else s.rest_.clear();
        break;
      case kind::control:
        if (half) rest.assign(s.control_, n);
        s.control_.clear();
        break;
      case kind::snapshot: {
        ++counts_.snapshots_written;
        if (half) rest.assign(p.in->frames.snapshot().substr(n));
        for (cursor& c : s.cursors_) {
          if (c.in == p.in) c = {p.in, p.to, false};
        }
        if (p.in->no == s.stream_) {
          std::uint64_t const before = s.gate_;
          for (subscriber::entry const& e : s.outbox_) {
            if (e.change <= p.in->frames.snapshot_gate()) change_cursors(s, e);
          }
          if (s.gate_ > before) s.early_ = s.gate_;
        }
        break;
      }
      case kind::frames: {
        position to = p.to;
        if (half) {
          // The frame that was begun counts as written; its remainder is kept, so the ring may go on without it.
          journal const& j = p.in->frames;
          to = j.within(p.from, p.to, n);
          std::size_t whole = j.size_between(p.from, to);
          if (whole < n) whole = j.size_between(p.from, ++to);
          std::vector<std::string_view> pieces;
          j.read(p.from, to, pieces);
          std::size_t skip = n;
          for (std::string_view piece : pieces) {
            std::size_t const over = std::min(skip, piece.size());
            rest += piece.substr(over);
            skip -= over;
          }
        }
        for (cursor& c : s.cursors_) {
          if (c.in == p.in) c.at = to;
        }
        break;
      }
      case kind::entry: {
        subscriber::entry const e = std::move(s.outbox_.front());
        s.outbox_.pop_front();
        if (half) rest.assign(s.outbox_bytes_, s.outbox_begin_ + n, p.size - n);
        s.outbox_begin_ = e.end;
        if (e.change == s.early_) s.early_ = 0;
        change_cursors(s, e);
        break;
      }
    }
    if (half) {
      complete = false;
      break;
    }
  }
  if (!rest.empty()) s.rest_ = std::move(rest);
  compact(s);
  bool const more = !complete || s.plan_was_cut_;
  s.plan_.clear();
  s.blocked_ = blocked;
  if (more) mark(s);
}

void fanout::writable(subscriber& s) {
  s.blocked_ = false;
  mark(s);
}

void fanout::push_control(subscriber& s, std::string_view frame) {
  s.control_ += frame;
  mark(s);
}

void fanout::resync(subscriber& s, std::vector<instance_no> const& instances) {
  for (instance_no const i : instances) {
    auto const own = std::find_if(s.cursors_.begin(), s.cursors_.end(),
                                  [&](cursor const& c) { return c.in->no.value == i.value; });
    for (cursor& c : s.cursors_) {
      if (own != s.cursors_.end() ? &c == &*own : c.in->no == s.stream_) c.lost = true;
    }
  }
  mark(s);
}

void fanout::trim() {
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

std::size_t fanout::journal_memory() const noexcept {
  std::size_t sum = 0;
  for (auto const& [no, j] : journals_) sum += j->frames.memory();
  return sum;
}

// --- pieces ---------------------------------------------------------------------------------------------------------

shared_journal& fanout::journal_of(journal_no no) {
  auto& j = journals_[no];
  if (!j) j = std::make_unique<shared_journal>(no);
  return *j;
}

void fanout::mark(subscriber& s) {
  if (s.dirty_ || s.blocked_) return;
  s.dirty_ = true;
  dirty_.push_back(&s);
}

void fanout::mark_all(shared_journal& j) {
  for (subscriber* s : j.subscribers) mark(*s);
}

void fanout::needs_trim(shared_journal& j) {
  if (j.to_trim) return;
  j.to_trim = true;
  to_trim_.push_back(&j);
}

void fanout::request_snapshot(shared_journal& j) {
  if (j.snapshot_requested) return;
  j.snapshot_requested = true;
  requests_.push_back(j.no);
}

void fanout::add_cursor(subscriber& s, shared_journal& j, position at, bool lost) {
  s.cursors_.push_back({&j, at, lost});
  j.subscribers.push_back(&s);
}

void fanout::end_cursor(subscriber& s, journal_no no) {
  for (auto c = s.cursors_.begin(); c != s.cursors_.end(); ++c) {
    if (c->in->no != no) continue;
    s.left_.add(no, c->at);
    std::erase(c->in->subscribers, &s);
    s.cursors_.erase(c);
    return;
  }
}

void fanout::end_waiting(shared_journal& j) {
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

void fanout::change_cursors(subscriber& s, subscriber::entry const& e) {
  if (e.change <= s.gate_) return;
  s.gate_ = e.change;
  end_cursor(s, e.end_cursor);
  end_cursor(s, e.start_cursor);
  if (e.start_cursor) add_cursor(s, journal_of(e.start_cursor), s.left_.at(e.start_cursor), true);
}

void fanout::compact(subscriber& s) {
  if (s.rest_.empty() && s.rest_.capacity() > idle_bytes) std::string().swap(s.rest_);
  if (s.outbox_.empty()) {
    if (s.outbox_bytes_.capacity() > idle_bytes) std::string().swap(s.outbox_bytes_);
    s.outbox_bytes_.clear();
    s.outbox_begin_ = 0;
  } else if (s.outbox_begin_ > idle_bytes && s.outbox_begin_ > s.outbox_bytes_.size() / 2) {
    s.outbox_bytes_.erase(0, s.outbox_begin_);
    for (subscriber::entry& e : s.outbox_) e.end -= s.outbox_begin_;
    s.outbox_begin_ = 0;
  }
}

position fanout::limit_by_gate(journal const& j, position from, std::uint64_t gate) {
  if (j.head() == from || j.tag(j.head()).gate <= gate) return j.head();
  position to = from;
  while (j.tag(to + 1).gate <= gate) ++to;
  return to;
}

}  // namespace statelink
