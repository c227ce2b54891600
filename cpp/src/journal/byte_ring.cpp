#include "journal/byte_ring.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace statelink {

namespace {
constexpr std::size_t smallest = 256;
}

void byte_ring::push(std::string_view bytes) {
  if (bytes.empty()) return;
  if (size() + bytes.size() > capacity_) {
    reallocate(std::max(smallest, std::bit_ceil(size() + bytes.size())));
  }
  std::size_t const at = static_cast<std::size_t>(end_) & (capacity_ - 1);
  std::size_t const first = std::min(bytes.size(), capacity_ - at);
  std::memcpy(data_.get() + at, bytes.data(), first);
  std::memcpy(data_.get(), bytes.data() + first, bytes.size() - first);
  end_ += bytes.size();
}

void byte_ring::shrink() {
  if (size() == 0) {
    data_.reset();
    capacity_ = 0;
  } else if (capacity_ > smallest && size() < capacity_ / 4) {
    reallocate(std::max(smallest, std::bit_ceil(size() * 2)));
  }
}

void byte_ring::read(std::uint64_t from, std::uint64_t to,
                     std::vector<std::string_view>& out) const {
  if (from == to) return;
  std::size_t const at = static_cast<std::size_t>(from) & (capacity_ - 1);
  std::size_t const length = static_cast<std::size_t>(to - from);
  std::size_t const first = std::min(length, capacity_ - at);
  out.emplace_back(data_.get() + at, first);
  if (first < length) out.emplace_back(data_.get(), length - first);
}

void byte_ring::reallocate(std::size_t capacity) {
  std::vector<std::string_view> held;
  read(begin_, end_, held);
  auto data = std::make_unique_for_overwrite<char[]>(capacity);
  std::uint64_t offset =
      begin_;  // absolute offsets stay: cursors and the journal's index refer to them
  for (std::string_view piece : held) {
    for (std::size_t done = 0; done < piece.size();) {
      std::size_t const at = static_cast<std::size_t>(offset) & (capacity - 1);
      std::size_t const n = std::min(piece.size() - done, capacity - at);
      std::memcpy(data.get() + at, piece.data() + done, n);
      done += n;
      offset += n;
    }
  }
  data_ = std::move(data);
  capacity_ = capacity;
}

}  // namespace statelink
