#include "journal/journal.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

using statelink::journal;
using statelink::position;

namespace {

std::string frame(position at) { return "<" + std::to_string(at) + ">"; }

std::string frames(position from, position to) {
  std::string all;
  for (position at = from + 1; at <= to; ++at) all += frame(at);
  return all;
}

std::string read(journal const& j, position from, position to) {
  std::vector<std::string_view> views;
  std::size_t const size = j.read(from, to, views);
  std::string all;
  for (std::string_view v : views) all += v;
  EXPECT_EQ(size, all.size());
  EXPECT_EQ(j.size_between(from, to), all.size());
  return all;
}

void append(journal& j, position from, position to) {
  for (position at = from + 1; at <= to; ++at) j.append(at, frame(at));
}

constexpr position all = ~position{0};

TEST(journal, is_nothing_at_first) {
  journal const j;
  EXPECT_EQ(j.head(), 0u);
  EXPECT_EQ(j.memory(), 0u);
  EXPECT_FALSE(j.snapshot_at());
  EXPECT_TRUE(j.can_continue(0));
  EXPECT_FALSE(j.can_continue(1));
  EXPECT_EQ(read(j, 0, 0), "");
}

TEST(journal, gives_the_frames_after_a_cursor) {
  journal j;
  append(j, 0, 12);
  EXPECT_EQ(j.head(), 12u);
  EXPECT_EQ(j.frames(), 12u);
  EXPECT_EQ(read(j, 0, 12), frames(0, 12));
  EXPECT_EQ(read(j, 3, 11), frames(3, 11));
  EXPECT_EQ(read(j, 12, 12), "");
  EXPECT_TRUE(j.can_continue(12));
  EXPECT_FALSE(j.can_continue(13));
}

TEST(journal, trims_to_a_number_of_frames) {
  journal j;
  append(j, 0, 20);
  j.trim(8, 1000, all);
  EXPECT_EQ(j.frames(), 8u);
  EXPECT_FALSE(j.can_continue(11));
  EXPECT_TRUE(j.can_continue(12));
  EXPECT_EQ(read(j, 12, 20), frames(12, 20));
}

TEST(journal, trims_to_a_number_of_bytes) {
  journal j;
  append(j, 0, 9);  // 3 bytes each
  j.trim(1000, 10, all);
  EXPECT_EQ(j.frames(), 3u);
  EXPECT_EQ(j.bytes(), 9u);
  EXPECT_EQ(read(j, 6, 9), frames(6, 9));
}

TEST(journal, a_frame_above_the_limit_of_bytes_is_dropped_when_it_may) {
  journal j;
  j.append(1, std::string(100, 'x'));
  j.trim(1000, 10, 0);
  EXPECT_EQ(j.frames(), 1u);
  j.trim(1000, 10, 1);
  EXPECT_EQ(j.frames(), 0u);
  EXPECT_TRUE(j.can_continue(1));
  append(j, 1, 2);
  EXPECT_EQ(read(j, 1, 2), frames(1, 2));
}

TEST(journal, trim_keeps_what_a_cursor_still_needs) {
  journal j;
  append(j, 0, 20);
  j.trim(8, 1000, 5);
  EXPECT_EQ(j.frames(), 15u);
  EXPECT_TRUE(j.can_continue(5));
  EXPECT_FALSE(j.can_continue(4));
  j.trim(8, 1000, 12);
  EXPECT_EQ(j.frames(), 8u);
}

TEST(journal, restarts_at_a_gap) {
  journal j;
  append(j, 0, 5);
  j.put_snapshot(5, "five");
  j.append(9, frame(9));
  EXPECT_EQ(j.head(), 9u);
  EXPECT_EQ(j.frames(), 1u);
  EXPECT_FALSE(j.snapshot_at());
  EXPECT_FALSE(j.can_continue(5));
  EXPECT_FALSE(j.can_continue(7));
  EXPECT_EQ(read(j, 8, 9), frame(9));
}

TEST(journal, a_snapshot_is_good_while_the_frames_after_it_are_held) {
  journal j;
  append(j, 0, 5);
  j.put_snapshot(5, "five");
  EXPECT_EQ(j.snapshot_at(), 5u);
  append(j, 5, 9);
  EXPECT_EQ(j.snapshot_at(), 5u);
  EXPECT_EQ(j.snapshot(), "five");
  j.trim(4, 1000, all);
  EXPECT_EQ(j.snapshot_at(), 5u);
  j.trim(3, 1000, all);
  EXPECT_FALSE(j.snapshot_at());
}

TEST(journal, an_older_snapshot_is_ignored_and_a_newer_one_replaces) {
  journal j;
  append(j, 0, 5);
  j.put_snapshot(4, "four");
  j.put_snapshot(3, "three");
  EXPECT_EQ(j.snapshot_at(), 4u);
  EXPECT_EQ(j.snapshot(), "four");
  j.put_snapshot(5, "five", 7);
  EXPECT_EQ(j.snapshot_at(), 5u);
  EXPECT_EQ(j.snapshot(), "five");
  EXPECT_EQ(j.snapshot_gate(), 7u);
  j.put_snapshot(5, "five again", 8);
  EXPECT_EQ(j.snapshot(), "five again");
  EXPECT_EQ(j.snapshot_gate(), 8u);
}

TEST(journal, a_snapshot_of_the_future_restarts_it) {
  journal j;
  append(j, 0, 5);
  j.put_snapshot(9, "nine");
  EXPECT_EQ(j.head(), 9u);
  EXPECT_EQ(j.frames(), 0u);
  EXPECT_EQ(j.snapshot_at(), 9u);
  EXPECT_FALSE(j.can_continue(5));
  append(j, 9, 10);
  EXPECT_EQ(j.snapshot_at(), 9u);
  EXPECT_EQ(read(j, 9, 10), frames(9, 10));
}

TEST(journal, a_snapshot_at_zero_is_one) {
  journal j;
  j.put_snapshot(0, "zero");
  EXPECT_EQ(j.snapshot_at(), 0u);
  j.append(1, frame(1));
  EXPECT_EQ(j.snapshot_at(), 0u);
  j.append(3, frame(3));
  EXPECT_FALSE(j.snapshot_at());
}

TEST(journal, within_takes_as_many_frames_as_fit_and_at_least_one) {
  journal j;
  append(j, 0, 9);   // 3 bytes each
  append(j, 9, 12);  // 4 bytes each
  EXPECT_EQ(j.within(0, 12, 1000), 12u);
  EXPECT_EQ(j.within(0, 12, 39), 12u);
  EXPECT_EQ(j.within(0, 12, 38), 11u);
  EXPECT_EQ(j.within(0, 12, 9), 3u);
  EXPECT_EQ(j.within(0, 12, 8), 2u);
  EXPECT_EQ(j.within(0, 12, 1), 1u);
  EXPECT_EQ(j.within(0, 12, 0), 1u);
  EXPECT_EQ(j.within(8, 12, 7), 10u);
  EXPECT_EQ(j.within(8, 9, 7), 9u);
  EXPECT_EQ(j.within(12, 12, 0), 12u);
}

TEST(journal, gives_its_memory_back) {
  journal j;
  for (position at = 1; at <= 3000; ++at) j.append(at, std::string(1000, 'x'));
  j.put_snapshot(2999, std::string(50000, 's'));
  EXPECT_GT(j.memory(), 3'000'000u);
  j.trim(10, 1 << 20, all);
  EXPECT_LT(j.memory(), 100'000u);
  EXPECT_GT(j.memory(), 50'000u);
  j.append(3001, frame(3001));
  j.trim(1, 1 << 20, all);
  EXPECT_LT(j.memory(), 1000u);  // with the snapshot, whose frames are gone
  j.trim(0, 0, all);
  EXPECT_EQ(j.memory(), 0u);
  EXPECT_TRUE(j.can_continue(3001));
}

// --- the place of a returning client

using statelink::held_instance;
using statelink::revision;

/// A client stream of two instances, 1 and 2.
struct stream {
  journal j;
  void add(std::uint64_t instance, revision at) {
    j.append(j.head() + 1, frame(j.head() + 1), {{{instance}, at}, 0});
  }
};

TEST(journal, find_place_is_after_the_newest_frame_held) {
  stream s;
  for (revision at = 0; at < 5; ++at) {
    s.add(1, at);
    s.add(2, at);
  }
  std::vector<held_instance> seen{{{1}, 4, 1, 2}, {{2}, 4, 2, 1}};
  EXPECT_EQ(s.j.find_place(seen, 10), 5u);
  seen[1].held = 2;
  EXPECT_EQ(s.j.find_place(seen, 10), 6u);
  seen[0].held = seen[1].held = 4;
  EXPECT_EQ(s.j.find_place(seen, 10), 10u);
}

TEST(journal, find_place_looks_no_further_than_the_end) {
  stream s;
  for (revision at = 0; at < 5; ++at) s.add(1, at);
  EXPECT_EQ(s.j.find_place({{{1}, 2, 1, 1}}, 3), 2u);
  EXPECT_EQ(s.j.find_place({{{1}, 2, 1, 2}}, 3), 3u);
}

TEST(journal, find_place_is_nowhere_when_frames_are_lacking) {
  stream s;
  for (revision at = 0; at < 5; ++at) {
    s.add(1, at);
    s.add(2, at);
  }
  EXPECT_EQ(s.j.find_place({}, 10), std::nullopt);
  EXPECT_EQ(s.j.find_place({{{1}, 4, 1, {}}, {{2}, 4, 2, {}}}, 10), std::nullopt);
  EXPECT_EQ(s.j.find_place({{{1}, 4, 1, 4}, {{2}, 4, 2, 2}}, 10),
            std::nullopt);                                        // 2 at 3 is passed
  EXPECT_EQ(s.j.find_place({{{1}, 4, 1, 2}}, 10), std::nullopt);  // 2 is not seen
  s.j.trim(6, 1000, all);
  EXPECT_EQ(s.j.find_place({{{1}, 4, 1, 1}, {{2}, 4, 2, 1}}, 10),
            std::nullopt);  // not held any more
  EXPECT_EQ(s.j.find_place({{{1}, 4, 1, 2}, {{2}, 4, 2, 2}}, 10), 6u);
}

TEST(journal, find_place_knows_that_an_instance_was_introduced_anew) {
  stream s;
  s.add(1, 0);
  s.add(2, 0);
  s.add(1, 7);  // a snapshot: it was not seen for a while
  s.add(1, 8);
  EXPECT_EQ(s.j.find_place({{{1}, 8, 3, 0}, {{2}, 0, 2, 0}}, 4), 2u);
  EXPECT_EQ(s.j.find_place({{{1}, 8, 3, {}}, {{2}, 0, 2, 0}}, 4), 2u);
  EXPECT_EQ(s.j.find_place({{{1}, 8, 1, 0}, {{2}, 0, 2, 0}}, 4),
            std::nullopt);  // a gap, if it were a patch
}

TEST(journal, find_place_leads_a_client_to_what_is) {
  // Clients that received some prefix; a third of them threw some values away, or claim others.
  std::mt19937 random(4);
  int found = 0;
  for (int round = 0; round < 3000; ++round) {
    stream s;
    std::vector<held_instance> seen(3);
    std::size_t const received = random() % 30;
    for (std::size_t n = 0; n < 28; ++n) {
      std::size_t const i = n < seen.size() ? n : random() % seen.size();
      held_instance& h = seen[i];
      h.instance = {i + 1};
      bool const is_snapshot = n < seen.size() || random() % 10 == 0;
      if (n >= seen.size()) h.at += is_snapshot ? 1 + random() % 3 : 1;
      s.add(i + 1, h.at);
      if (is_snapshot) h.introduced_at = s.j.head();
      if (n < received) h.held = h.at;
    }
    if (random() % 3 == 0) {
      held_instance& h = seen[random() % seen.size()];
      if (random() % 2)
        h.held.reset();
      else
        h.held = random() % (h.at + 2);
    }
    if (random() % 3 == 0) s.j.trim(10, 10000, all);

    auto const place = s.j.find_place(seen, s.j.head());
    if (!place) continue;
    ++found;
    for (held_instance const& h : seen) {
      std::optional<revision> now = h.held;
      for (position at = *place + 1; at <= s.j.head(); ++at) {
        if (s.j.tag(at).carries.instance != h.instance) continue;
        revision const next = s.j.tag(at).carries.at;
        ASSERT_TRUE(at == h.introduced_at || (now && next == *now + 1));
        now = next;
      }
      ASSERT_EQ(now, h.at);
    }
  }
  EXPECT_GT(found, 1000);
}

/// What a journal is, said naively.
struct model {
  position head = 0;
  std::vector<std::string> held;  // of the positions up to head
  std::optional<position> snapshot_at;
  std::string snapshot;

  position oldest() const { return head - held.size(); }
  std::size_t bytes(std::size_t from) const {
    std::size_t sum = 0;
    for (std::size_t i = from; i < held.size(); ++i) sum += held[i].size();
    return sum;
  }
  void restart(position at) {
    held.clear();
    snapshot_at.reset();
    head = at;
  }
  void append(position at, std::string f) {
    if (at != head + 1) restart(at - 1);
    held.push_back(std::move(f));
    head = at;
  }
  void put_snapshot(position at, std::string s) {
    if (snapshot_at && at < *snapshot_at) return;
    if (at > head) restart(at);
    snapshot_at = at;
    snapshot = std::move(s);
  }
  void trim(std::size_t max_frames, std::size_t max_bytes, position keep_after) {
    while (!held.empty() && oldest() < keep_after &&
           (held.size() > max_frames || bytes(0) > max_bytes)) {
      held.erase(held.begin());
    }
    if (snapshot_at && *snapshot_at < oldest()) snapshot_at.reset();
  }
};

void expect_same(journal const& j, model const& m, std::mt19937& random) {
  ASSERT_EQ(j.head(), m.head);
  ASSERT_EQ(j.frames(), m.held.size());
  ASSERT_EQ(j.bytes(), m.bytes(0));
  bool const good = m.snapshot_at && *m.snapshot_at >= m.oldest();
  ASSERT_EQ(j.snapshot_at(), good ? m.snapshot_at : std::nullopt);
  if (good) {
    ASSERT_EQ(j.snapshot(), m.snapshot);
  }
  for (position at = m.oldest() > 2 ? m.oldest() - 2 : 0; at <= m.head + 2; ++at) {
    ASSERT_EQ(j.can_continue(at), at >= m.oldest() && at <= m.head) << at;
  }
  position const from = m.oldest() + random() % (m.held.size() + 1);
  position const to = from + random() % (m.head - from + 1);
  std::string expected;
  for (position at = from; at < to; ++at) expected += m.held[at - m.oldest()];
  ASSERT_EQ(read(j, from, to), expected);
  std::size_t const limit = random() % 200;
  position fits = from;
  for (std::size_t sum = 0; fits < to; ++fits) {
    sum += m.held[fits - m.oldest()].size();
    if (sum > limit && fits > from) break;
  }
  ASSERT_EQ(j.within(from, to, limit), fits);
}

TEST(journal, does_what_the_model_does) {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    journal j;
    model m;
    for (int step = 0; step < 200; ++step) {
      std::string const text(1 + random() % 70, static_cast<char>('a' + random() % 26));
      switch (random() % 16) {
        case 0: {
          position const gap = m.head + 2 + random() % 3;
          j.append(gap, text);
          m.append(gap, text);
          break;
        }
        case 1: {
          position const at = m.head > 4 ? m.head - random() % 5 : m.head;
          j.put_snapshot(at, text);
          m.put_snapshot(at, text);
          break;
        }
        case 2:
          if (random() % 8 == 0) {
            j.put_snapshot(m.head + 3, text);
            m.put_snapshot(m.head + 3, text);
          }
          break;
        case 3: {
          std::size_t const max_frames = random() % 20;
          std::size_t const max_bytes = random() % 600;
          position const keep_after =
              random() % 3 ? m.head : m.oldest() + random() % (m.held.size() + 1);
          j.trim(max_frames, max_bytes, keep_after);
          m.trim(max_frames, max_bytes, keep_after);
          break;
        }
        default:
          j.append(m.head + 1, text);
          m.append(m.head + 1, text);
      }
      expect_same(j, m, random);
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
