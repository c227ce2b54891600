#include "op_emitter.hpp"

#include <algorithm>

#include "adopt.hpp"
#include "class_info.hpp"
#include "counters.hpp"
#include "object_attributes.hpp"
#include "tracked.hpp"
#include "undo_log.hpp"

namespace statelink::python {
namespace {

/// Looks from the last known place outward.
Py_ssize_t find_index(PyObject* list, node& child) {
  Py_ssize_t const size = PyList_GET_SIZE(list);
  auto const is_at = [&](Py_ssize_t i) {
    ++counted.slots_visited;
    return PyList_GET_ITEM(list, i) == child.self;
  };
  Py_ssize_t const hint = std::clamp<Py_ssize_t>(child.index, 0, size - 1);
  for (Py_ssize_t step = 0; step < size; ++step) {
    if (hint - step >= 0 && is_at(hint - step)) return child.index = hint - step;
    if (step && hint + step < size && is_at(hint + step)) return child.index = hint + step;
  }
  return -1;
}

/// The text of a key as a segment of a path that stands in JSON text.
bool add_segment(std::string& path, PyObject* key) {
  ref const text = ref::take(key_text(key));
  json_writer segment;
  if (!text) return false;
  if (!segment.put_segment(text.get())) {
    PyErr_SetString(encode_error, "cannot encode a lone surrogate in a key");
    return false;
  }
  path += '/';
  path += segment.view();
  return true;
}

/// Whether `value` tells the same as `before` would. -1 with an exception set.
int is_same(PyObject* before, PyObject* value) {
  if (same_scalar(before, value)) return 1;
  if (Py_TYPE(before) != Py_TYPE(value) || node_of(before) || node_of(value)) return 0;
  int const opaque = is_opaque(value);
  if (opaque != 0) return opaque < 0 ? -1 : 0;
  if (PyUnicode_CheckExact(value) || PyLong_CheckExact(value) || PyFloat_CheckExact(value))
    return 0;
  json_writer old_text, new_text;
  encoder old_encoder(old_text), new_encoder(new_text);
  if (old_encoder.write(before) != encoder::ok || new_encoder.write(value) != encoder::ok) {
    PyErr_Clear();  // it is told as a change, and then the error has its path
    return 0;
  }
  return old_text.view() == new_text.view();
}

/// Whether a value's own log tells how it differs from what stood in its place.
bool tells_itself(node* n, node const& parent, std::uint64_t epoch) {
  return n && owner_of(*n) == &parent && n->placed != epoch;
}

bool grew_at_end(PyObject* before, PyObject* value) {
  return PyUnicode_CheckExact(before) && PyUnicode_CheckExact(value) &&
         PyUnicode_GET_LENGTH(before) != 0 &&
         PyUnicode_GET_LENGTH(before) < PyUnicode_GET_LENGTH(value) &&
         PyUnicode_Tailmatch(value, before, 0, PyUnicode_GET_LENGTH(value), -1) == 1;
}

}  // namespace

void op_emitter::begin_op(char const* op, std::string const& path) {
  if (ops_++) out_.put(',');
  out_.put("{\"op\":\"");
  out_.put(op);
  out_.put("\",\"path\":\"");
  out_.put(path);
  out_.put('"');
}

bool op_emitter::write_value(std::string const& path, PyObject* value) {
  out_.put(",\"value\":");
  if (encode_.write(value) != encoder::ok) {
    encode_.raise(path);
    return false;
  }
  out_.put('}');
  return true;
}

bool op_emitter::emit_put(char const* op, std::string const& path, PyObject* value) {
  begin_op(op, path);
  return write_value(path, value);
}

bool op_emitter::emit_changed(std::string const& path, PyObject* before, PyObject* value) {
  if (append_allowed_ && grew_at_end(before, value)) {
    ref const tail = ref::take(
        PyUnicode_Substring(value, PyUnicode_GET_LENGTH(before), PyUnicode_GET_LENGTH(value)));
    return tail && emit_put("append", path, tail.get());
  }
  return emit_put("replace", path, value);
}

bool op_emitter::find_path(node& n) {
  std::vector<node*> way;
  node* top = &n;
  for (; node* up = owner_of(*top); top = up) {
    if (top->placed == store_.epoch) return false;
    way.push_back(top);
  }
  if (top != &store_.n) return false;
  path_.clear();
  for (auto step = way.rbegin(); step != way.rend(); ++step) {
    node& child = **step;
    node& parent = *owner_of(child);
    switch (parent.kind) {
      case node_kind::store:
        path_ += '/';
        path_ += store_.body->shape->slots[static_cast<std::size_t>(child.index)].segment;
        break;
      case node_kind::list: {
        Py_ssize_t const index = find_index(parent.self, child);
        if (index < 0) return false;  // taken out behind our back
        path_ += '/' + std::to_string(index);
        break;
      }
      case node_kind::object:
        if (!attribute_travels(parent.self, *static_cast<object_node&>(parent).info, child.key))
          return false;
        [[fallthrough]];
      default:
        if (!add_segment(path_, child.key)) return false;
    }
  }
  return true;
}

std::vector<op_emitter::touched_node> op_emitter::collect() {
  std::vector<touched_node> found;
  auto const& slots = store_.body->slots;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].noted && store_.body->shape->slots[i].travels) found.push_back({i, -1, nullptr});
  }
  for (node* n : log_of(store_).touched()) {
    int depth = 0;
    node* top = n;
    Py_ssize_t slot = 0;
    bool is_fresh = false;
    for (; node* up = owner_of(*top); top = up) {
      is_fresh = is_fresh || top->placed == store_.epoch;
      slot = top->index;
      ++depth;
    }
    auto const index = static_cast<std::size_t>(slot);
    if (top == &store_.n && !is_fresh && store_.body->shape->slots[index].travels)
      found.push_back({index, depth, n});
  }
  std::stable_sort(found.begin(), found.end(), [](touched_node const& a, touched_node const& b) {
    return a.slot != b.slot ? a.slot < b.slot : a.depth < b.depth;
  });
  return found;
}

