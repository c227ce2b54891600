// Instances, links and turns. Clients and their answers: engine_clients.cpp; snapshots:
// engine_snapshots.cpp.
#include "engine/engine_impl.hpp"

#include <algorithm>
#include <utility>

#include "engine/frames.hpp"
#include "engine/secrets.hpp"

namespace statelink {

namespace {
errc check(config const& limits) {
  std::string which;
  return check(limits, which);
}
}  // namespace

engine::impl::impl(config limits)
    : limits_(std::move(limits)), bad_limits_(check(limits_)), boot_(random_name(9)) {}

errc engine::impl::can_define(state_class const& cls) const {
  if (bad_limits_ != errc::none) return bad_limits_;
  if (!clients_.empty()) return errc::too_late;
  if (cls.name.empty()) return errc::unnamed_class;
  if (!cls.make) return errc::no_values;
  bool const known = std::any_of(classes_.begin(), classes_.end(),
                                 [&](defined_class const& d) { return d.spec.name == cls.name; });
  return known ? errc::duplicate_class : errc::none;
}

class_no engine::impl::define(state_class cls) {
  defined_class d{std::move(cls), {}, {}};
  if (!d.spec.defaults.empty()) {
    d.default_instance = {++last_number_};
    append_message(d.default_frame, [&] {
      begin_snapshot(d.default_frame, d.spec.name, {d.default_instance, 0});
      d.default_frame += d.spec.defaults;
      end_snapshot(d.default_frame);
    });
  }
  classes_.push_back(std::move(d));
  return {classes_.size()};
}

// --- instances

instance& engine::impl::make_instance(class_no cls, client_no owner, std::string link_token) {
  instance_no const no{++last_number_};
  auto made = std::make_unique<instance>();
  made->no = no;
  made->cls = cls;
  made->owner = owner;
  made->link_token = std::move(link_token);
  made->values = definition(cls).make(no, owner);
  return *(instances_[no] = std::move(made));
}

own_slot& engine::impl::slot_of(client& c, instance const& i) {
  return (i.is_overlay ? c.overlays : c.own)[i.cls.value - 1];
}

instance_no engine::impl::overlay(client_no no, class_no cls) {
  client& c = *clients_.at(no);
  own_slot& slot = c.overlays[cls.value - 1];
  if (!slot.values) {
    auto made = std::make_unique<instance>();
    made->no = {++last_number_};
    made->cls = cls;
    made->owner = no;
    made->is_overlay = true;
    made->values = definition(cls).make_overlay(no);
    slot.values = made.get();
    instances_[made->no] = std::move(made);
  }
  return slot.values->no;
}

own_slot& engine::impl::own_values(client& c, class_no cls) {
  own_slot& slot = c.own[cls.value - 1];
  if (!slot.values) slot.values = &make_instance(cls, c.no, c.client_token);
  return slot;
}

instance_no engine::impl::own(client& c, class_no cls) { return own_values(c, cls).values->no; }

instance_no engine::impl::visible(client& c, class_no cls) {
  instance_no const linked = links_.linked(c.no, cls);
  return linked ? linked : own(c, cls);
}

instance_no engine::impl::find_room(class_no cls, std::string const& link_token) const {
  if (auto const found = rooms_.find({cls, link_token}); found != rooms_.end()) {
    return found->second->no;
  }
  if (auto const owner = by_client_token_.find(link_token); owner != by_client_token_.end()) {
    if (instance* i = owner->second->own[cls.value - 1].values) return i->no;
  }
  return {};
}

instance_no engine::impl::room(class_no cls, std::string const& link_token) {
  if (instance_no const found = find_room(cls, link_token)) return found;
  if (auto const owner = by_client_token_.find(link_token); owner != by_client_token_.end()) {
    return own_values(*owner->second, cls).values->no;
  }
  instance& i = make_instance(cls, {}, link_token);
  i.has_journal = true;
  add_room(i);
  return i.no;
}

void engine::impl::give_journal(instance& i) {
  if (i.has_journal) return;
  i.has_journal = true;
  client& owner = *clients_.at(i.owner);
  if (!sees_own(owner, i.cls)) return;
  ++owner.cursor_changes;
  batch_.outbox.emplace_back(entry_item{owner.no, {}, {}, owner.cursor_changes, {}, i.journal()});
  if (i.in_turn)
    i.snapshot_wanted = true;
  else
    put_snapshot(i);
}

void engine::impl::drop_journal(journal_no no) {
  batch_.journals.push_back({journal_item::kind::drop, no, 0, {}});
}

void engine::impl::drop_unheard(instance& i) {
  if (!i.has_journal || is_heard(i)) return;
  i.has_snapshot = false;
  drop_journal(i.journal());
}

instance_no engine::impl::committed_link(client const& c, class_no cls) const {
  for (client::uncommitted_link const& l : c.uncommitted) {
    if (l.cls == cls) return l.before;
  }
  return links_.linked(c.no, cls);
}

bool engine::impl::sees(client const& c, instance_no no) const {
  auto const found = instances_.find(no);
  if (found == instances_.end()) return false;
  instance const& i = *found->second;
  instance_no const linked = committed_link(c, i.cls);
  return linked && !i.is_overlay ? linked == no : i.owner == c.no;
}

bool engine::impl::is_heard(instance const& i) const {
  return !links_.audience(i.no).empty() || (i.owner && sees_own(*clients_.at(i.owner), i.cls));
}

// --- turns

void engine::impl::begin(turn& t, client_no actor) {
  t.actor_ = actor;
  t.entered_.clear();
  t.follows_.clear();
}

void engine::impl::enter(turn& t, instance& i) {
  if (i.in_turn && std::find(t.entered_.begin(), t.entered_.end(), &i) != t.entered_.end()) return;
  i.in_turn = true;
  t.entered_.push_back(&i);
}

errc engine::impl::can_link(client_no actor, class_no cls, std::string const& link_token) const {
  if (!definition(cls).shared) return errc::not_shared;
  if (link_token.empty()) return errc::empty_token;
  if (link_token.size() > limits_.link_token_bytes) return errc::token_too_long;
  if (clients_.at(actor)->client_token == link_token) return errc::own_token;
  return errc::none;
}

void engine::impl::link(turn& t, class_no cls, std::string const& link_token) {
  instance& to = *instances_.at(room(cls, link_token));
  give_journal(to);
  instance_no const before = links_.link(t.actor_, cls, to.no);
  if (before != to.no) clients_.at(t.actor_)->uncommitted.push_back({cls, before});
}

errc engine::impl::unlink(turn& t, class_no cls) {
  instance_no const before = links_.link(t.actor_, cls, {});
  if (!before) return errc::not_linked;
  clients_.at(t.actor_)->uncommitted.push_back({cls, before});
  return errc::none;
}

bool engine::impl::commit(turn& t) {
  bool changed = false;
  for (instance* i : t.entered_) {
    scratch_.clear();
    if (!i->values->commit_ops(scratch_)) continue;
    changed = true;
    append_patch(t, *i, scratch_);
    follow(t, *i);
  }
  if (t.actor_ && settle_links(t)) changed = true;
  if (changed) ++counts_.commits;
  snapshots_after_turn(t);
  return changed;
}

void engine::impl::rollback(turn& t) {
  for (auto i = t.entered_.rbegin(); i != t.entered_.rend(); ++i) (*i)->values->undo();
  if (t.actor_) {
    auto const links = std::exchange(clients_.at(t.actor_)->uncommitted, {});
    for (auto l = links.rbegin(); l != links.rend(); ++l) links_.link(t.actor_, l->cls, l->before);
  }
  snapshots_after_turn(t);
}

void engine::impl::end(turn& t) {
  snapshots_after_turn(t);
  for (instance* i : t.entered_) {
    i->in_turn = false;
    if (!i->owner) use_room(*i);
  }
  t.entered_.clear();
}

void engine::impl::append_patch(turn const& t, instance& i, std::string_view ops) {
  ++i.at;
  if (!i.has_journal) {
    client& c = *clients_.at(i.owner);
    own_slot& slot = slot_of(c, i);
    // What is not seen, before this turn's links or after them, is shown as it is then when the
    // client unlinks.
    bool const leaves = t.actor_ == c.no && links_.linked(c.no, i.cls);
    if (!i.is_overlay && (leaves || !sees_own(c, i.cls))) return;
    if (!slot.introduced) {
      introduce(c, slot);
      return;
    }
    std::size_t const begin = append_patch_message(i, ops);
    append_stream(c, {i.no, i.at}, begin);
    return;
  }
  if (!is_heard(i)) {
    i.has_snapshot = false;
    return;
  }
  std::size_t const begin = append_patch_message(i, ops);
  std::size_t const size = batch_.bytes.size() - begin;
  batch_.journals.push_back(
      {journal_item::kind::append,
       i.journal(),
       i.at,
       {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(size)}});
  ++i.frames_since;
  i.bytes_since += size;
}

std::size_t engine::impl::append_patch_message(instance const& i, std::string_view ops) {
  std::size_t const begin = batch_.bytes.size();
  append_message(batch_.bytes, [&] {
    begin_patch(batch_.bytes, {i.no, i.at});
    batch_.bytes += ops;
    end_patch(batch_.bytes);
  });
  ++counts_.patches;
  return begin;
}

void engine::impl::append_stream(client& c, instance_revision carries, std::size_t begin) {
  ++c.stream_head;
  batch_.journals.push_back(
      {journal_item::kind::stream,
       c.stream,
       c.stream_head,
       {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(batch_.bytes.size() - begin)},
       carries,
       c.cursor_changes});
}

void engine::impl::introduce(client& c, own_slot& slot) {
  std::size_t const begin = batch_.bytes.size();
  append_snapshot_of(*slot.values);
  append_stream(c, {slot.values->no, slot.values->at}, begin);
  slot.introduced = true;
  slot.introduced_at = c.stream_head;
}

bool engine::impl::settle_links(turn& t) {
  client& c = *clients_.at(t.actor_);
  auto const links = std::exchange(c.uncommitted, {});
  bool changed = false;
  for (auto l = links.begin(); l != links.end(); ++l) {
    class_no const cls = l->cls;
    instance_no const before = l->before;
    bool const is_first =
        std::none_of(links.begin(), l, [&](auto const& e) { return e.cls == cls; });
    if (!is_first) continue;  // the first says where it was
    instance_no const after = links_.linked(c.no, cls);
    if (before == after) continue;
    changed = true;
    std::erase(c.left, before);
    if (after && c.absent_in == &departed_) set_absent(c, &absent_);  // to be named again
    auto const journal_seen = [&](instance_no linked) -> journal_no {
      if (linked) return {linked.value};
      instance const* own = c.own[cls.value - 1].values;
      return own && own->has_journal ? own->journal() : journal_no{};
    };
    journal_no const left = journal_seen(before);
    ++c.cursor_changes;
    batch_.outbox.emplace_back(
        entry_item{c.no, {}, {}, c.cursor_changes, left, journal_seen(after)});
    if (left) drop_unheard(*instances_.at({left.value}));
    if (after) {
      instance& to = *instances_.at(after);
      ensure_snapshot(to, c);
      follow(t, to);
    } else if (own_slot& slot = own_values(c, cls); slot.values->has_journal) {
      ensure_snapshot(*slot.values, c);
      follow(t, *slot.values);
    } else {
      ++slot.values->at;  // so that no two frames of the stream carry the same revision
      introduce(c, cls);
      follow(t, *slot.values);
    }
  }
  return changed;
}

void engine::impl::follow(turn& t, instance const& i) const {
  if (!t.actor_) return;
  client const& c = *clients_.at(t.actor_);
  instance_no const linked = links_.linked(t.actor_, i.cls);
  bool const sees = linked && !i.is_overlay ? linked == i.no : i.owner == t.actor_;
  if (!sees) return;
  followed const f{{i.no, i.at},
                   i.has_journal ? journal_position{i.journal(), i.at}
                                 : journal_position{c.stream, c.stream_head}};
  for (followed& known : t.follows_) {
    if (known.what.instance == i.no) {
      known = f;
      return;
    }
  }
  t.follows_.push_back(f);
}

batch& engine::impl::flush() {
  for (client* c : std::exchange(with_answers_, {})) flush_answers(*c);
  return batch_;
}

}  // namespace statelink
