#include "object_table.hpp"

#include <utility>

namespace statelink::python {

void object_table::put(entry e) noexcept {
  std::size_t at = home_of(e.object);
  while (entries_[at].object) at = (at + 1) & mask();
  entries_[at] = e;
}

void object_table::grow() {
  std::vector<entry> const old =
      std::exchange(entries_, std::vector<entry>(entries_.empty() ? 16 : entries_.size() * 2));
  shift_ = old.empty() ? 60 : shift_ - 1;
  for (entry const& e : old) {
    if (e.object) put(e);
  }
}

void object_table::add(PyObject* object, object_node* n) {
  if ((size_ + 1) * 2 > entries_.size()) grow();
  put({object, n});
  ++size_;
}

void object_table::remove(PyObject* object) noexcept {
  std::size_t hole = home_of(object);
  while (entries_[hole].object != object) hole = (hole + 1) & mask();
  // Whoever stands behind the hole and would be looked for across it moves into it.
  for (std::size_t at = (hole + 1) & mask(); entries_[at].object; at = (at + 1) & mask()) {
    std::size_t const wanted = home_of(entries_[at].object);
    if (((at - wanted) & mask()) < ((at - hole) & mask())) continue;
    entries_[hole] = entries_[at];
    hole = at;
  }
  entries_[hole] = {};
  --size_;
}

}  // namespace statelink::python
