// The inside of a store, for the files of this room.
#pragma once

#include <Python.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "node.hpp"
#include "ref.hpp"
#include "store.hpp"

namespace statelink::python {

struct layout_slot {
  ref name;             // str
  std::string segment;  // the name as it stands in a path, without quotes
  bool travels;
  bool computed;
  ref pattern;  // the default, as a tracked value that nobody owns; null where computed
};

class layout {
 public:
  std::vector<layout_slot> slots;
  mutable std::string defaults;  // encoded once
};

/// The encodings of a computed value.
struct computed_text {
  std::string now;
  std::string committed;
};

struct store_slot {
  PyObject* value = nullptr;   // strong; null: not materialised, or computed and not set
  PyObject* before = nullptr;  // strong; value at the last commit, where `noted`
  bool noted = false;
  std::uint64_t version = 0;
  std::unique_ptr<computed_text> text;
};

/// What debug mode remembers of a store: the encoding of each slot at the last commit; no value
/// where it has none.
struct shadow {
  std::vector<std::unique_ptr<std::string>> slots;
};

/// Everything of a store that has a constructor.
struct store_body {
  std::shared_ptr<layout const> shape;
  std::vector<store_slot> slots;
  std::unique_ptr<undo_log> own_log;  // used while no other was entered
  std::unique_ptr<shadow> seen;
};

struct store {
  PyObject_HEAD node n;
  store_body* body;
  undo_log* log;  // entered, or null
  std::uint64_t epoch;
  std::uint64_t clock;            // counts writes
  std::uint64_t committed_clock;  // clock at the last commit
  void* context;
};

inline store& store_of(node& n) noexcept { return *reinterpret_cast<store*>(n.self); }

/// The log in which changes of `s` are noted.
undo_log& log_of(store& s);
/// A number that no store has had as epoch and no undo log as stretch.
std::uint64_t next_epoch() noexcept;
/// What a commit or rollback does to a store after its values are right: nothing in it is fresh,
/// nothing changed.
void close_stretch(store& s) noexcept;
/// Gives what was written new versions: whoever computed from the values that go away must see
/// others.
void mark_undone(store& s) noexcept;
/// Puts the noted slots back.
void restore_slots(store& s);
/// Forgets what the slots had at the last commit.
void forget_slots(store& s) noexcept;

/// The value that a slot has for an encoder (borrowed): the default's pattern where it is not
/// materialised, null where a computed one is not set.
PyObject* value_of_slot(store const& s, std::size_t slot) noexcept;

// Debug mode: each commit compares with an encoding of the one before.
extern bool is_debugging;
extern PyObject* unseen_change_error;
/// Remembers the values as they are, where debug mode is on and nothing is remembered yet.
void prepare_shadow(store& s);
void renew_shadow(store& s);
/// -1 with an UnseenChangeError set where the values are not what the last commit and `ops` (a JSON
/// array, or empty) lead to.
int check_shadow(store& s, std::string_view ops);
int init_shadow(PyObject* module);

int init_store_type(PyObject* module);

}  // namespace statelink::python
