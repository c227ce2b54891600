#include "statelink/error.hpp"

#include <string>

namespace statelink {

std::string_view describe(errc e) noexcept {
  switch (e) {
    case errc::none:
      return "No error.";
    case errc::bad_pointer:
      return "The path is not an RFC 6901 pointer.";
    case errc::no_such_path:
      return "Nothing is at the path.";
    case errc::bad_index:
      return "The path has a token that is not an index of its array.";
    case errc::not_a_string:
      return "Only a string can be appended, and only to a string.";
    case errc::into_itself:
      return "A value cannot be moved into itself.";
    case errc::root_removed:
      return "The whole document cannot be removed.";
    case errc::root_not_object:
      return "The values of an instance are one object.";
    case errc::unencodable:
      return "The value or path has text that is not UTF-8, or something that is not JSON.";
    case errc::empty_token:
      return "A link token cannot be empty.";
    case errc::token_too_long:
      return "The link token is longer than config::link_token_bytes.";
    case errc::own_token:
      return "A client cannot link to its own token: that is what an unlinked state is.";
    case errc::not_shared:
      return "Only a shared state class can be linked.";
    case errc::not_linked:
      return "The client's state class is not linked and cannot be unlinked.";
    case errc::unknown_client:
      return "There is no such client.";
    case errc::unknown_class:
      return "There is no such state class.";
    case errc::unknown_instance:
      return "There is no such instance.";
    case errc::unnamed_class:
      return "A state class needs a name.";
    case errc::duplicate_class:
      return "There is a state class of this name already.";
    case errc::no_values:
      return "A state class needs a function that makes its values.";
    case errc::too_late:
      return "State classes are defined before the first client comes.";
    case errc::bad_limit:
      return "A limit or time of the config makes no sense.";
    case errc::bad_route:
      return "The route of a page is malformed, or matches the same paths as another one.";
    case errc::already_started:
      return "The server was started or stopped before.";
  }
  return "Unknown error.";
}

namespace {
class category final : public std::error_category {
 public:
  char const* name() const noexcept override { return "statelink"; }
  std::string message(int e) const override { return std::string(describe(static_cast<errc>(e))); }
};
}  // namespace

std::error_category const& error_category() noexcept {
  static category const the_one;
  return the_one;
}

}  // namespace statelink
