// Coming back: identity, what was missed, answers that were lost.
#include <gtest/gtest.h>

#include "support/simulation.hpp"

using namespace statelink;
using namespace statelink::test;

namespace {

struct resume : testing::Test {
  std::optional<simulation> made;
  simulation& s = made.emplace();

  void clients(std::size_t n) {
    for (std::size_t c = 0; c < n; ++c) s.add_client();
    settle();
  }
  void settle() {
    s.drain();
    s.check_all();
  }
  std::vector<std::string> heard(std::size_t c) { return s.model(c).take_heard(); }
  using words = std::vector<std::string>;
};

TEST_F(resume, goes_on_with_the_frames_that_were_missed) {
  clients(2);
  for (std::size_t c : {0u, 1u}) s.link(c, s.room, "A");
  s.increment(0, s.own);
  settle();
  s.disconnect(0);
  s.increment(1, s.room);
  s.increment(1, s.room);
  heard(0);
  s.reconnect(0);
  settle();
  EXPECT_TRUE(s.model(0).resumed());
  EXPECT_EQ(s.model(0).counted().snapshots, 0);
  EXPECT_EQ(s.model(0).counted().patches, 2);
  EXPECT_EQ(heard(0).back(), "hydrated");
}

TEST_F(resume, goes_on_in_the_client_stream) {
  clients(1);
  s.increment(0, s.own);
  s.increment(0, s.pad);
  settle();
  s.increment(0, s.own);
  s.increment(0, s.pad);
  s.increment(0, s.pad);
  s.wake_up(0, 0);  // all is lost with the socket
  s.disconnect(0);
  s.reconnect(0);
  settle();
  EXPECT_EQ(s.model(0).counted().snapshots, 0);
  EXPECT_EQ(s.model(0).counted().patches, 3);
}

TEST_F(resume, with_nothing_missed_is_a_hello_and_hydrated) {
  clients(2);
  s.link(0, s.room, "A");
  s.increment(0, s.own);
  settle();
  s.disconnect(0);
  heard(0);
  s.reconnect(0);
  settle();
  EXPECT_EQ(heard(0), (words{"resumed", "hydrated"}));
}

TEST_F(resume, what_is_committed_in_the_batch_of_the_hello_is_not_lost) {
  clients(1);
  s.increment(0, s.own);
  settle();
  s.disconnect(0);
  s.reconnect(0);
  s.increment(0, s.own);  // say, by on_load
  settle();
  EXPECT_EQ(s.model(0).counted().snapshots, 0);
}

TEST_F(resume, by_a_snapshot_where_the_ring_has_gone_on) {
  config limits;
  limits.ring_frames = 4;
  simulation& small = made.emplace(limits);
  clients(2);
  for (std::size_t c : {0u, 1u}) small.link(c, small.room, "A");
  small.increment(0, small.own);
  settle();
  small.disconnect(0);
  for (int i = 0; i < 10; ++i) {
    small.increment(1, small.room);
    small.drain();
  }
  small.reconnect(0);
  settle();
  EXPECT_TRUE(small.model(0).resumed());
  EXPECT_EQ(small.model(0).counted().snapshots, 1);
  EXPECT_EQ(small.model(0).counted().patches, 0);
}

TEST_F(resume, of_a_client_that_holds_nothing_introduces_everything) {
  clients(2);
  s.link(0, s.room, "A");
  s.increment(0, s.room);
  for (int i = 0; i < 50; ++i) s.increment(0, s.pad);
  settle();
  s.disconnect(0);
  s.model(0).forget_values();
  s.reconnect(0);
  settle();
  EXPECT_TRUE(s.model(0).resumed());
  EXPECT_EQ(s.model(0).counted().patches, 1);  // the room's; not the fifty of Pad
}

TEST_F(resume, after_a_link_that_was_not_heard) {
  clients(2);
  s.link(1, s.room, "A");
  s.increment(1, s.room);
  s.increment(0, s.room);
  settle();
  s.link(0, s.room, "A");
  s.wake_up(0, 0);
  s.disconnect(0);
  s.reconnect(0);
  settle();
  EXPECT_EQ(s.model(0).held("Room")->instance, s.core.find_room(s.room, "A"));
}

TEST_F(resume, after_an_unlink_that_was_not_heard) {
  clients(1);
  s.increment(0, s.room);
  s.link(0, s.room, "A");
  settle();
  s.unlink(0, s.room);
  s.increment(0, s.room);
  s.wake_up(0, 0);
  s.disconnect(0);
  s.reconnect(0);
  settle();
  EXPECT_EQ((*s.model(0).values("Room")).at("count"), 2);
}

TEST_F(resume, after_a_resync_that_was_not_answered) {
  clients(1);
  s.increment(0, s.own);
  s.increment(0, s.pad);
  settle();
  s.resync(0, s.own);
  s.increment(0, s.own);
  s.increment(0, s.pad);
  s.wake_up();
  s.disconnect(0);
  s.reconnect(0);
  settle();
}

TEST_F(resume, does_not_show_again_what_was_left) {
  // Private values were shown before the link; a private change of another class was missed.
  clients(2);
  s.increment(0, s.own);
  s.increment(0, s.room);
  s.link(0, s.room, "A");
  settle();
  s.disconnect(0);
  instance_no const a = s.core.find_room(s.room, "A");
  turn t;  // of nobody: a background change
  s.core.begin(t, {});
  ++s.enter(t, s.core.own(s.number(0), s.own)).now.count;
  s.core.commit(t);
  s.note_commit(t);
  s.core.end(t);
  heard(0);
  s.reconnect(0);
  settle();
  for (std::string const& h : heard(0)) {
    EXPECT_FALSE(h.starts_with("Room=") && !h.starts_with("Room=" + std::to_string(a.value))) << h;
  }
}

// --- identity

TEST_F(resume, needs_the_secret_and_the_boot_id) {
  struct {
    char const* what;
    void (*change)(resume_request&);
  } const cases[] = {
      {"wrong secret", [](resume_request& r) { r.secret = "guessed"; }},
      {"no secret", [](resume_request& r) { r.secret.clear(); }},
      {"secret cut short", [](resume_request& r) { r.secret.pop_back(); }},
      {"wrong boot", [](resume_request& r) { r.boot = "before"; }},
      {"unknown token", [](resume_request& r) { r.client_token = "nobody"; }},
      {"the token as secret", [](resume_request& r) { r.secret = r.client_token; }},
  };
  for (auto const& c : cases) {
    SCOPED_TRACE(c.what);
    simulation& sim = made.emplace();
    sim.add_client();
    sim.increment(0, sim.own);
    sim.drain();
    client_no const known = sim.number(0);
    std::string const known_token = sim.model(0).client_token();
    sim.disconnect(0);
    hello_frame hello = sim.model(0).say_hello();
    c.change(*hello.resume);
    sim.reconnect(0, hello);
    settle();
    EXPECT_FALSE(sim.model(0).resumed());
    EXPECT_NE(sim.number(0), known);
    EXPECT_NE(sim.model(0).client_token(), known_token);
    EXPECT_EQ((*sim.model(0).values("Own")).at("count"), 0);
    EXPECT_EQ(sim.core.clients(), 2u);  // the other one was not touched
    EXPECT_EQ(sim.values(sim.core.own(known, sim.own)).committed().count, 1);
  }
}

TEST_F(resume, of_a_stolen_token_does_not_disturb_its_owner) {
  clients(1);
  s.increment(0, s.own);
  settle();
  hello_frame thief;
  thief.resume = resume_request{s.token(0), "guessed", s.core.boot(), {}, 0};
  subscriber& socket = s.out.open({999});
  auto const connected = s.core.connect({999}, thief);
  EXPECT_FALSE(connected.resumed);
  EXPECT_NE(connected.client, s.number(0));
  s.hand_over();
  EXPECT_TRUE(s.out.take_closes().empty());
  s.increment(0, s.own);
  settle();
  s.out.close(socket);
}

TEST_F(resume, supersedes_the_old_session_at_once) {
  clients(2);
  for (std::size_t c : {0u, 1u}) s.link(c, s.room, "A");
  settle();
  s.wake_up();
  session_no const old = s.core.session_of(s.number(0));
  s.increment(0, s.room);
  s.reconnect(0);
  auto const closes = s.out.take_closes();
  ASSERT_EQ(closes.size(), 1u);
  EXPECT_EQ(closes[0].session, old);
  EXPECT_EQ(closes[0].code, 4409u);
  EXPECT_EQ(s.core.client_of(old), client_no{});
  EXPECT_EQ(s.core.disconnect(old, std::chrono::milliseconds(0)), client_no{});
  settle();
  EXPECT_TRUE(s.model(0).resumed());
}

// --- answers

TEST_F(resume, lost_answers_are_given_again_and_only_those) {
  clients(1);
  s.increment(0, s.own);
  settle();
  s.increment(0, s.own);
  s.event(0, [](turn&) { throw std::runtime_error("no"); });
  s.increment(0, s.own);
  s.increment(0, s.own);
  s.wake_up(0, 0);
  s.disconnect(0);
  heard(0);
  s.reconnect(0);
  settle();
  // The model client would not take an answer twice.
  words const all = heard(0);
  std::size_t const answers =
      static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](std::string const& h) {
        return h.starts_with("ack") || h.starts_with("error");
      }));
  EXPECT_EQ(answers, 3u);
  EXPECT_EQ(s.model(0).answer(3), "handler_error");
  EXPECT_EQ(s.model(0).answered(), (std::vector<event_id>{1, 2, 3, 4, 5}));
}

