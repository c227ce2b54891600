// START HERE: the values of one instance, as ordinary Python objects that note their own changes.
//
// A `store` holds one value for each var of a state class. Lists, dicts and sets put into it become
// native subclasses of the built-in ones; dataclass and pydantic instances keep their class. Each
// notes its changes; `store_commit_ops` tells them as RFC 6902 operations, `undo_log::rollback`
// takes them back.
//
// All functions: loop thread, with the GIL. Where one says "sets an exception" it is a Python one.
//
// A turn:
//   undo_log log;
//   log.enter(store);                    // when the turn takes the lock; likewise for every other
//   store it takes
//   ... store_set, mutations by the handler, store_set_computed ...
//   for each store with store_is_changed: store_commit_ops(store, out, append)   // nothing is
//   forgotten yet log.discard();                       // commit: the present values are the
//   committed ones (again after each `yield`) log.rollback();                      // or:
//   everything since the last discard is undone, also after store_commit_ops log.leave(store); //
//   when the lock is given back
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ref.hpp"
#include "undo_log.hpp"

namespace statelink::python {

/// What a layout is made of: one var.
struct slot_spec {
  std::string name;       ///< UTF-8; the first segment of the paths of its operations
  bool travels = true;    ///< false: backend-only; tracked and undone, but never reaches an encoder
  bool computed = false;  ///< set by store_set_computed alone; has no default
  ref default_value;  ///< the class's default; each store gets a deep copy when the slot is first
                      ///< used
};

/// The vars of one state class: immutable, shared by all its stores.
class layout;

/// Null with an exception set where a default cannot be copied (a cycle, keys that collide).
std::shared_ptr<layout const> layout_new(std::vector<slot_spec> specs);

std::size_t layout_size(layout const& of) noexcept;
/// Appends what store_encode_snapshot says of a store that nobody has written: the defaults.
/// Encoded once.
int layout_encode_defaults(layout const& of, std::string& out);

/// A Python object (garbage collected, not instantiable from Python).
struct store;

/// A new reference, or null with an exception set. Costs no copy of any default.
store* store_new(std::shared_ptr<layout const> of);

inline PyObject* as_object(store* s) noexcept { return reinterpret_cast<PyObject*>(s); }
/// Null where `object` is no store. Borrowed.
store* as_store(PyObject* object) noexcept;

/// A pointer that the caller keeps with the store, for `may_write`; initially null. Not owned.
void* store_context(store const* s) noexcept;
void store_set_context(store* s, void* context) noexcept;

/// Called by every mutator of every tracked value of a store, and by store_set, before anything
/// changes. False, with an exception set, forbids the change. Null (the default) allows all.
using may_write_function = bool (*)(store*);
extern may_write_function may_write;

/// The value, borrowed. Null with an exception set if the default cannot be copied; null without
/// one for a computed slot that has not been set.
PyObject* store_get(store* s, std::size_t slot);

/// Puts a value: plain containers go in as tracked copies, a value that is owned elsewhere as a
/// copy, a detached one as it is. 0, or -1 with an exception set and nothing changed.
int store_set(store* s, std::size_t slot, PyObject* value);

/// store_set with the class's default.
int store_reset(store* s, std::size_t slot);

/// Keeps the value of a computed var. 1: it differs from the last one, 0: it is the same (same type
/// and equal encoding; the last one is kept), -1: it cannot be encoded (exception set, nothing
/// changed). Does not ask may_write. A slot that does not travel and cannot be encoded always
/// differs.
int store_set_computed(store* s, std::size_t slot, PyObject* value);

/// Whether anything was written since the last commit.
bool store_is_changed(store const* s) noexcept;
/// Appends the slots (also backend-only and computed ones) that were written, or something inside
/// them, since the last commit.
void store_changed_slots(store const* s, std::vector<std::size_t>& out);
/// Grows, never to a number it had before, whenever a slot or something inside it is written or
/// undone. 0: never written. A computed value is up to date while the versions of the slots it read
/// are those that it saw.
std::uint64_t store_slot_version(store const* s, std::size_t slot) noexcept;

/// Appends the operations since the last commit to `out` as a JSON array. 1; 0 where nothing that
/// travels has changed (nothing appended); -1 with an EncodeError set that has path and type
/// (nothing appended). With `append_allowed` a string that grew at its end is told by the `append`
/// operation. Forgets nothing: follow it with undo_log::discard or rollback.
int store_commit_ops(store* s, std::string& out, bool append_allowed);

/// Appends all values that travel (also computed ones that were set) as one JSON object. 0, or -1
/// with an exception set and nothing appended. Between commits: values clean, so that later
/// operations lead on from it.
int store_encode_snapshot(store* s, std::string& out);

/// A plain deep copy of a value: built-in containers, copies of objects. New reference, or null
/// with an exception set.
PyObject* to_plain(PyObject* value);

/// Adds the types, errors and functions of this room to the extension module: EncodeError,
/// UnseenChangeError, TrackedList, TrackedDict, TrackedSet, encode, register_serializer, set_debug,
/// counters. 0, or -1 with an exception set. Once per process.
int register_values(PyObject* module);

}  // namespace statelink::python
