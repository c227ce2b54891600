// All that the library refuses, in one enumeration that std::error_code understands. What the
// system refuses (a port in use, no more descriptors) comes as the system's own std::error_code.
//
// No exception leaves the C++ API but std::bad_alloc, and what callbacks of the caller throw.
#pragma once

#include <cstdint>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace statelink {

enum class errc : std::uint8_t {
  none,

  // --- values and patches
  bad_pointer,      ///< not an RFC 6901 pointer
  no_such_path,     ///< nothing is there, or the way to it does not exist
  bad_index,        ///< not an index of the array
  not_a_string,     ///< append: the target or the operand is not a string
  into_itself,      ///< move: a value cannot become part of itself
  root_removed,     ///< the whole document cannot be removed
  root_not_object,  ///< an instance's values are one object
  unencodable,      ///< text that is not UTF-8, or a value that is not JSON

  // --- links
  empty_token,     ///< link: the link token is empty
  token_too_long,  ///< link: it is longer than config::link_token_bytes
  own_token,       ///< link: it is the client's own
  not_shared,      ///< link: the state class is not shared
  not_linked,      ///< unlink: the client's class is not linked

  // --- engine
  unknown_client,    ///< no such client, or it was forgotten
  unknown_class,     ///< no such state class
  unknown_instance,  ///< no such instance, or it has ended
  unnamed_class,     ///< define: the class has no name
  duplicate_class,   ///< define: there is a class of this name
  no_values,         ///< define: state_class::make is empty
  too_late,          ///< define: there are clients already

  // --- server and limits
  bad_limit,        ///< a limit or time that makes no sense; check() says which
  bad_route,        ///< a route that page_table does not take
  already_started,  ///< the server was started or stopped before
};

/// One sentence for people.
std::string_view describe(errc e) noexcept;

/// The category of errc, named "statelink"; its messages are describe()'s.
std::error_category const& error_category() noexcept;

inline std::error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), error_category()};
}

}  // namespace statelink

template <>
struct std::is_error_code_enum<statelink::errc> : std::true_type {};
