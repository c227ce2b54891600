// What was done to a document since its last commit: how to take it back, and the least of it that
// must be sent.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "values/edit.hpp"

namespace statelink {

/// Every edit is kept for undo(). Beside them is the list of operations to send, in which a later
/// write takes the place of an earlier one. Which paths still mean what they meant when they were
/// logged is known from `touched_`: an insertion, removal or move freezes all operations inside its
/// container, that is, they stay in the list as they are, until the container or something around
/// it is written as a whole.
class op_log {
 public:
  /// Adds what was just done. `operand` is the new value or text, where the operation has one.
  /// Edits that do not travel (see travels()) are kept for undo() only. REQUIRES: a move travels at
  /// both ends, or at neither.
  void add(edit done, value operand);

  /// Appends the operations to send as a JSON array; false, with `out` as it was, where there are
  /// none.
  bool encode(std::string& out) const;

  /// Takes back everything, and forgets it.
  void undo(value& document);

  /// Forgets everything.
  void clear();

  /// False for what is in a backend-only member: one at the root whose name begins with an
  /// underscore.
  static bool travels(std::string_view path) noexcept { return path.size() < 2 || path[1] != '_'; }

 private:
  struct entry {
    op what;
    std::size_t made_by = 0;  // the edit, in edits_
    bool live = true;
    bool final = false;  // a removal that also stands for dropped operations: nothing cancels it
  };

  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  /// All live operations at one path, or those frozen inside one container. Each live operation is
  /// in one node.
  struct node {
    std::vector<std::size_t> entries;  // in entries_
    // A path's only: its one operation in `entries` leads from this value to the present one. It is
    // the `before` of an edit; none when it is not known, but there was something.
    std::size_t before_in = none;
    // Where given: of that string only so many bytes.
    std::size_t before_bytes = none;
  };
  using node_map = std::map<std::string, node, std::less<>>;

  void write(std::size_t made_by, value operand);
  void append(std::size_t made_by, value operand);
  void insert_or_remove(std::size_t made_by, value operand);
  void move(std::size_t made_by);

  bool cancels_last(edit const& done, value const& operand, std::size_t last) const;
  bool was_present(node const& n) const;
  bool was(node const& n, value const& now) const;
  std::size_t push(op what, std::size_t made_by);
  node_map::iterator erase(node_map::iterator at);
  bool drop_inside(std::string_view path);
  bool drop_at(std::string_view path);
  node& freeze_inside(std::string_view container);
  void trim();

  std::vector<edit> edits_;
  std::vector<entry> entries_;
  node_map touched_;
};

}  // namespace statelink
