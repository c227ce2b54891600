// Where an instance's values live. The engine never sees a value: it asks a value_source for bytes.
#pragma once

#include <string>

namespace statelink {

/// The values of one instance. Two implementations: `json_values` (C++) and the Python objects of
/// the bindings. Called by the loop thread only.
class value_source {
 public:
  value_source() = default;
  value_source(value_source const&) = delete;
  value_source& operator=(value_source const&) = delete;
  virtual ~value_source() = default;

  /// Appends the RFC 6902 operations since the last commit to `out`, as a JSON array, and makes the
  /// present values the committed ones. False, with `out` as it was, when nothing that travels has
  /// changed. Does not fail: where encoding can, it is done before the turn commits.
  virtual bool commit_ops(std::string& out) = 0;

  /// Appends all values that travel to `out`, as one JSON object. Only between commits (values
  /// clean).
  virtual void encode_snapshot(std::string& out) = 0;

  /// Puts back the values of the last commit.
  virtual void undo() = 0;
};

}  // namespace statelink
