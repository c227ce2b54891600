// The changes of one store as RFC 6902 operations.
#pragma once

#include <Python.h>

#include <string>
#include <vector>

#include "encoder.hpp"
#include "json_text.hpp"
#include "store_object.hpp"

namespace statelink::python {

/// Made for one commit of one store.
class op_emitter {
 public:
  /// With `append_allowed` a string that grew at its end is told by `append`.
  op_emitter(store& s, json_writer& out, bool append_allowed)
      : store_(s), out_(out), encode_(out), append_allowed_(append_allowed) {}

  /// Writes the JSON array. The number of operations, or -1 with an exception set.
  long emit();

 private:
  struct touched_node {
    std::size_t slot;
    int depth;  // -1: the slot itself
    node* n;
  };

  std::vector<touched_node> collect();
  bool emit_slot(std::size_t slot);
  bool emit_computed(std::size_t slot);
  bool emit_node(node& n);
  bool emit_edits(node& n);
  bool emit_keys(node& n);
  bool emit_key(node& n, PyObject* key, PyObject* before, PyObject* now);
  bool emit_whole(node& n);
  /// Puts a replace of `value` at `path` in the place of the operations since `start`, where it is
  /// shorter.
  bool prefer_whole(std::size_t start, long ops_before, std::string const& path, PyObject* value,
                    bool& preferred);

  /// Path of `n`; false where it is detached, will be or was told whole, or does not travel.
  bool find_path(node& n);

  void begin_op(char const* op, std::string const& path);
  bool write_value(std::string const& path, PyObject* value);
  bool emit_put(char const* op, std::string const& path, PyObject* value);
  bool emit_changed(std::string const& path, PyObject* before, PyObject* value);

  store& store_;
  json_writer& out_;
  encoder encode_;
  bool append_allowed_;
  long ops_ = 0;
  std::string path_;  // of the node in work
};

}  // namespace statelink::python