TEST_F(resume, answers_that_are_given_again_come_after_what_they_did) {
  clients(2);
  for (std::size_t c : {0u, 1u}) s.link(c, s.room, "A");
  s.increment(0, s.own);
  settle();
  s.increment(0, s.room);
  s.increment(0, s.own);
  s.wake_up(0, 0);
  s.disconnect(0);
  s.resync(1, s.room);
  s.reconnect(0);
  settle();
  words const all = heard(0);
  ASSERT_GE(all.size(), 4u);
  EXPECT_EQ(words(all.end() - 2, all.end()), (words{"ack [3,4]", "hydrated"}));
  EXPECT_EQ(s.model(0).counted().patches, 2);

  // By a snapshot that takes its time, too.
  s.model(0).forget_values();
  s.increment(0, s.own);
  s.wake_up(0, 0);
  s.disconnect(0);
  s.reconnect(0);
  s.wake_up();
  EXPECT_EQ(s.model(0).unanswered(), 1u);
  settle();
}

TEST_F(resume, an_event_that_ran_without_a_socket_is_answered) {
  clients(1);
  s.disconnect(0);
  s.increment(0, s.own);
  s.event(0, [](turn&) { throw std::runtime_error("no"); });
  s.drain();
  s.reconnect(0);
  settle();
  EXPECT_EQ(s.model(0).answered(), (std::vector<event_id>{1, 2}));
  EXPECT_EQ(s.model(0).answer(2), "handler_error");
}

