// An owning reference to a Python object.
#pragma once

#include <Python.h>

#include <utility>

namespace statelink::python {

/// Owns one reference. Null means "none" or, where a function says so, "a Python exception is set".
/// With the GIL only.
class ref {
 public:
  ref() noexcept = default;
  ref(ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  ref(ref const& other) noexcept : object_(Py_XNewRef(other.object_)) {}
  ref& operator=(ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~ref() { Py_XDECREF(object_); }

  /// Takes over a reference that the caller owns.
  static ref take(PyObject* owned) noexcept { return ref(owned); }
  /// Makes a reference of its own.
  static ref share(PyObject* borrowed) noexcept { return ref(Py_XNewRef(borrowed)); }

  PyObject* get() const noexcept { return object_; }
  PyObject* release() noexcept { return std::exchange(object_, nullptr); }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  explicit ref(PyObject* owned) noexcept : object_(owned) {}
  PyObject* object_ = nullptr;
};

}  // namespace statelink::python
