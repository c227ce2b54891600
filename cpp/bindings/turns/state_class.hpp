// What the engine side knows of a Python state class: its vars, where their values lie, and its
// computed vars.
#pragma once

#include <Python.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "values/ref.hpp"
#include "values/store.hpp"

namespace statelink::python {

/// A computed var: a function of a view, and the slot that keeps its last value.
struct computed_var {
  std::string name;
  bool travels = true;
  bool is_async = false;
  std::size_t slot = 0;
  ref function;
  bool cache = true;          ///< false: run again for every commit of a turn that was at it
  std::int64_t interval = 0;  ///< nanoseconds after which its value is out of date; 0: never
  ref initial;                ///< what clients see until it has first been computed; may be none
  std::vector<ref> deps;      ///< names of vars that count as read
  bool auto_deps = true;      ///< whether what it reads counts, too

  /// Whether time alone, or a turn that changes nothing, can make it run.
  bool is_restless() const noexcept { return !cache || interval > 0; }

  /// It touched what only a client has (or suspended), so each client has a value of its own, for
  /// good.
  mutable bool personal = false;
};

/// Made once, when the Python class is defined; lives as long as the class or any of its stores.
struct state_class_record {
  PyTypeObject* type = nullptr;  ///< borrowed: the class owns the record
  std::string name;              ///< the Python class's qualified name, for messages
  bool shared = false;
  /// How many ancestors are state classes with vars of their own: the place of its store in a view.
  std::size_t depth = 0;
  std::shared_ptr<layout const> vars;
  std::vector<std::string> var_names;  ///< by slot
  std::vector<computed_var> computed;
  std::vector<std::size_t> stored;  ///< slots of client-storage vars: always in the client's own
  /// Of the overlay: the computed vars alone, in their order. Made when a client first has one.
  mutable std::shared_ptr<layout const> overlay;
  std::shared_ptr<state_class_record const> parent;  ///< the ancestor at depth - 1; none at depth 0
};
inline bool is_stored(state_class_record const& cls, std::size_t slot) noexcept {
  return std::find(cls.stored.begin(), cls.stored.end(), slot) != cls.stored.end();
}
inline bool is_restless(state_class_record const& cls) noexcept {
  return std::any_of(cls.computed.begin(), cls.computed.end(),
                     [](computed_var const& var) { return var.is_restless(); });
}
using state_class_ptr = std::shared_ptr<state_class_record const>;

/// Stands for "the links of this instance" among the slots that a computed var read.
inline constexpr std::size_t links_slot = static_cast<std::size_t>(-1);
/// Stands for "which instance it is": never changes.
inline constexpr std::size_t identity_slot = static_cast<std::size_t>(-2);

}  // namespace statelink::python
