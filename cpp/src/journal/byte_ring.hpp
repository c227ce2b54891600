// A ring of bytes addressed by absolute offsets: starts without memory, grows on demand, shrinks
// when asked.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace statelink {

class byte_ring {
 public:
  /// Absolute offset of the oldest byte held, and one past the newest.
  std::uint64_t begin() const noexcept { return begin_; }
  std::uint64_t end() const noexcept { return end_; }
  std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - begin_); }
  std::size_t capacity() const noexcept { return capacity_; }

  void push(std::string_view bytes);
  /// Forgets all bytes before `offset`. REQUIRES: begin() <= offset <= end().
  void drop_before(std::uint64_t offset) noexcept { begin_ = offset; }
  /// Gives memory back where less than a quarter of it is used.
  void shrink();

  /// Appends the bytes of [from, to) to `out` as one or two views, valid until the ring changes.
  void read(std::uint64_t from, std::uint64_t to, std::vector<std::string_view>& out) const;

 private:
  void reallocate(std::size_t capacity);

  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;  // zero or a power of two
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace statelink