long op_emitter::emit() {
  if (log_of(store_).separate_repeated() < 0) return -1;
  out_.put('[');
  std::size_t const open = out_.size();
  auto const touched = collect();
  for (std::size_t i = 0; i < touched.size();) {
    std::size_t const slot = touched[i].slot;
    std::size_t const start = out_.size();
    long const ops_before = ops_;
    for (; i < touched.size() && touched[i].slot == slot; ++i) {
      if (!(touched[i].n ? emit_node(*touched[i].n) : emit_slot(slot))) return -1;
    }
    PyObject* const value = store_.body->slots[slot].value;
    bool preferred;
    if (ops_ - ops_before > 1 && value && node_of(value) &&
        !prefer_whole(start, ops_before, "/" + store_.body->shape->slots[slot].segment, value,
                      preferred)) {
      return -1;
    }
  }
  out_.put(']');
  counted.bytes_encoded += out_.size() - open;
  counted.ops_emitted += static_cast<std::uint64_t>(ops_);
  return ops_;
}

bool op_emitter::prefer_whole(std::size_t start, long ops_before, std::string const& path,
                              PyObject* value, bool& preferred) {
  preferred = false;
  std::size_t const size = out_.size() - start;
  // The least that a value of this many items can take.
  Py_ssize_t const items = PyObject_Size(value);
  if (items < 0) PyErr_Clear();
  if (items > 0 && static_cast<std::size_t>(items) * 2 > size) return true;
  std::size_t const mark = out_.size();
  long const ops = ops_;
  ops_ = ops_before;
  begin_op("replace", path);
  out_.put(",\"value\":");
  encode_.set_limit(mark + size);
  encoder::result const done = encode_.write(value);
  encode_.set_limit(static_cast<std::size_t>(-1));
  out_.put('}');
  counted.bytes_encoded += out_.size() - mark;
  if (done == encoder::ok && out_.size() - mark < size) {
    std::string const whole(out_.view_from(mark));
    out_.truncate(start);
    out_.put(whole);
    preferred = true;
    return true;
  }
  if (done == encoder::failed)
    encode_.raise(path), PyErr_Clear();  // the operations say it too, or need not
  out_.truncate(mark);
  ops_ = ops;
  return true;
}

