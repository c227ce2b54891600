#include "values/op_log.hpp"

#include <utility>

#include "values/pointer.hpp"

namespace statelink {
namespace {

/// Key in `touched_` of what is frozen inside `container`: sorted among its members, and never a
/// path ('~' alone).
std::string frozen_key(std::string_view container) { return std::string(container) += "/~"; }

/// The innermost container that has both paths inside.
std::string_view common_container(std::string_view a, std::string_view b) {
  a = parent_of(a);
  while (!is_inside(b, a)) a = parent_of(a);
  return a;
}

}  // namespace

void op_log::add(edit done, value operand) {
  std::size_t const made_by = edits_.size();
  edits_.push_back(std::move(done));
  edit const& e = edits_.back();
  if (!travels(e.path)) return;
  if (e.kind == op_kind::move) {
    move(made_by);
  } else if (e.kind == op_kind::append) {
    append(made_by, std::move(operand));
  } else if (e.in_array && e.kind != op_kind::replace) {
    insert_or_remove(made_by, std::move(operand));
  } else {
    write(made_by, std::move(operand));
  }
}

/// A member was set or removed, or an element replaced.
void op_log::write(std::size_t made_by, value operand) {
  edit const& e = edits_[made_by];
  bool const present = e.kind != op_kind::remove;
  if (present && e.before && same(*e.before, operand)) return;

  bool const touched_inside = drop_inside(e.path);
  auto const found = touched_.find(e.path);
  if (found == touched_.end()) {
    node n;
    n.entries = {push({e.kind, e.path, {}, std::move(operand)}, made_by)};
    if (!touched_inside) n.before_in = made_by;
    touched_.emplace(e.path, std::move(n));
    return;
  }

  // Nothing logged since depends on what is here now, so the earlier operation can become this one
  // where it stands.
  node& n = found->second;
  op& what = entries_[n.entries.front()].what;
  if (what.kind == op_kind::append) n.before_in = made_by;  // the one edit that kept no `before`
  if (present ? was(n, operand) : !was_present(n)) {
    erase(found);
    return;
  }
  what.kind = !present ? op_kind::remove : was_present(n) ? op_kind::replace : op_kind::add;
  what.operand = std::move(operand);
}

void op_log::append(std::size_t made_by, value operand) {
  edit const& e = edits_[made_by];
  auto const& text = operand.get_ref<std::string const&>();
  if (text.empty()) return;
  auto const found = touched_.find(e.path);
  if (found == touched_.end()) {
    node n;
    n.before_in = made_by;
    n.before_bytes = e.before_bytes;
    n.entries = {push({op_kind::append, e.path, {}, std::move(operand)}, made_by)};
    touched_.emplace(e.path, std::move(n));
    return;
  }
  node const& n = found->second;
  op& what = entries_[n.entries.front()].what;
  what.operand.get_ref<std::string&>() += text;
  if (what.kind != op_kind::append && was(n, what.operand)) erase(found);
}

/// Other elements of the array have another index from now on.
void op_log::insert_or_remove(std::size_t made_by, value operand) {
  edit const& e = edits_[made_by];
  // What was written at or in an element that is gone need not be sent.
  bool const was_touched = e.kind == op_kind::remove && drop_at(e.path);
  node& n = freeze_inside(parent_of(e.path));
  if (!n.entries.empty() && cancels_last(e, operand, n.entries.back())) {
    entries_.pop_back();
    n.entries.pop_back();
    trim();
    return;
  }
  std::size_t const index = push({e.kind, e.path, {}, std::move(operand)}, made_by);
  entries_[index].final = was_touched;
  n.entries.push_back(index);
}

void op_log::move(std::size_t made_by) {
  edit const& e = edits_[made_by];
  node& n = freeze_inside(common_container(e.path, e.from));
  n.entries.push_back(push({op_kind::move, e.path, e.from}, made_by));
}

/// Whether `done` takes back the operation `last`, with nothing logged in between.
bool op_log::cancels_last(edit const& done, value const& operand, std::size_t last) const {
  if (last + 1 != entries_.size()) return false;
  entry const& previous = entries_[last];
  if (previous.final || previous.what.path != done.path) return false;
  if (done.kind == op_kind::remove) return previous.what.kind == op_kind::add;
  return previous.what.kind == op_kind::remove && same(*edits_[previous.made_by].before, operand);
}

/// Whether the path existed before the node's operation.
bool op_log::was_present(node const& n) const {
  return n.before_in == none || edits_[n.before_in].before.has_value();
}

/// Whether the value before the node's operation is known to be `now`.
bool op_log::was(node const& n, value const& now) const {
  if (n.before_in == none || !edits_[n.before_in].before) return false;
  value const& before = *edits_[n.before_in].before;
  if (n.before_bytes == none) return same(before, now);
  auto const* const text = now.get_ptr<std::string const*>();
  return text != nullptr && text->size() == n.before_bytes &&
         before.get_ref<std::string const&>().starts_with(*text);
}

std::size_t op_log::push(op what, std::size_t made_by) {
  entries_.push_back({std::move(what), made_by});
  return entries_.size() - 1;
}

/// Drops the node and its operations. Returns the next node.
op_log::node_map::iterator op_log::erase(node_map::iterator at) {
  for (std::size_t const index : at->second.entries) {
    entries_[index].live = false;
    entries_[index].what = {};
  }
  // No node names a dropped operation, so those at the end can go.
  auto const next = touched_.erase(at);
  trim();
  return next;
}

/// Drops all operations inside `path`. Returns whether there were any nodes.
bool op_log::drop_inside(std::string_view path) {
  std::string const prefix = std::string(path) += '/';
  bool any = false;
  for (auto i = touched_.lower_bound(prefix);
       i != touched_.end() && i->first.starts_with(prefix);) {
    i = erase(i);
    any = true;
  }
  return any;
}

bool op_log::drop_at(std::string_view path) {
  bool const inside = drop_inside(path);
  auto const found = touched_.find(path);
  if (found == touched_.end()) return inside;
  erase(found);
  return true;
}

op_log::node& op_log::freeze_inside(std::string_view container) {
  std::string const prefix = std::string(container) += '/';
  node& frozen = touched_[frozen_key(container)];
  for (auto i = touched_.lower_bound(prefix);
       i != touched_.end() && i->first.starts_with(prefix);) {
    if (&i->second == &frozen) {
      ++i;
      continue;
    }
    auto const& more = i->second.entries;
    frozen.entries.insert(frozen.entries.end(), more.begin(), more.end());
    i = touched_.erase(i);
  }
  return frozen;
}

void op_log::trim() {
  while (!entries_.empty() && !entries_.back().live) entries_.pop_back();
}

bool op_log::encode(std::string& out) const {
  std::size_t const size = out.size();
  for (auto const& e : entries_) {
    if (!e.live) continue;
    out += out.size() == size ? '[' : ',';
    statelink::encode(e.what, out);
  }
  if (out.size() == size) return false;
  out += ']';
  return true;
}

void op_log::undo(value& document) {
  for (auto e = edits_.rbegin(); e != edits_.rend(); ++e) take_back(document, std::move(*e));
  clear();
}

void op_log::clear() {
  edits_.clear();
  entries_.clear();
  touched_.clear();
}

}  // namespace statelink
