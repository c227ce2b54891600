// Hands values from one thread to another: a mutex and a swap. Who puts learns whether the other
// side must be woken.
#pragma once

#include <cstdint>
#include <mutex>
#include <utility>

namespace statelink {

/// `T` has empty() and clear(), which keeps its memory, and a function join(T& into, T& from) that
/// appends.
template <class T>
class mailbox {
 public:
  /// Takes the content of `value`, which is left empty, with other memory to be reused. True where
  /// the box was empty: the other side has to be woken.
  bool put(T& value) {
    std::lock_guard const lock(mutex_);
    bool const was_empty = content_.empty();
    if (was_empty) {
      std::swap(content_, value);
    } else {
      join(content_, value);
    }
    value.clear();
    return was_empty;
  }

  /// Replaces `into` by all that was put since the last time. True where the putter asked to be
  /// told.
  bool take(T& into) {
    into.clear();
    std::lock_guard const lock(mutex_);
    std::swap(content_, into);
    ++takes_;
    return std::exchange(tell_, false);
  }

  /// How often it was taken. With `tell`, and where something waits to be taken, the next take()
  /// says so.
  std::uint64_t takes(bool tell = false) {
    std::lock_guard const lock(mutex_);
    tell_ = tell && !content_.empty();
    return takes_;
  }

 private:
  std::mutex mutex_;
  T content_;
  std::uint64_t takes_ = 0;
  bool tell_ = false;
};

}  // namespace statelink
