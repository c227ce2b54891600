// A value_source over plain JSON: the values of an instance in the C++ API and its tests.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "statelink/error.hpp"
#include "statelink/patch.hpp"
#include "statelink/value.hpp"
#include "statelink/value_source.hpp"

namespace statelink {

class op_log;

/// One JSON object whose changes are recorded as they are made, each at the cost of the change.
/// Pointers are RFC 6901 text. A verb that fails has changed nothing.
///
/// What is in it can always be encoded: a non-finite float becomes null on the way in, text that is
/// not UTF-8 is refused (errc::unencodable). Members whose name begins with an underscore are
/// backend-only: they are undone like others, but never travel.
///
/// Loop thread only, like every value_source.
class json_values final : public value_source {
 public:
  /// No members.
  json_values();
  /// Null, with `error` set, when `initial` is not an object (errc::root_not_object) or cannot be
  /// encoded (errc::unencodable).
  static std::unique_ptr<json_values> make(value initial, std::error_code& error);
  ~json_values() override;

  value const& get() const noexcept { return values_; }

  /// Puts `v` at `pointer`: a member of an object, which need not exist, or an element of an array,
  /// which must, or its end (`-`). Only what differs is recorded; setting what is the same() there
  /// records nothing.
  [[nodiscard]] errc set(std::string_view pointer, value v);

  /// All operations or none.
  [[nodiscard]] errc apply(patch const& operations);

  /// Appends to the string at `pointer`; costs the new text, however long the string is.
  [[nodiscard]] errc append(std::string_view pointer, std::string_view text);

  /// The last write of a path is sent, unless elements of an array that it goes through were
  /// inserted, removed or moved since; writes that lead back to the committed value are not.
  bool commit_ops(std::string& out) override;
  void encode_snapshot(std::string& out) override;
  void undo() override;

 private:
  errc perform_all(patch operations);

  value values_;
  std::unique_ptr<op_log> log_;
};

}  // namespace statelink
