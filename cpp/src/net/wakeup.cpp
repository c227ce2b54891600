#include "net/wakeup.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace statelink {

wakeup::wakeup() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

wakeup::~wakeup() { ::close(fd_); }

void wakeup::notify() noexcept {
  std::uint64_t const one = 1;
  [[maybe_unused]] auto const written =
      ::write(fd_, &one, sizeof one);  // fails only where it is readable already
}

void wakeup::drain() noexcept {
  std::uint64_t count;
  [[maybe_unused]] auto const read = ::read(fd_, &count, sizeof count);
}

}  // namespace statelink
