// Long random runs with several clients, rooms, guests, slow sockets, turns that stay open, resumes
// and the end of clients. Everything that any client receives is checked by its model; after each
// run all show what the engine has.
#include <gtest/gtest.h>

#include <random>

#include "support/simulation.hpp"

using namespace statelink;
using namespace statelink::test;

namespace {

class random_run {
 public:
  random_run(unsigned seed, config limits) : random_(seed), s_(std::move(limits)) {
    for (int i = 0; i < 5; ++i) add_client();
  }

  /// What was done, last line last.
  std::string const& story() const { return story_; }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      step();
      story_ += '\n';
    }
    story_ += "the end\n";
    s_.close_events(true);
    for (std::size_t c = 0; c < clients_; ++c) {
      if (!s_.is_connected(c)) s_.reconnect(c);
    }
    s_.drain();
    s_.check_all();
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }

  void add_client() {
    model_client& m = s_.model(s_.add_client());
    m.answers_may_be_late = m.may_skip_instances = true;
    ++clients_;
  }

  class_no shared_class() { return one_in(2) ? s_.room : s_.pad; }
  class_no any_class() { return one_in(3) ? s_.own : shared_class(); }

  std::string link_token(std::size_t actor) {
    static char const* const names[] = {"A", "B", "C"};
    if (!one_in(3)) return names[below(3)];
    std::size_t const owner = below(clients_);
    return owner == actor ? "A" : s_.token(owner);
  }

  /// What a handler does; nothing where another turn holds what it needs.
  void act(turn& t, std::size_t actor) {
    auto const is_free = [&](instance_no no) {
      bool const is_mine = t.has_entered(no);
      return is_mine || !s_.is_held(no);
    };
    for (std::size_t n = 1 + below(3); n-- > 0;) {
      class_no const cls = shared_class();
      instance_no const linked = s_.core.linked(t.actor(), cls);
      switch (below(6)) {
        case 0: {
          std::string const token = link_token(actor);
          if (is_free(s_.core.room(cls, token)) && is_free(linked)) {
            s_.link(t, cls, token);
            tell("link " + s_.core.definition(cls).name + " " + token,
                 s_.core.linked(t.actor(), cls).value);
          }
          break;
        }
        case 1:
          if (linked && is_free(linked)) {
            s_.unlink(t, cls);
            tell("unlink", linked.value);
          }
          break;
        default: {
          class_no const changed = any_class();
          instance_no const seen =
              one_in(4) ? s_.core.overlay(t.actor(), changed) : s_.core.visible(t.actor(), changed);
          if (is_free(seen)) {
            ++s_.enter(t, seen).now.count;
            tell("change", seen.value);
          }
        }
      }
    }
    if (one_in(8)) {
      s_.core.commit(t);  // a yield
      story_ += "commit ";
      s_.note_commit(t);
    }
  }

  /// A change by no client, of a room or of a client's own.
  void background_change() {
    class_no const cls = any_class();
    instance_no const no = cls != s_.own && one_in(2)
                               ? s_.core.room(cls, "A")
                               : s_.core.own(s_.number(below(clients_)), cls);
    if (s_.is_held(no)) return;
    tell("background change", no.value);
    turn t;
    s_.core.begin(t, {});
    ++s_.enter(t, no).now.count;
    s_.core.commit(t);
    s_.note_commit(t);
    s_.core.end(t);
  }

  void step() {
    std::size_t const c = below(clients_);
    switch (below(24)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
      case 6:
        tell("event", c);
        s_.event(c, [&](turn& t) { act(t, c); });
        break;
      case 7:
        tell("failing event", c);
        s_.event(c, [&](turn& t) {
          act(t, c);
          throw std::runtime_error("no");
        });
        break;
      case 8:
        tell("open event", c);
        s_.open_event(c, [&](turn& t) { act(t, c); });
        break;
      case 9:
        tell("close events", c);
        s_.close_events(!one_in(3));
        break;
      case 10:
        background_change();
        break;
      case 11:
      case 12:
      case 13:
        tell("partial wake-up", c);
        s_.wake_up(c, below(200));
        break;
      case 14:
        tell("wake-up", c);
        s_.wake_up();
        break;
      case 15:
        tell("hand over", c);
        s_.hand_over();
        break;
      case 16:
      case 17:
        tell("trim", c);
        s_.out.trim();
        break;
      case 18:
      case 19:
        tell("renew", c);
        s_.renew_snapshots();
        break;
      case 20:
        tell("resync", c);
        s_.resync(c, any_class());
        break;
      case 21:
        tell("disconnect", c);
        s_.disconnect(c);
        break;
      case 22:
        tell("reconnect", c);
        s_.reconnect(c);
        break;
      default:
        if (one_in(4)) {
          tell("drain", c);
          s_.drain();
        } else if (one_in(4)) {
          tell("forget", c);
          s_.close_events(true);
          s_.disconnect(c);
          s_.core.forget(s_.number(c));
          s_.reconnect(c);
        }
    }
  }

  void tell(std::string const& what, std::size_t c) {
    story_ += what + " " + std::to_string(c) + " ";
  }

  std::mt19937 random_;
  std::string story_;
  simulation s_;
  std::size_t clients_ = 0;
};

struct variant {
  char const* name;
  std::size_t ring_frames;
  std::size_t send_bytes;
};

class random_runs : public testing::TestWithParam<variant> {};

TEST_P(random_runs, keep_every_promise) {
  config limits;
  limits.ring_frames = GetParam().ring_frames;
  limits.send_bytes = GetParam().send_bytes;
  for (unsigned seed = 1; seed <= 150; ++seed) {
    random_run r(seed, limits);
    try {
      r.run(400);
    } catch (std::exception const& e) {
      FAIL() << "seed " << seed << ": " << e.what() << "\nafter\n" << r.story();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(rings, random_runs,
                         testing::Values(variant{"default_limits", 2048, 256 << 10},
                                         variant{"tiny_rings", 3, 256 << 10},
                                         variant{"small_rings", 16, 300},
                                         variant{"frame_by_frame", 2048, 1}),
                         [](auto const& v) { return v.param.name; });

}  // namespace
