// Wakes another thread that waits on a file descriptor. The only file (with its .cpp) that is
// Linux's alone.
#pragma once

namespace statelink {

class wakeup {
 public:
  wakeup();  ///< throws std::system_error
  ~wakeup();
  wakeup(wakeup const&) = delete;
  wakeup& operator=(wakeup const&) = delete;

  /// Readable from notify() until drain().
  int fd() const noexcept { return fd_; }
  void notify() noexcept;  ///< any thread
  void drain() noexcept;

 private:
  int const fd_;
};

}  // namespace statelink
