#include "adopt.hpp"

#include <bit>
#include <cstdint>

#include "class_info.hpp"
#include "object_attributes.hpp"
#include "ref.hpp"
#include "small_int.hpp"
#include "tracked.hpp"
#include "undo_log.hpp"

namespace statelink::python {
namespace {

PyObject* deepcopy_function = nullptr;

bool check_depth(node const& parent) {
  if (depth_of(parent) < max_depth) return true;
  PyErr_Format(PyExc_ValueError, "a tracked value may not be nested deeper than %d", max_depth);
  return false;
}

PyObject* refuse_cycle() {
  PyErr_SetString(PyExc_ValueError, "a tracked value may not hold itself");
  return nullptr;
}

bool adopt_items(tracked_list& l, place const& at, bool fresh) {
  auto* list = reinterpret_cast<PyObject*>(&l);
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); ++i) {
    PyObject* const item = PyList_GET_ITEM(list, i);
    if (is_scalar(item)) continue;
    PyObject* const adopted = adopt(l.n, item, at, nullptr, i, fresh);
    if (!adopted) return false;
    PyList_SET_ITEM(list, i, adopted);
    Py_DECREF(item);
  }
  return true;
}

bool adopt_items(tracked_dict& d, place const& at, bool fresh) {
  auto* dict = reinterpret_cast<PyObject*>(&d);
  if (read_keys(d, travels(at)) < 0) return false;
  PyObject *key, *item;
  for (Py_ssize_t i = 0; PyDict_Next(dict, &i, &key, &item);) {
    if (is_scalar(item)) continue;
    PyObject* const adopted = adopt(d.n, item, at, key, 0, fresh);
    if (!adopted) return false;
    int const put = adopted == item ? 0 : PyDict_SetItem(dict, key, adopted);
    Py_DECREF(adopted);
    if (put < 0) return false;
  }
  return true;
}

// Attaches before the items are adopted, so that a cycle through the new container is seen.
template <class Container>
PyObject* adopt_container(Container* made, node& parent, place const& at, PyObject* key,
                          Py_ssize_t index, bool fresh) {
  if (!made) return nullptr;
  auto* object = reinterpret_cast<PyObject*>(made);
  attach(made->n, parent, at, key, index, fresh);
  if constexpr (!std::is_same_v<Container, tracked_set>) {
    if (!adopt_items(*made, at, fresh)) {
      let_go(parent, object);
      Py_DECREF(object);
      return nullptr;
    }
  }
  return object;
}

PyObject* adopt_object(PyObject* object, class_info& info, node& parent, place const& at,
                       PyObject* key, Py_ssize_t index, bool fresh) {
  if (!info.is_wrapped && wrap_class(info) < 0) return nullptr;
  std::vector<attribute> inner;
  if (read_attributes(object, info, inner) < 0) return nullptr;
  object_node& n = add_object(object, info);
  n.born = at.log ? at.log->stretch() : 0;
  attach(n, parent, at, key, index, fresh);
  for (attribute const& a : inner) {
    if (is_scalar(a.value.get())) continue;
    ref const adopted = ref::take(adopt(n, a.value.get(), at, a.name.get(), 0, fresh));
    if (adopted &&
        (adopted.get() == a.value.get() || set_raw(object, info, a.name.get(), adopted.get()) == 0))
      continue;
    let_go(parent, object);
    return nullptr;
  }
  unshare_keys(object);
  return Py_NewRef(object);
}

}  // namespace

int init_adopt() {
  ref const module = ref::take(PyImport_ImportModule("copy"));
  if (!module) return -1;
  deepcopy_function = PyObject_GetAttrString(module.get(), "deepcopy");
  return deepcopy_function ? 0 : -1;
}

PyObject* deep_copy(PyObject* value) { return PyObject_CallOneArg(deepcopy_function, value); }

