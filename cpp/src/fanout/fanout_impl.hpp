// What is behind statelink/fanout.hpp, where the verbs are described.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fanout/batch.hpp"
#include "fanout/subscriber.hpp"
#include "statelink/fanout.hpp"

namespace statelink {

class fanout::impl {
 public:
  explicit impl(config const& limits) : limits_(limits) {}

  subscriber& open(session_no session);
  void close(subscriber& s);
  void apply(batch const& b);
  subscriber* next_dirty();
  std::size_t gather(subscriber& s, std::vector<std::string_view>& out);
  void written(subscriber& s, std::size_t size, bool blocked);
  void writable(subscriber& s);
  void push_control(subscriber& s, std::string_view frame);
  void resync(subscriber& s, std::vector<instance_no> const& instances);
  void trim();
  std::vector<journal_no> take_snapshot_requests() { return std::exchange(requests_, {}); }
  std::vector<session_close> take_closes() { return std::exchange(closes_, {}); }
  fanout_counts const& counts() const noexcept { return counts_; }
  std::size_t journals() const noexcept { return journals_.size(); }
  std::size_t journal_memory() const noexcept;

 private:
  class planner;

  void apply(batch const& b, journal_item const& item);
  void apply(batch const& b, attach_item const& item);
  void apply(batch const& b, entry_item const& item);
  void apply(batch const& b, close_item const& item);
  void apply(batch const&, flow_item const&) {}  // the network part's
  void apply(batch const&, page_item const&) {}  // likewise

  shared_journal& journal_of(journal_no no);
  void mark(subscriber& s);
  void mark_all(shared_journal& j);
  void needs_trim(shared_journal& j);
  void request_snapshot(shared_journal& j);
  void detach(subscriber& s);
  void add_cursor(subscriber& s, shared_journal& j, position at, bool lost);
  void end_cursor(subscriber& s, journal_no no);
  void end_waiting(shared_journal& j);
  void change_cursors(subscriber& s, subscriber::entry const& e);
  static void compact(subscriber& s);
  static position limit_by_gate(journal const& j, position from, std::uint64_t gate);

  config const& limits_;
  std::unordered_map<journal_no, std::unique_ptr<shared_journal>> journals_;
  std::unordered_map<session_no, std::unique_ptr<subscriber>> sessions_;
  std::unordered_map<client_no, subscriber*> clients_;
  std::deque<subscriber*> dirty_;
  std::vector<shared_journal*> to_trim_;
  std::vector<journal_no> requests_;
  std::vector<session_close> closes_;
  fanout_counts counts_;
};

}  // namespace statelink
