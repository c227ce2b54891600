#include "statelink/patch.hpp"

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

errc apply_patch(value& target, patch const& operations) {
  std::vector<edit> edits;
  edits.reserve(operations.size());
  for (auto const& o : operations) {
    edit done;
    if (auto const e = perform(target, o, done); e != errc::none) {
      for (auto d = edits.rbegin(); d != edits.rend(); ++d) take_back(target, std::move(*d));
      return e;
    }
    edits.push_back(std::move(done));
  }
  return errc::none;
}

std::optional<patch> invert(value const& before, patch const& operations) {
  value document = before;
  std::vector<edit> edits;
  edits.reserve(operations.size());
  for (auto const& o : operations) {
    edit done;
    if (perform(document, o, done) != errc::none) return std::nullopt;
    if (done.kind == op_kind::append) {  // the only edit that does not keep what was there
      place at;
      locate(document, done.path, at);
      done.before = at.target->get_ref<std::string const&>().substr(0, done.before_bytes);
    }
    edits.push_back(std::move(done));
  }
  patch inverse;
  for (auto e = edits.rbegin(); e != edits.rend(); ++e) append_inverse(std::move(*e), inverse);
  return inverse;
}

}  // namespace statelink
