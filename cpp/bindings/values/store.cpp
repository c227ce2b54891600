#include "store.hpp"

#include <algorithm>
#include <cassert>
#include <new>

#include "adopt.hpp"
#include "class_info.hpp"
#include "counters.hpp"
#include "encoder.hpp"
#include "op_emitter.hpp"
#include "reassign.hpp"
#include "store_object.hpp"

namespace statelink::python {

may_write_function may_write = nullptr;

namespace {

PyTypeObject* store_type = nullptr;

store_slot& slot_of(store& s, std::size_t slot) { return s.body->slots[slot]; }

place place_in(store& s, std::size_t slot) {
  place at;
  at.root = &s;
  at.log = &log_of(s);
  at.slot = static_cast<Py_ssize_t>(slot);
  at.epoch = s.epoch;
  return at;
}

/// Keeps what the slot had at the last commit.
void note(store& s, place const& at, PyObject* before) {
  store_slot& slot = slot_of(s, static_cast<std::size_t>(at.slot));
  if (slot.noted) return;
  slot.noted = true;
  slot.before = Py_XNewRef(before);
  at.log->add_store(&s);
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  store& s = *reinterpret_cast<store*>(self);
  if (!s.body) return 0;
  for (store_slot const& slot : s.body->slots) {
    Py_VISIT(slot.value);
    Py_VISIT(slot.before);
  }
  return visit_objects(s.n, visit, arg);
}

int clear(PyObject* self) {
  store& s = *reinterpret_cast<store*>(self);
  if (!s.body) return 0;
  for (store_slot& slot : s.body->slots) {
    Py_CLEAR(slot.value);
    Py_CLEAR(slot.before);
  }
  return 0;
}

void dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  store& s = *reinterpret_cast<store*>(self);
  if (s.body) {
    s.body->own_log.reset();
    dispose(s.n);
    clear(self);
    delete std::exchange(s.body, nullptr);
  }
  type->tp_free(self);
  Py_DECREF(type);
}

PyType_Slot slots[] = {{Py_tp_doc, const_cast<char*>("The values of one instance.")},
                       {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
                       {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
                       {Py_tp_clear, reinterpret_cast<void*>(clear)},
                       {}};

PyType_Spec spec = {"statelink.Store", sizeof(store), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                    slots};

bool write_slots(json_writer& out, layout const& shape, store const* s) {
  encoder encode(out);
  out.put('{');
  bool first = true;
  for (std::size_t i = 0; i < shape.slots.size(); ++i) {
    layout_slot const& slot = shape.slots[i];
    PyObject* const value = s ? value_of_slot(*s, i) : slot.pattern.get();
    if (!slot.travels || !value) continue;
    if (!first) out.put(',');
    first = false;
    out.put_string(PyUnicode_AsUTF8(slot.name.get()));
    out.put(':');
    if (slot.computed) {
      assert(s);  // without a store it has no value
      out.put(s->body->slots[i].text->now);
    } else if (encode.write(value) != encoder::ok) {
      encode.raise("/" + slot.segment);
      return false;
    }
  }
  out.put('}');
  counted.bytes_encoded += out.size();
  return true;
}

}  // namespace

std::uint64_t next_epoch() noexcept {
  static std::uint64_t last = 0;
  return ++last;
}

undo_log& log_of(store& s) {
  if (s.log) return *s.log;
  if (!s.body->own_log) s.body->own_log = std::make_unique<undo_log>(&s);
  return *s.body->own_log;
}

PyObject* value_of_slot(store const& s, std::size_t slot) noexcept {
  PyObject* const value = s.body->slots[slot].value;
  return value ? value : s.body->shape->slots[slot].pattern.get();
}

void close_stretch(store& s) noexcept {
  s.epoch = next_epoch();
  s.committed_clock = s.clock;
  if (is_debugging) renew_shadow(s);
}

void mark_undone(store& s) noexcept {
  for (store_slot& slot : s.body->slots) {
    if (slot.version > s.committed_clock) slot.version = ++s.clock;
  }
}

void restore_slots(store& s) {
  undo_log& log = log_of(s);
  for (std::size_t i = 0; i < s.body->slots.size(); ++i) {
    store_slot& slot = s.body->slots[i];
    if (!slot.noted) continue;
    if (slot.text) slot.text->now = slot.text->committed;
    PyObject* const gone = slot.value;
    slot.value = Py_XNewRef(slot.before);
    if (slot.value && !s.body->shape->slots[i].computed)
      take_back(s.n, slot.value, nullptr, static_cast<Py_ssize_t>(i), &log);
    if (gone) let_go(s.n, gone, &log);
    Py_XDECREF(gone);
  }
}

void forget_slots(store& s) noexcept {
  for (store_slot& slot : s.body->slots) {
    if (!slot.noted) continue;
    slot.noted = false;
    if (slot.text) slot.text->committed = slot.text->now;
    Py_CLEAR(slot.before);
  }
}

int init_store_type(PyObject*) {
  store_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return store_type ? 0 : -1;
}

std::shared_ptr<layout const> layout_new(std::vector<slot_spec> specs) {
  auto made = std::make_shared<layout>();
  for (slot_spec& from : specs) {
    layout_slot slot;
    slot.name = ref::take(
        PyUnicode_FromStringAndSize(from.name.data(), static_cast<Py_ssize_t>(from.name.size())));
    if (!slot.name) return nullptr;
    json_writer segment;
    segment.put_segment(from.name);
    slot.segment = segment.view();
    slot.travels = from.travels;
    slot.computed = from.computed;
    if (!from.computed) {
      slot.pattern =
          ref::take(detached_copy(from.default_value ? from.default_value.get() : Py_None));
      if (!slot.pattern) return nullptr;
    }
    made->slots.push_back(std::move(slot));
  }
  return made;
}

std::size_t layout_size(layout const& of) noexcept { return of.slots.size(); }

int layout_encode_defaults(layout const& of, std::string& out) {
  if (of.defaults.empty()) {
    json_writer text;
    if (!write_slots(text, of, nullptr)) return -1;
    of.defaults = text.view();
  }
  out += of.defaults;
  return 0;
}

store* store_new(std::shared_ptr<layout const> of) {
  auto* const s = reinterpret_cast<store*>(store_type->tp_alloc(store_type, 0));
  if (!s) return nullptr;
  s->n.self = as_object(s);
  s->n.kind = node_kind::store;
  s->epoch = next_epoch();
  s->body = new store_body;
  s->body->slots.resize(of->slots.size());
  s->body->shape = std::move(of);
  return s;
}

store* as_store(PyObject* object) noexcept {
  return Py_TYPE(object) == store_type ? reinterpret_cast<store*>(object) : nullptr;
}

void* store_context(store const* s) noexcept { return s->context; }
void store_set_context(store* s, void* context) noexcept { s->context = context; }

PyObject* store_get(store* s, std::size_t slot) {
  store_slot& here = slot_of(*s, slot);
  if (here.value) return here.value;
  layout_slot const& shape = s->body->shape->slots[slot];
  if (shape.computed) return nullptr;
  // A copy of the default is no change: clients have the default. It counts as committed, so that
  // what a turn writes to it after detaching it can be undone.
  ref const copy = ref::take(detached_copy(shape.pattern.get()));
  if (!copy) return nullptr;
  place at = place_in(*s, slot);
  at.log = nullptr;
  here.value = adopt(s->n, copy.get(), at, nullptr, at.slot, false);
  return here.value;
}

int store_set(store* s, std::size_t slot, PyObject* value) {
  if (may_write && !may_write(s)) return -1;
  if (!store_get(s, slot)) return -1;
  ref const old = ref::share(slot_of(*s, slot).value);
  if (same_scalar(old.get(), value)) return 0;
  if (old.get() == value) {
    int const opaque = is_opaque(value);
    if (opaque <= 0) return opaque;
  }
  place const at = place_in(*s, slot);
  PyObject* const item = succeed(s->n, old.get(), value, at, nullptr, at.slot);
  if (!item) return -1;
  node const* n = node_of(item);
  store_slot& here = slot_of(*s, slot);
  if (here.value != old.get()) {
    PyErr_SetString(PyExc_RuntimeError, "a var changed while a value was copied into it");
    let_go(s->n, item);
    Py_DECREF(item);
    return -1;
  }
  // A value that takes over from the old one has said itself what differs, if anything does.
  if (!n || is_fresh(*n, at)) touch(at);
  note(*s, at, old.get());
  here.value = item;
  Py_DECREF(old.get());
  release(s->n, old.get(), at);
  return 0;
}

int store_reset(store* s, std::size_t slot) {
  // Plain: what differs is told, as of any value that takes over from the old one.
  ref const copy = ref::take(deep_copy(s->body->shape->slots[slot].pattern.get()));
  return copy ? store_set(s, slot, copy.get()) : -1;
}

int store_set_computed(store* s, std::size_t slot, PyObject* value) {
  store_slot& here = slot_of(*s, slot);
  layout_slot const& shape = s->body->shape->slots[slot];
  json_writer text;
  encoder encode(text);
  bool encoded = true;
  if (encode.write(value) != encoder::ok) {
    encode.raise("/" + shape.segment);
    if (shape.travels) return -1;
    PyErr_Clear();
    encoded = false;
  }
  counted.bytes_encoded += text.size();
  if (!here.text) here.text = std::make_unique<computed_text>();
  if (here.value && encoded && Py_TYPE(here.value) == Py_TYPE(value) &&
      text.view() == here.text->now)
    return 0;
  place const at = place_in(*s, slot);
  note(*s, at, here.value);
  PyObject* const old = std::exchange(here.value, Py_NewRef(value));
  here.text->now = encoded ? text.view() : std::string_view();
  touch(at);
  Py_XDECREF(old);
  return 1;
}

bool store_is_changed(store const* s) noexcept {
  return is_debugging || s->clock != s->committed_clock;
}

void store_changed_slots(store const* s, std::vector<std::size_t>& out) {
  if (s->clock == s->committed_clock) return;
  for (std::size_t i = 0; i < s->body->slots.size(); ++i) {
    if (s->body->slots[i].version > s->committed_clock) out.push_back(i);
  }
}

std::uint64_t store_slot_version(store const* s, std::size_t slot) noexcept {
  return s->body->slots[slot].version;
}

int store_commit_ops(store* s, std::string& out, bool append_allowed) {
  if (s->clock == s->committed_clock) return is_debugging ? check_shadow(*s, {}) : 0;
  json_writer text;
  op_emitter emitter(*s, text, append_allowed);
  long const ops = emitter.emit();
  if (ops < 0) return -1;
  if (is_debugging && check_shadow(*s, text.view()) < 0) return -1;
  if (ops == 0) return 0;
  out += text.view();
  return 1;
}

int store_encode_snapshot(store* s, std::string& out) {
  if (s->clock == 0) {
    bool const is_untouched =
        std::none_of(s->body->slots.begin(), s->body->slots.end(),
                     [](store_slot const& slot) { return slot.value != nullptr; });
    if (is_untouched) return layout_encode_defaults(*s->body->shape, out);
  }
  json_writer text;
  if (!write_slots(text, *s->body->shape, s)) return -1;
  out += text.view();
  return 0;
}

PyObject* to_plain(PyObject* value) { return deep_copy(value); }

}  // namespace statelink::python
