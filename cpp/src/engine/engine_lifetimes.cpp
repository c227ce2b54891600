// Who is away, and what has been idle for long.
#include <algorithm>
#include <iterator>

#include "engine/engine_impl.hpp"

namespace statelink {

// --- clients without a socket

void engine::impl::set_absent(client& c, std::list<client*>* in) {
  if (c.absent_in) c.absent_in->erase(c.among_absent);
  c.absent_in = in;
  if (!in) return;
  // Nearly always the latest; one that is to be named again is older.
  auto const place = std::find_if(in->rbegin(), in->rend(), [&](client const* other) {
    return other->disconnected_at <= c.disconnected_at;
  });
  c.among_absent = in->insert(place.base(), &c);
}

std::vector<client_no> engine::impl::departed(std::chrono::milliseconds now) {
  auto const grace = std::min(limits_.link_grace, limits_.client_expiry);
  std::vector<client_no> named;
  while (!absent_.empty() && now - absent_.front()->disconnected_at >= grace) {
    client& c = *absent_.front();
    named.push_back(c.no);
    set_absent(c, &departed_);
  }
  return named;
}

std::vector<client_no> engine::impl::expired(std::chrono::milliseconds now) const {
  std::vector<client_no> gone;
  for (auto const* absent : {&departed_, &absent_}) {
    for (client const* c : *absent) {
      if (now - c->disconnected_at < limits_.client_expiry) break;
      gone.push_back(c->no);
    }
  }
  return gone;
}

bool engine::impl::is_present(client_no no, instance_no in) const {
  client const& c = known(no);
  return links_.linked(no, known(in).cls) == in &&
         std::find(c.left.begin(), c.left.end(), in) == c.left.end();
}

std::vector<client_no> engine::impl::present(instance_no no) const {
  std::vector<client_no> those;
  for (client_no const c : links_.audience(no)) {
    if (is_present(c, no)) those.push_back(c);
  }
  return those;
}

void engine::impl::set_present(client_no no, instance_no in, bool is_present) {
  client& c = known(no);
  std::erase(c.left, in);
  if (!is_present) c.left.push_back(in);
}

// --- rooms that nobody uses

void engine::impl::add_room(instance& i) {
  rooms_[{i.cls, i.link_token}] = &i;
  i.last_use = time_;
  i.among_rooms = rooms_by_use_.insert(rooms_by_use_.end(), &i);
}

void engine::impl::use_room(instance& i) {
  i.last_use = time_;
  rooms_by_use_.splice(rooms_by_use_.end(), rooms_by_use_, i.among_rooms);
}

std::vector<instance_no> engine::impl::idle_rooms(std::chrono::milliseconds now) {
  time_ = now;
  std::vector<instance_no> idle;
  auto next = rooms_by_use_.begin();
  for (std::size_t left = rooms_by_use_.size(); left > 0; --left) {
    instance& room = **next++;
    if (now - room.last_use < limits_.room_expiry) break;
    if (room.in_turn || !links_.audience(room.no).empty())
      use_room(room);  // looked at again in room_expiry
    else
      idle.push_back(room.no);
  }
  return idle;
}

void engine::impl::end_room(instance& room) {
  drop_journal(room.journal());
  rooms_by_use_.erase(room.among_rooms);
  rooms_.erase({room.cls, room.link_token});
  instances_.erase(room.no);
}

}  // namespace statelink