bool op_emitter::emit_slot(std::size_t slot) {
  layout_slot const& shape = store_.body->shape->slots[slot];
  store_slot const& s = store_.body->slots[slot];
  if (shape.computed) return emit_computed(slot);
  if (tells_itself(node_of(s.value), store_.n, store_.epoch)) return true;
  int const same = is_same(s.before, s.value);
  if (same != 0) return same > 0;
  return emit_changed("/" + shape.segment, s.before, s.value);
}

bool op_emitter::emit_computed(std::size_t slot) {
  store_slot const& s = store_.body->slots[slot];
  std::string const path = "/" + store_.body->shape->slots[slot].segment;
  if (s.before && s.text->now == s.text->committed && Py_TYPE(s.before) == Py_TYPE(s.value))
    return true;
  if (s.before && append_allowed_ && grew_at_end(s.before, s.value))
    return emit_changed(path, s.before, s.value);
  begin_op(s.before ? "replace" : "add", path);
  out_.put(",\"value\":");
  out_.put(s.text->now);
  out_.put('}');
  return true;
}

bool op_emitter::emit_node(node& n) {
  if (!n.changes || !find_path(n)) return !PyErr_Occurred();
  if (n.changes->whole) return emit_whole(n);
  std::size_t const start = out_.size();
  long const ops_before = ops_;
  bool const is_sequence = n.kind == node_kind::list || n.kind == node_kind::set;
  if (!(is_sequence ? emit_edits(n) : emit_keys(n))) return false;
  if (ops_ - ops_before <= 1) return true;
  bool preferred;
  if (!prefer_whole(start, ops_before, path_, n.self, preferred)) return false;
  if (preferred) n.placed = store_.epoch;  // what is inside is told with it
  return true;
}

bool op_emitter::emit_whole(node& n) {
  if (!emit_put("replace", path_, n.self)) return false;
  n.placed = store_.epoch;
  return true;
}

bool op_emitter::emit_edits(node& n) {
  for (list_change const& edit : n.changes->edits) {
    std::string const path = path_ + '/' + std::to_string(edit.index);
    if (edit.what == list_change::remove) {
      begin_op("remove", path);
      out_.put('}');
      continue;
    }
    node* const put = node_of(edit.value);
    bool const is_insert = edit.what == list_change::insert;
    if (!is_insert && tells_itself(put, n, store_.epoch)) continue;
    // A node that is not here any more: a later edit puts something else in its place.
    PyObject* const value = put && owner_of(*put) != &n ? Py_None : edit.value;
    if (!(is_insert ? emit_put("add", path, value) : emit_changed(path, edit.before, value)))
      return false;
  }
  return true;
}

bool op_emitter::emit_keys(node& n) {
  PyObject *key, *before;
  for (Py_ssize_t i = 0; n.changes->keys && PyDict_Next(n.changes->keys, &i, &key, &before);) {
    ref now;
    if (n.kind == node_kind::dict) {
      now = ref::share(PyDict_GetItemWithError(n.self, key));
    } else {
      class_info const& info = *static_cast<object_node&>(n).info;
      now = ref::take(get_raw(n.self, info, key));
      // What is deleted from an instance may be a field, whose class may have a default, or an
      // extra.
      bool const travels = now ? attribute_travels(n.self, info, key)
                               : PySet_Contains(info.field_names.get(), key) == 1 ||
                                     (info.is_pydantic && PyUnicode_READ_CHAR(key, 0) != '_');
      if (!travels) continue;
      if (!now && !PyErr_Occurred()) {
        now = ref::take(PyObject_GetAttr(n.self, key));
        if (!now) PyErr_Clear();
      }
    }
    if (PyErr_Occurred() || !emit_key(n, key, before, now.get())) return false;
  }
  return true;
}

bool op_emitter::emit_key(node& n, PyObject* key, PyObject* before, PyObject* now) {
  if (before == missing && !now) return true;
  if (now && before != missing) {
    if (tells_itself(node_of(now), n, store_.epoch)) return true;
    int const same = is_same(before, now);
    if (same != 0) return same > 0;
  }
  std::string path = path_;
  if (!add_segment(path, key)) {
    encode_.raise(path_);
    return false;
  }
  if (!now) {
    begin_op("remove", path);
    out_.put('}');
    return true;
  }
  return before == missing ? emit_put("add", path, now) : emit_changed(path, before, now);
}

}  // namespace statelink::python
