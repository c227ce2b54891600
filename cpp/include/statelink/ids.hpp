// The identities of statelink, each a type of its own: one cannot stand where another is meant.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace statelink {

/// A number that is not interchangeable with other numbers. `Tag` names the family.
template <class Tag>
struct number {
  std::uint64_t value = 0;  ///< 0 means "none"

  constexpr explicit operator bool() const noexcept { return value != 0; }
  friend constexpr auto operator<=>(number, number) noexcept = default;
};

/// One set of values of one state class; unique in the server's life, never reused, below 2^53.
using instance_no = number<struct instance_tag>;
/// A journal: a room's (the same value as its instance's number) or a client stream's.
using journal_no = number<struct journal_tag>;
/// A client in this process; never reused.
using client_no = number<struct client_tag>;
/// One accepted socket; never reused.
using session_no = number<struct session_tag>;
/// A registered state class.
using class_no = number<struct class_tag>;
/// One handler run, from lock to commit.
using turn_no = number<struct turn_tag>;

/// How often an instance has been committed. A patch leads from `revision - 1` to `revision`.
using revision = std::uint64_t;

/// Place in a journal: the number of frames ever appended. In a room's journal it equals the
/// revision.
using position = std::uint64_t;

/// Id that a client chose for an event; grows in the life of its identity. 0 means "none".
using event_id = std::uint64_t;

/// An instance at a revision: what a client holds, what an acknowledgement follows.
struct instance_revision {
  instance_no instance;
  revision at = 0;
  friend auto operator<=>(instance_revision const&, instance_revision const&) = default;
};

/// A place in a journal that a client's cursor must have passed. A journal in which the client has
/// no cursor counts as passed.
struct journal_position {
  journal_no journal;
  position at = 0;
};

}  // namespace statelink

template <class Tag>
struct std::hash<statelink::number<Tag>> {
  std::size_t operator()(statelink::number<Tag> n) const noexcept {
    return std::hash<std::uint64_t>{}(n.value);
  }
};