bool same_scalar(PyObject* a, PyObject* b) noexcept {
  PyTypeObject* const type = Py_TYPE(a);
  if (type != Py_TYPE(b)) return false;
  if (type == &PyUnicode_Type) {
    return a == b ||
           (PyUnicode_GET_LENGTH(a) == PyUnicode_GET_LENGTH(b) && PyUnicode_Compare(a, b) == 0);
  }
  if (type == &PyLong_Type) {
    if (a == b) return true;
    if (is_small(a) && is_small(b)) return small_value(a) == small_value(b);
    return PyObject_RichCompareBool(a, b, Py_EQ) == 1;
  }
  if (type == &PyFloat_Type) {
    return std::bit_cast<std::uint64_t>(PyFloat_AS_DOUBLE(a)) ==
           std::bit_cast<std::uint64_t>(PyFloat_AS_DOUBLE(b));
  }
  return a == b && (type == &PyBool_Type || a == Py_None);
}

PyObject* adopt(node& parent, PyObject* value, place const& at, PyObject* key, Py_ssize_t index,
                bool fresh) {
  if (is_scalar(value)) return Py_NewRef(value);
  class_info* info = info_of(Py_TYPE(value));
  if (!info) return nullptr;
  node* const n = node_of(value);
  ref copy;
  if (n) {
    node* const owner = owner_of(*n);
    if (owner == &parent && parent.kind == node_kind::list) {
      attach(*n, parent, at, key, index, fresh);
      return Py_NewRef(value);
    }
    if (is_at_or_above(*n, parent)) return refuse_cycle();
    if (!owner && !n->hollow) {
      if (!check_depth(parent)) return nullptr;
      attach(*n, parent, at, key, index, fresh);
      return Py_NewRef(value);
    }
    if (n->kind == node_kind::object) {
      copy = ref::take(deep_copy(value));
      if (!copy) return nullptr;
      value = copy.get();
      info = info_of(Py_TYPE(value));
      if (!info) return nullptr;
      if (find_object(value)) {
        PyErr_Format(PyExc_TypeError, "%.200s is owned elsewhere and copy.deepcopy did not copy it",
                     Py_TYPE(value)->tp_name);
        return nullptr;
      }
    }
  }
  switch (info->kind) {
    case value_kind::list:
      if (!check_depth(parent)) return nullptr;
      return adopt_container(new_tracked_list(value, at), parent, at, key, index, fresh);
    case value_kind::dict:
      if (!check_depth(parent)) return nullptr;
      return adopt_container(new_tracked_dict(value, at), parent, at, key, index, fresh);
    case value_kind::set:
      return adopt_container(new_tracked_set(value, at), parent, at, key, index, fresh);
    case value_kind::data_object:
      if (!check_depth(parent)) return nullptr;
      return adopt_object(value, *info, parent, at, key, index, fresh);
    default:
      return Py_NewRef(value);
  }
}

PyObject* detached_copy(PyObject* value) {
  int const immutable = is_immutable(value);
  if (immutable != 0) return immutable < 0 ? nullptr : Py_NewRef(value);
  // A list of one owns the copy while it is made; what it leaves behind is detached.
  ref const holder = ref::take(reinterpret_cast<PyObject*>(new_tracked_list(nullptr, place{})));
  if (!holder) return nullptr;
  node& owner = reinterpret_cast<tracked_list*>(holder.get())->n;
  class_info const* info = info_of(Py_TYPE(value));
  if (!info) return nullptr;
  switch (info->kind) {
    case value_kind::list:
      return adopt_container(new_tracked_list(value, {}), owner, {}, nullptr, 0, false);
    case value_kind::dict:
      return adopt_container(new_tracked_dict(value, {}), owner, {}, nullptr, 0, false);
    case value_kind::set:
      return adopt_container(new_tracked_set(value, {}), owner, {}, nullptr, 0, false);
    default:
      break;
  }
  ref const copy = ref::take(deep_copy(value));
  return copy ? adopt(owner, copy.get(), place{}, nullptr, 0) : nullptr;
}

}  // namespace statelink::python
