// The table of tracked objects: which dataclass and pydantic instances have a node.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace statelink::python {

struct object_node;

/// Object to node, by address: asked at each write to an attribute of every class that is wrapped.
/// Loop thread, with the GIL.
class object_table {
 public:
  /// Null where there is none.
  object_node* find(PyObject* object) const noexcept {
    if (entries_.empty()) return nullptr;
    for (std::size_t at = home_of(object);; at = (at + 1) & mask()) {
      entry const& e = entries_[at];
      if (e.object == object) return e.n;
      if (!e.object) return nullptr;
    }
  }
  /// REQUIRES: the object is not there.
  void add(PyObject* object, object_node* n);
  /// REQUIRES: it is there.
  void remove(PyObject* object) noexcept;

 private:
  struct entry {
    PyObject* object = nullptr;
    object_node* n = nullptr;
  };

  std::size_t mask() const noexcept { return entries_.size() - 1; }
  std::size_t home_of(PyObject* object) const noexcept {
    auto const address = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(object));
    return static_cast<std::size_t>((address >> 4) * 0x9e3779b97f4a7c15 >> shift_);
  }
  void put(entry e) noexcept;
  void grow();

  std::vector<entry> entries_;  // a power of two of them, at most half of them used
  std::size_t size_ = 0;
  unsigned shift_ = 64;
};

}  // namespace statelink::python
