#include "sameness.hpp"

#include <algorithm>

#include "adopt.hpp"
#include "encoder.hpp"
#include "object_attributes.hpp"
#include "undo_log.hpp"

namespace statelink::python {
namespace {

/// Up to how many changed nodes an object is asked whether one of them is inside it.
constexpr std::size_t most_touched = 32;

int open_objects = 0;

sameness weaker(sameness a, sameness b) { return std::max(a, b); }  // keep < renew

sameness compare_lists(PyObject* old, PyObject* value, place const& at) {
  Py_ssize_t const size = PyList_GET_SIZE(old);
  if (size != PyList_GET_SIZE(value)) return sameness::differs;
  sameness all = sameness::keep;
  for (Py_ssize_t i = 0; i < size && i < PyList_GET_SIZE(value); ++i) {
    sameness const one = compare(PyList_GET_ITEM(old, i), PyList_GET_ITEM(value, i), at);
    if (one == sameness::failed || one == sameness::differs) return one;
    all = weaker(all, one);
  }
  return all;
}

/// Keys in another order count as a difference.
sameness compare_dicts(PyObject* old, PyObject* value, place const& at) {
  if (PyDict_GET_SIZE(old) != PyDict_GET_SIZE(value)) return sameness::differs;
  PyObject *old_key, *old_item, *key, *item;
  sameness all = sameness::keep;
  Py_ssize_t i = 0, k = 0;
  while (PyDict_Next(old, &i, &old_key, &old_item) && PyDict_Next(value, &k, &key, &item)) {
    if (old_key != key && !same_scalar(old_key, key)) return sameness::differs;
    sameness const one = compare(old_item, item, at);
    if (one == sameness::failed || one == sameness::differs) return one;
    all = weaker(all, one);
  }
  return all;
}

/// Whether an element of a set is found by value and type alike: 1 and True are one element, but
/// two texts.
bool is_plain_element(PyObject* element) {
  return PyUnicode_CheckExact(element) || PyLong_CheckExact(element);
}

sameness compare_sets(PyObject* old, PyObject* value) {
  if (open_objects != 0 && PySet_GET_SIZE(value) > 1) return sameness::differs;
  if (PySet_GET_SIZE(old) != PySet_GET_SIZE(value) || !are_plain_elements(old) ||
      !are_plain_elements(value)) {
    return sameness::differs;
  }
  int const equal = PyObject_RichCompareBool(old, value, Py_EQ);
  return equal < 0 ? sameness::failed : equal ? sameness::keep : sameness::differs;
}

sameness compare_objects(object_node& old, PyObject* value, place const& at) {
  if (Py_TYPE(old.self) != Py_TYPE(value) || !is_clean(old, at)) return sameness::differs;
  std::vector<attribute> old_attributes, attributes;
  if (read_attributes(old.self, *old.info, old_attributes) < 0 ||
      read_attributes(value, *old.info, attributes) < 0) {
    return sameness::failed;
  }
  if (old_attributes.size() != attributes.size()) return sameness::differs;
  // What both share moves over, where the new object is put in place of the old one; not so deeper
  // inside.
  bool const is_outermost = open_objects == 0;
  open_object const opened;
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    PyObject *const was = old_attributes[i].value.get(), *const is = attributes[i].value.get();
    if (PyUnicode_Compare(old_attributes[i].name.get(), attributes[i].name.get()) != 0) {
      return sameness::differs;
    }
    if (is_outermost && was == is && node_of(is)) continue;
    sameness const one = compare(was, is, at);
    if (one == sameness::failed || one == sameness::differs) return one;
  }
  // Of a value that is owned elsewhere only a copy would go in.
  return node_of(value) ? sameness::keep : sameness::renew;
}

sameness compare_encodings(PyObject* old, PyObject* value) {
  if (Py_TYPE(old) != Py_TYPE(value)) return sameness::differs;
  int const opaque = is_opaque(value);
  if (opaque != 0) return opaque < 0 ? sameness::failed : sameness::differs;
  json_writer old_text, text;
  encoder old_encoder(old_text), new_encoder(text);
  if (old_encoder.write(old) != encoder::ok || new_encoder.write(value) != encoder::ok) {
    PyErr_Clear();
    return sameness::differs;
  }
  return old_text.view() == text.view() ? sameness::keep : sameness::differs;
}

}  // namespace

open_object::open_object() noexcept { ++open_objects; }
open_object::~open_object() { --open_objects; }

bool is_kind(PyObject* value, value_kind kind) {
  class_info const* info = info_of(Py_TYPE(value));
  if (!info) PyErr_Clear();
  return info && info->kind == kind;
}

/// Whether nothing inside `n` has changed since the last commit, as far as that is cheap to know.
bool is_clean(node const& n, place const& at) {
  if (!at.log || at.log->touched().size() > most_touched) return false;
  return std::none_of(at.log->touched().begin(), at.log->touched().end(),
                      [&](node const* touched) { return is_at_or_above(n, *touched); });
}

bool are_plain_elements(PyObject* set) {
  ref const elements = ref::take(PySequence_List(set));
  if (!elements) {
    PyErr_Clear();
    return false;
  }
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(elements.get()); ++i) {
    if (!is_plain_element(PyList_GET_ITEM(elements.get(), i))) return false;
  }
  return true;
}

sameness compare(PyObject* old, PyObject* value, place const& at) {
  if (same_scalar(old, value)) return sameness::keep;
  if (old == value) {
    // Inside an object that goes in as it is, a copy of the node would.
    if (open_objects != 0 && node_of(value)) return sameness::differs;
    int const opaque = is_opaque(value);
    return opaque < 0 ? sameness::failed : opaque ? sameness::differs : sameness::keep;
  }
  if (PyUnicode_CheckExact(value) || PyLong_CheckExact(value) || PyFloat_CheckExact(value) ||
      value == Py_None) {
    return sameness::differs;
  }
  node* const n = node_of(old);
  if (!n) return compare_encodings(old, value);
  // A detached node is adopted as it is; so is a row of the same list.
  if (node const* other = node_of(value);
      other && ((!owner_of(*other) && !other->hollow) || owner_of(*other) == owner_of(*n))) {
    return sameness::differs;
  }
  switch (n->kind) {
    case node_kind::list:
      return is_kind(value, value_kind::list) ? compare_lists(old, value, at) : sameness::differs;
    case node_kind::dict:
      return is_kind(value, value_kind::dict) ? compare_dicts(old, value, at) : sameness::differs;
    case node_kind::set:
      return is_kind(value, value_kind::set) ? compare_sets(old, value) : sameness::differs;
    case node_kind::object:
      return compare_objects(static_cast<object_node&>(*n), value, at);
    default:
      return sameness::differs;
  }
}

}  // namespace statelink::python
