#include "statelink/json_values.hpp"

#include <utility>

#include "values/diff.hpp"
#include "values/edit.hpp"
#include "values/op_log.hpp"
#include "values/pointer.hpp"
#include "values/utf8.hpp"

namespace statelink {
namespace {

/// `o` as operations that an op_log can take: none at the root, no move between what travels and
/// what does not, and none onto itself or an ancestor.
errc expand(value& document, op o, patch& out) {
  if (o.kind == op_kind::move && !is_inside(o.path, o.from)) {
    bool const onto_outer = o.path == o.from || is_inside(o.from, o.path);
    if (onto_outer || op_log::travels(o.path) != op_log::travels(o.from)) {
      place source;
      if (auto const e = locate(document, o.from, source); e != errc::none) return e;
      if (source.target == nullptr) return errc::no_such_path;
      value moved = *source.target;
      if (!onto_outer) out.push_back({op_kind::remove, std::move(o.from)});
      o = {onto_outer ? op_kind::replace : op_kind::add, std::move(o.path), {}, std::move(moved)};
    }
  }
  if (o.path.empty() && (o.kind == op_kind::add || o.kind == op_kind::replace)) {
    if (!o.operand.is_object()) return errc::root_not_object;
    diff("", document, o.operand, out);
    return errc::none;
  }
  out.push_back(std::move(o));
  return errc::none;
}

}  // namespace

json_values::json_values() : values_(value::object()), log_(std::make_unique<op_log>()) {}

std::unique_ptr<json_values> json_values::make(value initial, std::error_code& error) {
  error = !initial.is_object()       ? errc::root_not_object
          : !make_encodable(initial) ? errc::unencodable
                                     : errc::none;
  if (error) return nullptr;
  auto made = std::make_unique<json_values>();
  made->values_ = std::move(initial);
  return made;
}

json_values::~json_values() = default;

errc json_values::set(std::string_view pointer, value v) {
  if (!is_utf8(pointer) || !make_encodable(v)) return errc::unencodable;
  place at;
  if (auto const e = locate(values_, pointer, at); e != errc::none) return e;
  patch operations;
  if (at.parent != nullptr && at.target != nullptr) {
    diff(pointer, *at.target, v, operations);
  } else {
    operations.push_back({op_kind::add, std::string(pointer), {}, std::move(v)});
  }
  return perform_all(std::move(operations));
}

errc json_values::apply(patch const& operations) {
  patch ours = operations;
  for (auto& o : ours) {
    if (!is_utf8(o.path) || !make_encodable(o.operand)) return errc::unencodable;
  }
  return perform_all(std::move(ours));
}

errc json_values::append(std::string_view pointer, std::string_view text) {
  if (!is_utf8(text)) return errc::unencodable;
  patch operations;
  operations.push_back({op_kind::append, std::string(pointer), {}, value(text)});
  return perform_all(std::move(operations));
}

/// Logs only when all were done, since a log cannot be rolled back in part. REQUIRES: encodable.
errc json_values::perform_all(patch operations) {
  struct performed {
    edit done;
    value operand;
  };
  std::vector<performed> all;
  auto failed = errc::none;
  for (auto& o : operations) {
    patch expanded;
    failed = expand(values_, std::move(o), expanded);
    for (auto& part : expanded) {
      if (failed != errc::none) break;
      edit done;
      failed = perform(values_, part, done);
      if (failed != errc::none) break;
      all.push_back({std::move(done), std::move(part.operand)});
    }
    if (failed != errc::none) {
      for (auto p = all.rbegin(); p != all.rend(); ++p) take_back(values_, std::move(p->done));
      return failed;
    }
  }
  for (auto& p : all) log_->add(std::move(p.done), std::move(p.operand));
  return errc::none;
}

bool json_values::commit_ops(std::string& out) {
  bool const any = log_->encode(out);
  log_->clear();
  return any;
}

void json_values::encode_snapshot(std::string& out) {
  out += '{';
  bool first = true;
  for (auto const& [key, member] : values_.get_ref<value::object_t const&>()) {
    if (key.starts_with('_')) continue;
    if (!first) out += ',';
    first = false;
    encode(value(key), out);
    out += ':';
    encode(member, out);
  }
  out += '}';
}

void json_values::undo() { log_->undo(values_); }

}  // namespace statelink
