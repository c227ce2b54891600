// A node: a list, dict, set or object that is tracked. Who owns it, where it stands, what changed
// in it.
//
// Every node has at most one owner. The way up from a node to its store is followed at each write
// (two pointers a level), so that moving a whole tree costs nothing below its top. Links between
// nodes go through an `anchor`, which outlives its holder: code that goes behind our back
// (`list.pop(tracked)`) can make a path wrong, but no pointer.
#pragma once

#include <Python.h>

#include <cstdint>

#include "change_log.hpp"

namespace statelink::python {

struct store;
struct node;
struct object_node;
struct class_info;
class undo_log;

enum class node_kind : std::uint8_t { list, dict, set, object, store };

/// What nodes point to instead of their owner.
struct anchor {
  node* holder;  ///< null when the owner is gone
  std::uint32_t refs;
  object_node* objects;  ///< the objects owned here; each is kept alive by its node
};

struct node {
  PyObject* self;           ///< borrowed, but for objects: a node keeps its object
  anchor* owner;            ///< strong; null or without a holder: detached
  anchor* own;              ///< strong; what children point to, made when there is one
  change_log* changes;      ///< since the last commit; null: none
  undo_log* detached_into;  ///< where a detached node goes on noting
  PyObject* key;            ///< strong; key in a dict, attribute of an object
  Py_ssize_t index;         ///< last known index in a list; slot in a store
  std::uint64_t placed;  ///< the store's epoch in which it was put where it is: encoded whole then,
                         ///< tells no operations
  std::uint64_t born;    ///< the undo log's stretch in which it was made: needs no undo then
  std::uint32_t
      count;  ///< places that it has in its owner; above 1 only in a list, while items are swapped
  node_kind kind;
  bool hollow;  ///< others own what is inside: it cannot be put anywhere as it is, only a copy
};

struct object_node : node {
  object_node* previous;
  object_node* next;
  class_info* info;
  std::uint32_t holds;  ///< undo logs that need the node
  bool busy;            ///< its class's own __setattr__ is running
};

inline node* owner_of(node const& n) noexcept { return n.owner ? n.owner->holder : nullptr; }

/// Where a node stands.
struct place {
  store* root = nullptr;    ///< null: detached
  undo_log* log = nullptr;  ///< null: changes are nobody's business
  Py_ssize_t slot = 0;
  std::uint64_t epoch = 0;  ///< of root
};

place place_of(node& n) noexcept;
/// False inside a backend-only slot.
bool travels(place const& at) noexcept;
/// What every mutator does first: false, with an exception set, where the change is forbidden.
bool begin_write(node& n, place& at);

/// Whether `n` itself was put where it is since the last commit.
inline bool is_fresh(node const& n, place const& at) noexcept {
  return at.root && n.placed == at.epoch;
}
/// Whether changes of `n` are nobody's business: neither to be told nor to be undone.
bool is_unnoted(node const& n, place const& at) noexcept;
/// The slot that `at` is in counts as written.
void touch(place const& at) noexcept;
/// The change log of `n`, made and registered where there is none. REQUIRES: at.log.
change_log& changes_of(node& n, place const& at);

/// The node of a tracked value; null for all others.
node* node_of(PyObject* value) noexcept;

/// Puts `n` under `parent`; it must be detached or stand there already.
void attach(node& n, node& parent, place const& at, PyObject* key, Py_ssize_t index, bool fresh);
/// One place of `value` in `parent` is gone; the last one detaches it. Values that are not owned by
/// `parent` are left alone.
void release(node& parent, PyObject* value, place const& at) noexcept;
/// Makes `parent` the owner of `value`'s node whoever owns it now; used to restore. In a rollback
/// of `log`, an owner that is not restored itself is hollow then.
void take_back(node& parent, PyObject* value, PyObject* key, Py_ssize_t index,
               undo_log const* log = nullptr);
/// take_back for every item of `n`, each standing there once.
void take_back_all(node& n, undo_log const* log = nullptr);
/// The opposite of take_back for a value that is displaced by restoring, or does not go in after
/// all. With a `log` its node lives on until the log ends, so that it can be taken back elsewhere.
void let_go(node& parent, PyObject* value, undo_log* log = nullptr) noexcept;
/// Whether `n` is `below` or one of its owners.
bool is_at_or_above(node const& n, node const& below) noexcept;
/// Steps from the store (or the detached top) down to `n`.
int depth_of(node const& n) noexcept;

/// Keeps `n` for an undo log.
void hold(node& n) noexcept;
void drop(node& n) noexcept;

/// Keeps a node while code of the user's may run.
class held_node {
 public:
  explicit held_node(node& n) noexcept : n_(n) { hold(n_); }
  held_node(held_node const&) = delete;
  held_node& operator=(held_node const&) = delete;
  ~held_node() { drop(n_); }

 private:
  node& n_;
};

/// Ends the links of a node whose object dies. Children become detached.
void dispose(node& n) noexcept;
/// For tp_traverse: what `n` keeps alive beside its object's own references.
int visit_objects(node const& n, visitproc visit, void* arg);

// The table of tracked objects (dataclass and pydantic instances).
object_node* find_object(PyObject* object) noexcept;
object_node& add_object(PyObject* object, class_info& info);
/// Forgets the object. REQUIRES: detached, not held.
void remove_object(object_node& n) noexcept;

/// Depth to which values may be nested, in a store and in an encoding.
inline constexpr int max_depth = 256;

}  // namespace statelink::python
