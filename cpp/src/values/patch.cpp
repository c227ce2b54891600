#include "statelink/patch.hpp"

#include <ranges>
#include <utility>

#include "values/edit.hpp"
#include "values/pointer.hpp"

namespace statelink {
namespace {

/// Appends the operations that take back `done`, last edit first.
void append_inverse(edit&& done, patch& out) {
  switch (done.kind) {
    case op_kind::add:
      out.push_back({op_kind::remove, std::move(done.path)});
      break;
    case op_kind::replace:
    case op_kind::append:
      out.push_back({op_kind::replace, std::move(done.path), {}, std::move(*done.before)});
      break;
    case op_kind::remove:
      out.push_back({op_kind::add, std::move(done.path), {}, std::move(*done.before)});
      break;
    case op_kind::move:
      out.push_back({op_kind::move, std::move(done.from), done.path});
      if (done.before) {
        out.push_back({op_kind::add, std::move(done.path), {}, std::move(*done.before)});
      }
      break;
  }
}

}  // namespace

bool operator==(op const& a, op const& b) noexcept {
  return a.kind == b.kind && a.path == b.path && a.from == b.from && same(a.operand, b.operand);
}

std::string_view describe(patch_error e) noexcept {
  switch (e) {
    case patch_error::none:
      return "No error.";
    case patch_error::bad_pointer:
      return "The path is not an RFC 6901 pointer.";
    case patch_error::no_such_path:
      return "Nothing is at the path.";
    case patch_error::bad_index:
      return "The path has a token that is not an index of its array.";
    case patch_error::not_a_string:
      return "Only a string can be appended, and only to a string.";
    case patch_error::into_itself:
      return "A value cannot be moved into itself.";
    case patch_error::root_removed:
      return "The whole document cannot be removed.";
    case patch_error::root_not_object:
      return "The values of an instance are one object.";
    case patch_error::unencodable:
      return "The value or path has text that is not UTF-8, or something that is not JSON.";
  }
  return "Unknown error.";
}

patch_error apply_patch(value& target, patch const& operations) {
  std::vector<edit> edits;
  edits.reserve(operations.size());
  for (auto const& o : operations) {
    edit done;
    if (auto const e = perform(target, o, done); e != patch_error::none) {
      for (auto& earlier : edits | std::views::reverse) take_back(target, std::move(earlier));
      return e;
    }
    edits.push_back(std::move(done));
  }
  return patch_error::none;
}

std::optional<patch> invert(value const& before, patch const& operations) {
  value document = before;
  std::vector<edit> edits;
  edits.reserve(operations.size());
  for (auto const& o : operations) {
    edit done;
    if (perform(document, o, done) != patch_error::none) return std::nullopt;
    if (done.kind == op_kind::append) {  // the only edit that does not keep what was there
      place at;
      locate(document, done.path, at);
      done.before = at.target->get_ref<std::string const&>().substr(0, done.before_bytes);
    }
    edits.push_back(std::move(done));
  }
  patch inverse;
  for (auto& done : edits | std::views::reverse) append_inverse(std::move(done), inverse);
  return inverse;
}

}  // namespace statelink
