#include "net/server.hpp"

#include <filesystem>
#include <thread>
#include <utility>

#include "net/io_loop.hpp"

namespace statelink {

class server::impl {
 public:
  explicit impl(config c) : limits(std::move(c)), loop(limits) {}

  config const limits;
  io_loop loop;
  std::mutex stopping;  // guards what follows
  std::thread io_thread;
  bool stopped = false;
};

server::server(config limits) : impl_(std::make_unique<impl>(std::move(limits))) {}

server::~server() { stop(static_cast<std::uint16_t>(close_code::going_away), ""); }

std::size_t server::add_page(std::string route, page_content content) {
  page_set& pages = impl_->loop.pages();
  std::size_t const number = pages.contents.size();
  auto const* const file = std::get_if<page_file>(&content);
  std::error_code ignored;
  bool const is_folder = file != nullptr && std::filesystem::is_directory(file->path, ignored);
  pages.table.add(route, number, is_folder);
  pages.contents.push_back(std::move(content));
  return number;
}

std::uint16_t server::listen(std::string const& host, std::uint16_t port, std::error_code& error) {
  boost::system::error_code failed;
  std::uint16_t const taken = impl_->loop.listen(host, port, failed);
  error = failed;
  return taken;
}

void server::start() {
  impl_->io_thread = std::thread([this] { impl_->loop.run(); });
}

int server::inbound_fd() const noexcept { return impl_->loop.inbound_fd(); }

void server::take(inbound_batch& into) { impl_->loop.take(into); }

void server::hand_over(batch& b) { impl_->loop.hand_over(b); }

void server::stop(std::uint16_t code, std::string reason) {
  std::lock_guard const lock(impl_->stopping);
  if (std::exchange(impl_->stopped, true)) return;
  impl_->loop.stop(code, std::move(reason));
  if (impl_->io_thread.joinable()) {
    impl_->io_thread.join();
  } else {
    impl_->loop.close_listeners();
  }
}

server_counts server::counts() const { return impl_->loop.counts(); }

}  // namespace statelink
