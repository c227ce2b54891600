#include "values/edit.hpp"

#include <iterator>
#include <utility>

#include "values/pointer.hpp"

namespace statelink {
namespace {

std::string canonical(std::string_view pointer, place const& at) {
  if (!at.in_array()) return std::string(pointer);
  std::string path(parent_of(pointer));
  append_token(path, at.index);
  return path;
}

void insert_at(place const& at, value v) {
  if (at.in_array()) {
    auto& array = at.parent->get_ref<value::array_t&>();
    array.insert(std::next(array.begin(), static_cast<std::ptrdiff_t>(at.index)), std::move(v));
  } else {
    at.parent->get_ref<value::object_t&>()[at.key] = std::move(v);
  }
}

value take_out(place const& at) {
  value taken = std::move(*at.target);
  if (at.in_array()) {
    auto& array = at.parent->get_ref<value::array_t&>();
    array.erase(std::next(array.begin(), static_cast<std::ptrdiff_t>(at.index)));
  } else {
    at.parent->get_ref<value::object_t&>().erase(at.key);
  }
  return taken;
}

/// Puts `v` at `at` as `add` does; says in `done` what that was.
void put(place const& at, std::string_view pointer, value v, edit& done) {
  done.path = canonical(pointer, at);
  done.in_array = at.in_array();
  done.before.reset();
  if (at.target != nullptr && !done.in_array) {
    done.kind = op_kind::replace;
    done.before = std::exchange(*at.target, std::move(v));
  } else {
    done.kind = op_kind::add;
    insert_at(at, std::move(v));
  }
}

errc replace(place const& at, op const& o, edit& done) {
  if (at.target == nullptr) return errc::no_such_path;
  done.kind = op_kind::replace;
  done.path = o.path;
  done.in_array = at.in_array();
  done.before = std::exchange(*at.target, o.operand);
  return errc::none;
}

errc remove(place const& at, op const& o, edit& done) {
  if (at.parent == nullptr) return errc::root_removed;
  if (at.target == nullptr) return errc::no_such_path;
  done.kind = op_kind::remove;
  done.path = o.path;
  done.in_array = at.in_array();
  done.before = take_out(at);
  return errc::none;
}

errc append(place const& at, op const& o, edit& done) {
  if (at.target == nullptr) return errc::no_such_path;
  auto* const text = at.target->get_ptr<std::string*>();
  auto const* const more = o.operand.get_ptr<std::string const*>();
  if (text == nullptr || more == nullptr) return errc::not_a_string;
  done.kind = op_kind::append;
  done.path = o.path;
  done.in_array = at.in_array();
  done.before.reset();
  done.before_bytes = text->size();
  *text += *more;
  return errc::none;
}

errc move(value& root, op const& o, edit& done) {
  if (is_inside(o.path, o.from)) return errc::into_itself;
  place source;
  if (auto const e = locate(root, o.from, source); e != errc::none) return e;
  if (source.target == nullptr) return errc::no_such_path;

  place target;
  if (o.path == o.from ||
      is_inside(o.from, o.path)) {  // onto itself or an ancestor: a plain replace
    if (auto const e = locate(root, o.path, target); e != errc::none) return e;
    value moved = *source.target;
    done.kind = op_kind::replace;
    done.path = o.path;
    done.in_array = target.in_array();
    done.before = std::exchange(*target.target, std::move(moved));
    return errc::none;
  }

  value moved = take_out(source);  // `path` means the document without it
  if (auto const e = locate(root, o.path, target); e != errc::none) {
    insert_at(source, std::move(moved));
    return e;
  }
  put(target, o.path, std::move(moved), done);
  done.kind = op_kind::move;
  done.from = o.from;
  return errc::none;
}

}  // namespace

errc perform(value& root, op const& o, edit& done) {
  if (o.kind == op_kind::move) return move(root, o, done);
  place at;
  if (auto const e = locate(root, o.path, at); e != errc::none) return e;
  switch (o.kind) {
    case op_kind::replace:
      return replace(at, o, done);
    case op_kind::remove:
      return remove(at, o, done);
    case op_kind::append:
      return append(at, o, done);
    default:
      break;
  }
  if (at.parent == nullptr) return replace(at, o, done);
  put(at, o.path, o.operand, done);
  return errc::none;
}

void take_back(value& root, edit&& done) {
  place at;
  locate(root, done.path, at);
  switch (done.kind) {
    case op_kind::add:
      take_out(at);
      break;
    case op_kind::replace:
      *at.target = std::move(*done.before);
      break;
    case op_kind::remove:
      insert_at(at, std::move(*done.before));
      break;
    case op_kind::append:
      at.target->get_ref<std::string&>().resize(done.before_bytes);
      break;
    case op_kind::move: {
      value moved = take_out(at);
      place source;
      locate(root, done.from, source);
      insert_at(source, std::move(moved));
      if (done.before) {
        locate(root, done.path, at);
        insert_at(at, std::move(*done.before));
      }
      break;
    }
  }
}

}  // namespace statelink
