// The little of WebSocket that the limit speaks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace statelink::benchmarks {

/// The reply to an upgrade with this Sec-WebSocket-Key.
std::string accept_reply(std::string_view key);

/// Appends the text frame {"c":N}.
void append_counter(std::uint64_t n, std::string& out);

/// Counts the text messages in the whole masked frames at the front of `bytes`, and removes them.
/// -1: there was a close frame.
int take_messages(std::string& bytes);

}  // namespace statelink::benchmarks
