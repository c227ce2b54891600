// Batches made by hand, and a socket for each session, so that the fan-out is tested without
// engine, JSON and network. Frames are plain texts in brackets, "[r1]", so that a torn or misplaced
// one is seen.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fanout/batch.hpp"
#include "fanout/subscriber.hpp"
#include "statelink/fanout.hpp"

namespace statelink::test {

/// Fills a batch.
class batch_maker {
 public:
  batch_maker& append(std::uint64_t journal, position at, std::string_view text) {
    return put(journal_item::kind::append, journal, at, text);
  }
  /// A frame of a client stream that carries `instance` at `rev`.
  batch_maker& stream(std::uint64_t journal, position at, std::string_view text,
                      std::uint64_t gate = 0, std::uint64_t instance = 0, revision rev = 0) {
    put(journal_item::kind::stream, journal, at, text);
    made_.journals.back().gate = gate;
    made_.journals.back().carries = {{instance}, rev};
    return *this;
  }
  batch_maker& snapshot(std::uint64_t journal, position at, std::string_view text,
                        std::uint64_t gate = 0) {
    put(journal_item::kind::snapshot, journal, at, text);
    made_.journals.back().gate = gate;
    return *this;
  }
  batch_maker& gone(std::uint64_t journal) { return put(journal_item::kind::gone, journal, 0, ""); }
  batch_maker& drop(std::uint64_t journal) { return put(journal_item::kind::drop, journal, 0, ""); }

  /// A new client whose stream is journal `client`, at its beginning, with cursors in `rooms`,
  /// which begin by a snapshot.
  batch_maker& attach(std::uint64_t session, std::uint64_t client, std::string preamble = "",
                      std::vector<std::uint64_t> const& rooms = {}) {
    attach_item item;
    item.client = {client};
    item.session = {session};
    item.preamble = std::move(preamble);
    item.stream = {client};
    item.stream_at = 0;
    for (std::uint64_t r : rooms) item.cursors.push_back({{r}, {}, 0});
    return attach(std::move(item));
  }
  batch_maker& attach(attach_item item) {
    made_.outbox.emplace_back(std::move(item));
    return *this;
  }
  batch_maker& entry(std::uint64_t client, std::string_view text, follow_list follow = {}) {
    made_.outbox.emplace_back(entry_item{{client}, add(text), std::move(follow), 0, {}, {}});
    return *this;
  }
  /// The client's so-many-th change of cursors.
  batch_maker& change(std::uint64_t client, std::uint64_t number, std::uint64_t end,
                      std::uint64_t start, std::string_view text = "") {
    made_.outbox.emplace_back(entry_item{{client}, add(text), {}, number, {end}, {start}});
    return *this;
  }
  batch_maker& close(std::uint64_t session, std::uint16_t code) {
    made_.outbox.emplace_back(close_item{{session}, code, "because"});
    return *this;
  }

  batch const& made() const { return made_; }

 private:
  batch_span add(std::string_view text) {
    batch_span const span{static_cast<std::uint32_t>(made_.bytes.size()),
                          static_cast<std::uint32_t>(text.size())};
    made_.bytes += text;
    return span;
  }
  batch_maker& put(journal_item::kind what, std::uint64_t journal, position at,
                   std::string_view text) {
    made_.journals.push_back({what, {journal}, at, add(text)});
    return *this;
  }

  batch made_;
};

/// A fan-out with sockets that take as many bytes as the test says.
class sockets {
 public:
  static constexpr std::size_t all = ~std::size_t{0};

  explicit sockets(config limits) : limits_(std::move(limits)), out(limits_) {}

  subscriber& open(std::uint64_t session) { return *(open_[session] = &out.open({session})); }
  void close(std::uint64_t session) {
    out.close(*open_.at(session));
    open_.erase(session);
  }
  void apply(batch_maker const& b) { out.apply(b.made()); }

  /// One send to one session: it takes at most `limit` bytes, and blocks when that is less than it
  /// was given. Returns how many it was given.
  std::size_t send(subscriber& s, std::size_t limit = all) {
    std::size_t const given = out.gather(s, views_);
    std::size_t const taken = std::min(limit, given);
    std::size_t left = taken;
    std::size_t sum = 0;
    for (std::string_view v : views_) {
      received[s.session().value] += v.substr(0, left);
      left -= std::min(left, v.size());
      sum += v.size();
    }
    if (given > 0) out.written(s, taken, taken < given);
    if (given != sum) throw std::logic_error("gather() miscounts");
    return given;
  }
  /// Sends until nobody has more to write.
  void drain() {
    while (subscriber* s = out.next_dirty()) send(*s);
  }
  void unblock(std::uint64_t session) { out.writable(*open_.at(session)); }
  subscriber& at(std::uint64_t session) { return *open_.at(session); }

  /// What the session received since the last call.
  std::string take(std::uint64_t session) { return std::exchange(received[session], {}); }

 private:
  config limits_;
  std::vector<std::string_view> views_;
  std::map<std::uint64_t, subscriber*> open_;

 public:
  fanout out;
  std::map<std::uint64_t, std::string> received;
};

/// The frames of a stream of bytes. Throws where one is torn.
inline std::vector<std::string> frames_of(std::string_view bytes) {
  std::vector<std::string> frames;
  while (!bytes.empty()) {
    std::size_t const end = bytes.find(']');
    if (bytes[0] != '[' || end == bytes.npos || bytes.find('[', 1) < end) {
      throw std::logic_error("torn frame: " + std::string(bytes));
    }
    frames.emplace_back(bytes.substr(0, end + 1));
    bytes.remove_prefix(end + 1);
  }
  return frames;
}

inline std::string text(char name, position at) {
  return "[" + std::string(1, name) + std::to_string(at) + "]";
}
inline std::string texts(char name, position after, position to) {
  std::string all;
  for (position at = after + 1; at <= to; ++at) all += text(name, at);
  return all;
}

}  // namespace statelink::test
