// The I/O thread in its steady state takes no memory: every allocation of it is counted.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "net/test_server.hpp"

namespace {

thread_local bool is_counted = true;  // of every thread but the test's own
std::atomic<std::size_t> allocations{0};

void* allocate(std::size_t size) {
  if (is_counted) allocations.fetch_add(1, std::memory_order_relaxed);
  void* const p = std::malloc(size);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

namespace statelink {
namespace {

using testing::framed;
using testing::test_server;
using testing::ws_client;

class io_allocations : public ::testing::Test {
 protected:
  io_allocations() {
    is_counted = false;
    server_ = std::make_unique<test_server>();
    client_ = std::make_unique<ws_client>(server_->port());
    client_->hello();
    server_->attach(1, framed("welcome"), {{{7}, position{0}, 0}});
    EXPECT_EQ(client_->receive().payload, "welcome");
  }
  ~io_allocations() override { is_counted = true; }

  void send_and_take() {
    client_->tcp().send(event_);
    pollfd p{server_->get().inbound_fd(), POLLIN, 0};
    for (in_.clear(); in_.items.empty(); server_->get().take(in_))
      ASSERT_EQ(::poll(&p, 1, 10'000), 1);
  }
  void commit_and_receive(position at) {
    out_.bytes = patch_;
    out_.bytes += ack_;
    auto const patch_size = static_cast<std::uint32_t>(patch_.size());
    auto const ack_size = static_cast<std::uint32_t>(ack_.size());
    out_.journals.push_back({journal_item::kind::append, {7}, at, {0, patch_size}});
    out_.outbox.emplace_back(entry_item{{1}, {patch_size, ack_size}, {{{7}, at}}, 0, {}, {}});
    server_->get().hand_over(out_);
    std::size_t const size = patch_.size() + ack_.size();
    ASSERT_EQ(client_->tcp().receive(size).size(), size);
  }

  std::string const event_ =
      testing::client_text(R"({"e":1,"h":"Room.rename","a":{"name":"Ada"}})");
  std::string const patch_ =
      framed(R"({"i":7,"r":42,"p":[{"op":"replace","path":"/count","value":4}]})");
  std::string const ack_ = framed(R"({"a":1,"f":[[7,42]]})");
  std::unique_ptr<test_server> server_;
  std::unique_ptr<ws_client> client_;
  inbound_batch in_;
  batch out_;
};

TEST_F(io_allocations, none_for_an_event) {
  for (int i = 0; i < 100; ++i) send_and_take();
  std::size_t const before = allocations;
  for (int i = 0; i < 1000; ++i) send_and_take();
  EXPECT_EQ(allocations - before, 0u);
}

TEST_F(io_allocations, at_most_one_or_two_for_a_hand_over) {  // of the journals' and lists' memory,
                                                              // however many events it answers
  position at = 0;
  auto const turn = [&] {
    send_and_take();
    commit_and_receive(++at);
  };
  while (at < 3000) turn();  // the ring is full
  std::size_t const before = allocations;
  while (at < 4000) turn();
  RecordProperty("allocations_in_1000_turns", static_cast<int>(allocations - before));
  EXPECT_LT(allocations - before, 2000u);
}

}  // namespace
}  // namespace statelink
