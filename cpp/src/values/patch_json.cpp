#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "statelink/patch.hpp"

namespace statelink {
namespace {

constexpr std::array<std::string_view, 5> names = {"add", "replace", "remove", "move", "append"};

std::string_view name_of(op_kind kind) noexcept { return names[static_cast<std::size_t>(kind)]; }

std::optional<op_kind> kind_of(std::string_view name) noexcept {
  for (std::size_t k = 0; k < names.size(); ++k) {
    if (names[k] == name) return static_cast<op_kind>(k);
  }
  return std::nullopt;
}

bool has_operand(op_kind kind) noexcept { return kind != op_kind::remove && kind != op_kind::move; }

/// The member `name` of `document` where it is a string.
std::string const* text_at(value const& document, char const* name) {
  auto const found = document.find(name);
  return found == document.end() ? nullptr : found->get_ptr<std::string const*>();
}

std::optional<op> read_op(value const& document) {
  if (!document.is_object()) return std::nullopt;
  auto const* const name = text_at(document, "op");
  auto const* const path = text_at(document, "path");
  if (name == nullptr || path == nullptr) return std::nullopt;
  auto const kind = kind_of(*name);
  if (!kind) return std::nullopt;

  op o{*kind, *path};
  if (*kind == op_kind::move) {
    auto const* const from = text_at(document, "from");
    if (from == nullptr) return std::nullopt;
    o.from = *from;
  }
  if (has_operand(*kind)) {
    auto const found = document.find("value");
    if (found == document.end()) return std::nullopt;
    o.operand = *found;
    if (*kind == op_kind::append && !o.operand.is_string()) return std::nullopt;
  }
  return o;
}

}  // namespace

value to_json(patch const& operations) {
  value document = value::array();
  for (auto const& o : operations) {
    value entry = {{"op", name_of(o.kind)}, {"path", o.path}};
    if (o.kind == op_kind::move) entry["from"] = o.from;
    if (has_operand(o.kind)) entry["value"] = o.operand;
    document.push_back(std::move(entry));
  }
  return document;
}

std::optional<patch> from_json(value const& document) {
  if (!document.is_array()) return std::nullopt;
  patch operations;
  operations.reserve(document.size());
  for (auto const& entry : document) {
    auto o = read_op(entry);
    if (!o) return std::nullopt;
    operations.push_back(std::move(*o));
  }
  return operations;
}

void encode(op const& o, std::string& out) {
  out += R"({"op":")";
  out += name_of(o.kind);
  if (o.kind == op_kind::move) {
    out += R"(","from":)";
    encode(value(o.from), out);
    out += R"(,"path":)";
  } else {
    out += R"(","path":)";
  }
  encode(value(o.path), out);
  if (has_operand(o.kind)) {
    out += R"(,"value":)";
    encode(o.operand, out);
  }
  out += '}';
}

}  // namespace statelink
