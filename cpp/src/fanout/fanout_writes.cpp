// What one client is given to write, and what becomes true of it.
#include <algorithm>

#include "fanout/fanout_impl.hpp"

namespace statelink {

namespace {
/// Memory that a quiet subscriber may keep for its next answers.
constexpr std::size_t idle_bytes = 4096;
}  // namespace

/// Runs ahead of what is true: it works on copies, and written() repeats what the socket really
/// took.
class fanout::impl::planner {
 public:
  planner(impl& f, subscriber& s, std::vector<std::string_view>& out)
      : fanout_(f), s_(s), out_(out) {
    out_.clear();
    s_.plan_.clear();
  }

  std::size_t make() {
    add_bytes(kind::rest, s_.rest_);
    add_bytes(kind::control, s_.control_);
    for (bool progress = true; progress && !cut_;) {
      progress = false;
      for (std::size_t i = 0; i < cursors_.size() && !is_full(); ++i) {
        if (cursors_[i].lost || !cursors_[i].in->frames.can_continue(cursors_[i].at)) {
          cursors_[i].lost = true;
          if (!add_snapshot(cursors_[i])) continue;
          progress = true;
          if (makes_changes(cursors_[i])) break;  // the cursors are others now
          if (is_full()) break;
        }
        if (add_frames(cursors_[i])) progress = true;
      }
      if (add_entries()) progress = true;
    }
    s_.plan_was_cut_ = cut_;
    return total_;
  }

 private:
  using part = subscriber::part;
  using kind = part::kind;

  bool is_full() { return cut_ = cut_ || total_ >= fanout_.limits_.send_bytes; }
  bool is_stream(cursor const& c) const { return c.in->no == s_.stream_; }

  void add(part p) {
    total_ += p.size;
    s_.plan_.push_back(p);
  }

  void add_bytes(kind what, std::string_view bytes) {
    if (bytes.empty()) return;
    out_.push_back(bytes);
    add({what, bytes.size()});
  }

  /// False where there is none that would do: it is asked for.
  bool add_snapshot(cursor& c) {
    journal const& j = c.in->frames;
    auto const at = j.snapshot_at();
    // A client may have said that it was farther than anybody can be.
    bool const goes_back = at && *at < std::min(c.at, j.head());
    bool const shows_what_was_left = is_stream(c) && j.snapshot_gate() < gate_;
    if (!at || goes_back || shows_what_was_left) {
      fanout_.request_snapshot(*c.in);
      return false;
    }
    if (!j.snapshot().empty()) out_.push_back(j.snapshot());
    add({kind::snapshot, j.snapshot().size(), c.in, 0, *at});
    c.at = *at;
    c.lost = false;
    return true;
  }

  /// A snapshot of the stream already shows what later changes of cursors do. They wait for it, so
  /// they cannot go first: they are made with it. True when there were such.
  bool makes_changes(cursor const& c) {
    if (!is_stream(c) || c.in->frames.snapshot_gate() <= gate_) return false;
    std::uint64_t const shown = c.in->frames.snapshot_gate();
    for (subscriber::entry const& e : s_.outbox_) {
      if (e.change > gate_ && e.change <= shown) change(e);
    }
    early_ = gate_;
    return true;
  }

  bool add_frames(cursor& c) {
    journal const& j = c.in->frames;
    position const end = is_stream(c) ? limit_by_gate(j, c.at, gate_) : j.head();
    if (c.at == end) return false;
    position const to = j.within(c.at, end, fanout_.limits_.send_bytes - total_);
    std::size_t const size = j.read(c.at, to, out_);
    add({kind::frames, size, c.in, c.at, to});
    c.at = to;
    // What follows, a change of cursors above all, must not overtake the frames that did not fit.
    cut_ = to < end;
    return true;
  }

  /// Those that have waited long enough, up to a change of cursors: what the new one needs comes
  /// before what follows it.
  bool add_entries() {
    bool progress = false;
    while (taken_ < s_.outbox_.size() && !is_full()) {
      subscriber::entry const& e = s_.outbox_[taken_];
      if (early_ && is_any_lost()) break;  // see subscriber::early_
      if (e.change && e.change == early_) early_ = 0;
      if (!std::all_of(e.follow.begin(), e.follow.end(),
                       [&](journal_position const& p) { return has_passed(p); })) {
        break;
      }
      if (e.end > offset_) add_view({s_.outbox_bytes_.data() + offset_, e.end - offset_});
      add({kind::entry, e.end - offset_});
      offset_ = e.end;
      ++taken_;
      progress = true;
      if (e.change > gate_) {
        change(e);
        break;
      }
    }
    return progress;
  }

  /// Neighbours become one.
  void add_view(std::string_view bytes) {
    if (!out_.empty() && out_.back().data() + out_.back().size() == bytes.data()) {
      out_.back() = {out_.back().data(), out_.back().size() + bytes.size()};
    } else {
      out_.push_back(bytes);
    }
  }

  bool is_any_lost() const {
    return std::any_of(cursors_.begin(), cursors_.end(), [](cursor const& c) { return c.lost; });
  }

  bool has_passed(journal_position const& p) const {
    for (cursor const& c : cursors_) {
      if (c.in->no == p.journal) return !c.lost && c.at >= p.at;
    }
    return true;
  }

  void change(subscriber::entry const& e) {
    gate_ = e.change;
    end(e.end_cursor);
    end(e.start_cursor);
    if (!e.start_cursor) return;
    cursors_.push_back({&fanout_.journal_of(e.start_cursor), left_.at(e.start_cursor), true});
  }

  void end(journal_no no) {
    auto const ended = std::find_if(cursors_.begin(), cursors_.end(),
                                    [&](cursor const& c) { return c.in->no == no; });
    if (ended == cursors_.end()) return;
    left_.add(no, ended->at);
    cursors_.erase(ended);
  }

  impl& fanout_;
  subscriber& s_;
  std::vector<std::string_view>& out_;
  subscriber::cursor_list cursors_ = s_.cursors_;
  subscriber::left_list left_ = s_.left_;
  std::uint64_t gate_ = s_.gate_;
  std::uint64_t early_ = s_.early_;
  std::size_t taken_ = 0;                  // entries of the outbox
  std::size_t offset_ = s_.outbox_begin_;  // where the next one begins
  std::size_t total_ = 0;
  bool cut_ = false;
};

std::size_t fanout::impl::gather(subscriber& s, std::vector<std::string_view>& out) {
  std::size_t const total = planner(*this, s, out).make();
  if (total > 0)
    ++counts_.sends;
  else if (!s.plan_.empty())
    written(s, 0, false);  // a change of cursors that says nothing
  return total;
}

void fanout::impl::written(subscriber& s, std::size_t size, bool blocked) {
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
        if (half)
          s.rest_.erase(0, n);
        else
          s.rest_.clear();
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
          // The frame that was begun counts as written; its remainder is kept, so the ring may go
          // on without it.
          journal const& j = p.in->frames;
          to = j.within(p.from, p.to, n);
          if (j.size_between(p.from, to) < n) ++to;
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

void fanout::impl::compact(subscriber& s) {
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

position fanout::impl::limit_by_gate(journal const& j, position from, std::uint64_t gate) {
  if (j.head() == from || j.tag(j.head()).gate <= gate) return j.head();
  position to = from;
  while (j.tag(to + 1).gate <= gate) ++to;
  return to;
}

}  // namespace statelink
