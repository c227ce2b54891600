#include "statelink/server.hpp"

#include <filesystem>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "net/io_loop.hpp"

namespace statelink {

class server::impl {
 public:
  explicit impl(config c) : limits(std::move(c)) {
    std::string which;
    failed = check(limits, which);
    if (failed) return;
    try {
      loop = std::make_unique<io_loop>(limits);
    } catch (std::system_error const& e) {  // no descriptors left
      failed = e.code();
    }
  }

  config const limits;
  std::error_code failed;         // there is no loop: listen() and start() say why
  std::unique_ptr<io_loop> loop;  // else constant
  std::mutex stopping;            // guards what follows
  std::thread io_thread;
  bool stopped = false;
};

server::server(config limits) : impl_(std::make_unique<impl>(std::move(limits))) {}

server::~server() { stop(static_cast<std::uint16_t>(close_code::going_away), ""); }

std::size_t server::add_page(std::string const& route, page_content content) {
  if (!impl_->loop) return 0;
  page_set& pages = impl_->loop->pages();
  std::size_t const number = pages.contents.size();
  auto const* const file = std::get_if<page_file>(&content);
  std::error_code ignored;
  bool const is_folder = file != nullptr && std::filesystem::is_directory(file->path, ignored);
  std::string which;
  if (errc const bad = pages.table.add(route, number, is_folder, which); bad != errc::none) {
    impl_->failed = bad;
  }
  pages.contents.push_back(std::move(content));
  return number;
}

std::uint16_t server::listen(std::string const& host, std::uint16_t port, std::error_code& error) {
  error = impl_->failed;
  if (error) return 0;
  boost::system::error_code failed;
  std::uint16_t const taken = impl_->loop->listen(host, port, failed);
  error = failed;
  return taken;
}

std::error_code server::start() {
  if (impl_->failed) return impl_->failed;
  std::lock_guard const lock(impl_->stopping);
  if (impl_->stopped || impl_->io_thread.joinable()) return errc::already_started;
  try {
    impl_->io_thread = std::thread([this] { impl_->loop->run(); });
  } catch (std::system_error const& e) {
    return e.code();
  }
  return {};
}

int server::inbound_fd() const noexcept { return impl_->loop ? impl_->loop->inbound_fd() : -1; }

void server::take(inbound_batch& into) {
  if (impl_->loop)
    impl_->loop->take(into);
  else
    into.clear();
}

void server::hand_over(batch& b) {
  if (impl_->loop)
    impl_->loop->hand_over(b);
  else
    clear(b);
}

void server::stop(std::uint16_t code, std::string reason) {
  std::lock_guard const lock(impl_->stopping);
  if (std::exchange(impl_->stopped, true) || !impl_->loop) return;
  impl_->loop->stop(code, std::move(reason));
  if (impl_->io_thread.joinable()) {
    impl_->io_thread.join();
  } else {
    impl_->loop->close_listeners();
  }
}

server_counts server::counts() const {
  return impl_->loop ? impl_->loop->counts() : server_counts();
}

}  // namespace statelink