TEST_F(resume, a_handler_that_is_still_running_is_answered_later) {
  clients(1);
  s.model(0).answers_may_be_late = true;
  s.open_event(0, [&](turn& t) { s.increment(t, s.own); });
  s.disconnect(0);
  s.reconnect(0);
  s.drain();
  EXPECT_TRUE(s.model(0).hydrated());
  EXPECT_EQ(s.model(0).unanswered(), 1u);
  s.close_events(true);
  settle();
}

TEST_F(resume, events_that_the_server_has_not_received_are_named) {
  clients(1);
  s.increment(0, s.own);
  settle();
  event_id const lost = s.model(0).send_event();  // on the way when the socket died
  s.disconnect(0);
  s.reconnect(0);
  s.drain();
  EXPECT_EQ(s.model(0).take_unsent(), std::vector<event_id>{lost});
  EXPECT_TRUE(s.core.receive(s.number(0), lost));
  EXPECT_FALSE(s.core.receive(s.number(0), lost));  // the same once more
  EXPECT_FALSE(s.core.receive(s.number(0), lost - 1));
  turn t;
  s.core.begin(t, s.number(0));
  s.core.commit(t);
  s.core.answer(t, lost);
  s.core.end(t);
  settle();
}

TEST_F(resume, forgotten_errors_are_said_to_be_forgotten) {
  config limits;
  limits.kept_errors = 2;
  simulation& few = made.emplace(limits);
  clients(1);
  few.disconnect(0);
  for (int i = 0; i < 4; ++i) {
    few.event(0, [](turn&) { throw std::runtime_error("no"); });
    few.increment(0, few.own);
  }
  few.reconnect(0);
  few.drain();
  few.check(0);
  // Errors: 1, 3, 5 and 7; the first two were forgotten.
  for (event_id e : {1u, 2u, 3u}) EXPECT_EQ(few.model(0).answer(e), "outcome_unknown") << e;
  for (event_id e : {5u, 7u}) EXPECT_EQ(few.model(0).answer(e), "handler_error") << e;
  for (event_id e : {4u, 6u, 8u}) EXPECT_EQ(few.model(0).answer(e), "") << e;
}

// --- clients without `append`

TEST_F(resume, a_plain_client_goes_on_by_snapshots_made_after_its_hello) {
  clients(2);
  for (std::size_t c : {0u, 1u}) s.link(c, s.room, "A");
  s.increment(0, s.pad);
  settle();
  EXPECT_TRUE(s.core.append_allowed());
  s.disconnect(0);
  for (int i = 0; i < 3; ++i) s.increment(1, s.room);
  s.increment(0, s.pad);
  hello_frame hello = s.model(0).say_hello();
  hello.understands_append = false;
  s.reconnect(0, hello);
  EXPECT_FALSE(s.core.append_allowed());
  settle();
  EXPECT_EQ(s.model(0).counted().patches, 0);
  s.increment(1, s.room);
  settle();
  EXPECT_EQ(s.model(0).counted().patches, 1);
  s.disconnect(0);
  s.core.forget(s.number(0));
  EXPECT_TRUE(s.core.append_allowed());
}

}  // namespace
