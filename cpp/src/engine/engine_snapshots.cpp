// Snapshots: made when somebody joins or lags and the frames since the last one outweigh it.
#include <algorithm>

#include "engine/engine_impl.hpp"
#include "engine/frames.hpp"

namespace statelink {

namespace {
/// Below this a snapshot is as cheap as looking for a reason not to make it.
constexpr std::size_t small_snapshot = 1024;
}  // namespace

void engine::impl::append_snapshot_of(instance& i) {
  append_message(batch_.bytes, [&] {
    begin_snapshot(batch_.bytes, definition(i.cls).name, {i.no, i.at}, i.is_overlay);
    i.values->encode_snapshot(batch_.bytes);
    end_snapshot(batch_.bytes);
  });
  ++counts_.snapshots;
}

void engine::impl::ensure_snapshot(instance& i, client const& reader) {
  bool const good = i.has_snapshot && reader.understands_append &&
                    i.frames_since < limits_.ring_frames / 2 &&
                    i.bytes_since <= std::max(i.snapshot_size, small_snapshot);
  if (good) return;
  if (i.in_turn)
    i.snapshot_wanted = true;  // when its turn commits or is rolled back, this one perhaps
  else
    put_snapshot(i);
}

void engine::impl::put_snapshot(instance& i) {
  std::size_t const begin = batch_.bytes.size();
  append_snapshot_of(i);
  i.snapshot_size = batch_.bytes.size() - begin;
  i.has_snapshot = true;
  i.frames_since = 0;
  i.bytes_since = 0;
  i.snapshot_wanted = false;
  batch_.journals.push_back(
      {journal_item::kind::snapshot,
       i.journal(),
       i.at,
       {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(i.snapshot_size)}});
}

void engine::impl::put_stream_snapshot(client& c) {
  auto const seen_in_stream = [&](own_slot const& slot, class_no cls) {
    return sees_own(c, cls) && !(slot.values && slot.values->has_journal);
  };
  auto const is_held = [](own_slot const& slot) { return slot.values && slot.values->in_turn; };
  c.stream_snapshot_wanted = std::any_of(c.overlays.begin(), c.overlays.end(), is_held);
  for (std::size_t n = 0; n < c.own.size(); ++n) {
    if (is_held(c.own[n]) && seen_in_stream(c.own[n], {n + 1})) c.stream_snapshot_wanted = true;
  }
  if (c.stream_snapshot_wanted) return;
  std::size_t const begin = batch_.bytes.size();
  for (std::size_t n = 0; n < c.own.size(); ++n) {
    own_slot const& slot = c.own[n];
    if (!seen_in_stream(slot, {n + 1})) continue;
    if (slot.introduced)
      append_snapshot_of(*slot.values);
    else
      batch_.bytes += classes_[n].default_frame;
  }
  for (own_slot const& slot : c.overlays) {
    if (slot.introduced) append_snapshot_of(*slot.values);
  }
  batch_.journals.push_back(
      {journal_item::kind::snapshot,
       c.stream,
       c.stream_head,
       {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(batch_.bytes.size() - begin)},
       {},
       c.cursor_changes});
}

void engine::impl::renew_snapshot(journal_no journal) {
  if (auto const stream = streams_.find(journal); stream != streams_.end()) {
    put_stream_snapshot(*stream->second);
    return;
  }
  auto const found = instances_.find({journal.value});
  if (found == instances_.end()) {
    batch_.journals.push_back({journal_item::kind::gone, journal, 0, {}});
    return;
  }
  instance& i = *found->second;
  if (i.in_turn) {
    i.snapshot_wanted = true;
    return;
  }
  put_snapshot(i);
  drop_unheard(i);  // for a client that has left it and not yet heard so
}

void engine::impl::snapshots_after_turn(turn& t) {
  for (instance* i : t.entered_) {
    if (i->snapshot_wanted) put_snapshot(*i);
  }
  for (instance* i : t.entered_) {
    if (!i->owner) continue;
    auto const c = clients_.find(i->owner);
    if (c == clients_.end() || !c->second->stream_snapshot_wanted) continue;
    // Values are clean now; only other turns' instances may still keep it waiting.
    for (instance* mine : t.entered_) mine->in_turn = false;
    put_stream_snapshot(*c->second);
    for (instance* mine : t.entered_) mine->in_turn = true;
  }
}

}  // namespace statelink
