// Engine and fan-out in every order: commit, link, relink, unlink, resync, wake-up, partial write, trim, resume. The model
// client (support/model_client.hpp) throws on every frame that docs/protocol.md, "Ordering", does not allow.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/simulation.hpp"

using namespace statelink;
using namespace statelink::test;

namespace {

struct action {
  std::string name;
  std::function<void(simulation&)> run;
  bool skips = false;  // see model_client::may_skip_instances
};

// Client 0 is watched, client 1 is in room A from the beginning.
constexpr std::size_t watched = 0;
constexpr std::size_t other = 1;

config small_rings() {
  config c;
  c.ring_frames = 3;
  return c;
}

/// Runs all sequences of `length` actions, each from a fresh beginning to a drained end.
class every_order {
 public:
  every_order(std::vector<action> actions, std::size_t length, config limits = small_rings())
      : actions_(std::move(actions)), length_(length), limits_(std::move(limits)) {}

  std::function<void(simulation&)> begin = [](simulation&) {};

  void run() {
    std::vector<std::size_t> order(length_, 0);
    std::size_t sequences = 0;
    do {
      run(order);
      if (testing::Test::HasFailure()) return;
      ++sequences;
    } while (advance(order));
    testing::Test::RecordProperty("sequences", static_cast<int>(sequences));
  }

 private:
  bool advance(std::vector<std::size_t>& order) const {
    for (std::size_t& place : order) {
      if (++place < actions_.size()) return true;
      place = 0;
    }
    return false;
  }

  void run(std::vector<std::size_t> const& order) {
    simulation s(limits_);
    s.add_client();
    s.add_client();
    s.link(other, s.room, "A");
    begin(s);
    s.drain();
    std::vector<std::string> const before = s.model(watched).take_heard();
    try {
      for (std::size_t a : order) {
        if (actions_[a].skips) s.model(watched).may_skip_instances = true;
        actions_[a].run(s);
      }
      if (!s.is_connected(watched)) s.reconnect(watched);
      s.drain();
      s.check_all();
    } catch (std::exception const& e) {
      std::string story;
      for (std::size_t a : order) story += actions_[a].name + ", ";
      story += "drain\nheard:";
      for (std::string const& h : s.model(watched).heard()) story += " " + h;
      FAIL() << e.what() << "\nafter " << story;
    }
  }

  std::vector<action> const actions_;
  std::size_t const length_;
  config const limits_;
};

action const other_commits{"other commits", [](simulation& s) { s.increment(other, s.room); }};
action const own_commit{"commit of what is seen", [](simulation& s) { s.increment(watched, s.room); }};
action const unshared_commit{"unshared commit", [](simulation& s) { s.increment(watched, s.own); }};
action const link_a{"link A", [](simulation& s) {
                      s.event(watched, [&](turn& t) {
                        s.link(t, s.room, "A");
                        s.increment(t, s.room);
                      });
                    }};
action const link_b{"link B", [](simulation& s) { s.link(watched, s.room, "B"); }};
action const unlink{"unlink", [](simulation& s) {
                      if (s.core.linked(s.number(watched), s.room)) s.unlink(watched, s.room);
                    }};
action const resync{"resync", [](simulation& s) { s.resync(watched, s.room); }, true};
action const resync_unshared{"resync unshared", [](simulation& s) { s.resync(watched, s.own); }, true};
action const wake_up{"wake-up", [](simulation& s) { s.wake_up(); }};
action const wake_up_partly{"partial wake-up", [](simulation& s) { s.wake_up(watched, 50); }};
action const wake_up_blocked{"blocked wake-up", [](simulation& s) { s.wake_up(watched, 0); }};
action const trim{"trim", [](simulation& s) { s.out.trim(); }};
action const renew{"renew snapshots", [](simulation& s) { s.renew_snapshots(); }};
action const reconnect{"reconnect", [](simulation& s) {
                         s.disconnect(watched);
                         s.reconnect(watched);
                       }};
action const supersede{"supersede", [](simulation& s) { s.reconnect(watched); }};

TEST(interleavings, of_everything) {
  every_order({other_commits, own_commit, link_a, link_b, unlink, resync, wake_up, wake_up_partly, trim,
               renew, reconnect},
              4)
      .run();
}

TEST(interleavings, of_links_and_slow_sockets) {
  every_order({other_commits, link_a, link_b, unlink, wake_up_partly, trim}, 6).run();
}

TEST(interleavings, of_unshared_values_links_and_resyncs) {
  every_order({unshared_commit, link_a, unlink, resync_unshared, wake_up, wake_up_partly, renew}, 5).run();
}

TEST(interleavings, of_resumes) {
  every_order({own_commit, unshared_commit, link_a, unlink, wake_up_partly, reconnect, supersede}, 5).run();
}

TEST(interleavings, of_resyncs_and_resumes_in_a_room) {
  every_order e({other_commits, unshared_commit, resync, resync_unshared, wake_up_partly, renew, reconnect}, 5);
  e.begin = [](simulation& s) {
    s.increment(watched, s.own);
    s.link(watched, s.room, "A");
  };
  e.run();
}

TEST(interleavings, of_a_client_that_falls_behind) {
  every_order e({other_commits, unlink, link_a, wake_up_blocked, trim, renew, reconnect}, 5);
  e.begin = [](simulation& s) { s.link(watched, s.room, "A"); };
  e.run();
}

}  // namespace
