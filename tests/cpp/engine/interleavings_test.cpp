// Engine and fan-out in every order: commit, link, relink, unlink, resync, wake-up, partial write,
// trim, resume. The model client (support/model_client.hpp) throws on every frame that
// docs/protocol.md, "Ordering", does not allow.
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
  enum { of_client, of_io } kind = of_client;
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

/// Runs all sequences of `length` actions, each from a fresh beginning to a drained end; but not
/// those that end with an action of the I/O thread, or repeat one at once: shorter ones say the
/// same.
class every_order {
 public:
  every_order(std::vector<action> actions, std::size_t length, config limits = small_rings())
      : actions_(std::move(actions)), length_(length), limits_(std::move(limits)) {}

  std::function<void(simulation&)> begin = [](simulation&) {};

  void run() {
    std::vector<std::size_t> order(length_, 0);
    std::size_t sequences = 0;
    do {
      if (says_nothing_new(order)) continue;
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

  bool says_nothing_new(std::vector<std::size_t> const& order) const {
    for (std::size_t i = 0; i < order.size(); ++i) {
      bool const is_io = actions_[order[i]].kind == action::of_io;
      if (is_io && (i + 1 == order.size() || order[i + 1] == order[i])) return true;
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
    s.ignore(other);
    s.model(watched).take_heard();
    try {
      for (std::size_t a : order) {
        if (actions_[a].skips) s.model(watched).may_skip_instances = true;
        actions_[a].run(s);
      }
      s.close_events(true);
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
action const own_commit{"commit of what is seen",
                        [](simulation& s) { s.increment(watched, s.room); }};
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
action const resync{"resync", [](simulation& s) { s.resync(watched, s.room); }, action::of_client,
                    true};
action const resync_unshared{"resync unshared", [](simulation& s) { s.resync(watched, s.own); },
                             action::of_client, true};
action const wake_up{"wake-up", [](simulation& s) { s.wake_up(); }, action::of_io};
action const wake_up_partly{"partial wake-up", [](simulation& s) { s.wake_up(watched, 50); },
                            action::of_io};
action const wake_up_blocked{"blocked wake-up", [](simulation& s) { s.wake_up(watched, 0); },
                             action::of_io};
action const trim{"trim", [](simulation& s) { s.out.trim(); }, action::of_io};
action const renew{"renew snapshots", [](simulation& s) { s.renew_snapshots(); }, action::of_io};
action const reconnect{"reconnect", [](simulation& s) {
                         s.disconnect(watched);
                         s.reconnect(watched);
                       }};
action const supersede{"supersede", [](simulation& s) { s.reconnect(watched); }};

// The other client as a guest of the watched one's own values.
action const guest_links{"guest links", [](simulation& s) {
                           if (s.is_held(s.core.find_room(s.room, s.token(watched))) ||
                               s.is_held(s.core.linked(s.number(other), s.room))) {
                             return;
                           }
                           s.link(other, s.room, s.token(watched));
                         }};
action const guest_unlinks{"guest unlinks", [](simulation& s) {
                             if (s.core.linked(s.number(other), s.room)) s.unlink(other, s.room);
                           }};
action const guest_commits{"guest commits", [](simulation& s) { s.increment(other, s.room); }};

// Turns that wait for something while others go on. One client has one turn at a time.
action const open_link{"open: change and link A", [](simulation& s) {
                         s.open_event(watched, [&](turn& t) {
                           if (s.is_held(s.core.find_room(s.room, "A")) ||
                               s.is_held(s.core.visible(t.actor(), s.room))) {
                             return;
                           }
                           s.increment(t, s.own);
                           s.increment(t, s.room);
                           s.link(t, s.room, "A");
                           s.increment(t, s.room);
                         });
                       }};
action const open_unlink{"open: unlink and change", [](simulation& s) {
                           s.open_event(watched, [&](turn& t) {
                             instance_no const room = s.core.linked(t.actor(), s.room);
                             if (!room || s.is_held(room)) return;
                             s.increment(t, s.room);
                             s.unlink(t, s.room);
                             s.increment(t, s.room);
                           });
                         }};
action const open_change{"open: change", [](simulation& s) {
                           s.open_event(watched, [&](turn& t) {
                             if (s.is_held(s.core.visible(t.actor(), s.room))) return;
                             s.increment(t, s.room);
                             s.increment(t, s.own);
                           });
                         }};
action const other_opens{"open: other changes", [](simulation& s) {
                           s.open_event(other, [&](turn& t) {
                             if (!s.is_held(s.core.visible(t.actor(), s.room)))
                               s.increment(t, s.room);
                           });
                         }};
action const commit_open{"commit", [](simulation& s) { s.close_events(true); }};
action const roll_back_open{"roll back", [](simulation& s) { s.close_events(false); }};

TEST(interleavings, of_everything) {
  every_order({other_commits, own_commit, link_a, link_b, unlink, resync, wake_up, wake_up_partly,
               trim, renew, reconnect},
              4)
      .run();
}

TEST(interleavings, of_links_and_slow_sockets) {
  every_order({other_commits, link_a, link_b, unlink, wake_up_partly, trim}, 6).run();
}

TEST(interleavings, of_unshared_values_links_and_resyncs) {
  every_order({unshared_commit, link_a, unlink, resync_unshared, wake_up, wake_up_partly, renew}, 5)
      .run();
}

TEST(interleavings, of_resumes) {
  every_order({own_commit, unshared_commit, link_a, unlink, wake_up_partly, reconnect, supersede},
              5)
      .run();
}

TEST(interleavings, of_resyncs_and_resumes_in_a_room) {
  every_order e(
      {other_commits, unshared_commit, resync, resync_unshared, wake_up_partly, renew, reconnect},
      5);
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

TEST(interleavings, of_an_owner_whose_values_become_a_room) {
  every_order e({own_commit, unshared_commit, guest_links, guest_unlinks, guest_commits, link_a,
                 unlink, wake_up_partly, reconnect},
                4);
  e.run();
}

TEST(interleavings, of_turns_that_take_their_time) {
  every_order e({open_link, open_unlink, open_change, commit_open, roll_back_open, other_opens,
                 guest_links, resync, resync_unshared, wake_up, renew, reconnect},
                4);
  e.begin = [](simulation& s) {
    s.model(watched).answers_may_be_late = true;
    s.increment(watched, s.own);
  };
  e.run();
}

TEST(interleavings, of_a_room_that_is_held) {
  every_order e(
      {open_unlink, open_change, commit_open, roll_back_open, resync, wake_up, renew, reconnect},
      5);
  e.begin = [](simulation& s) {
    s.model(watched).answers_may_be_late = true;
    s.link(watched, s.room, "A");
  };
  e.run();
}

}  // namespace
