// Noting what was done to a tracked list. The list has its new items when these are called.
#pragma once

#include <Python.h>

#include <vector>

#include "tracked.hpp"

namespace statelink::python {

/// Items of a list before a change, with references of their own.
class list_image {
 public:
  explicit list_image(PyObject* list);
  list_image(list_image const&) = delete;
  list_image& operator=(list_image const&) = delete;
  ~list_image();

  std::vector<PyObject*> const& items() const noexcept { return items_; }

 private:
  std::vector<PyObject*> items_;
};

/// One edit; takes both references.
void note_edit(tracked_list& l, place const& at, list_change::kind what, Py_ssize_t index,
               PyObject* value, PyObject* before);
/// Items were put at the end, from `first` on.
void note_appended(tracked_list& l, place const& at, Py_ssize_t first);
/// Several edits at once; takes their references. `before`: the items before them.
void note_edits(tracked_list& l, place const& at, std::vector<list_change> const& edits,
                std::vector<PyObject*> const& before);
/// The items were put in another order, or some taken out: finds out how they differ from `before`.
/// No item is new.
void note_rearranged(tracked_list& l, place const& at, std::vector<PyObject*> const& before);

}  // namespace statelink::python
