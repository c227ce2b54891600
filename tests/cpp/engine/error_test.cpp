// One enumeration of errors, one sentence each, and what the engine refuses.
#include "statelink/error.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <system_error>

#include "statelink/config.hpp"
#include "support/simulation.hpp"

namespace statelink {
namespace {

using test::sample_values;
using test::simulation;

constexpr auto last = errc::already_started;

TEST(errors, each_has_a_sentence_of_its_own) {
  std::set<std::string> sentences;
  for (int e = 0; e <= static_cast<int>(last); ++e) {
    std::string const sentence(describe(static_cast<errc>(e)));
    EXPECT_TRUE(sentence.ends_with('.')) << e;
    EXPECT_NE(sentence, "Unknown error.") << e;
    EXPECT_TRUE(sentences.insert(sentence).second) << sentence;
  }
  EXPECT_EQ(describe(static_cast<errc>(static_cast<int>(last) + 1)), "Unknown error.")
      << "a new enumerator: `last` above must be it";
}

TEST(errors, are_error_codes) {
  std::error_code const e = errc::not_shared;
  EXPECT_TRUE(e);
  EXPECT_EQ(e, errc::not_shared);
  EXPECT_NE(e, errc::not_linked);
  EXPECT_EQ(e.message(), describe(errc::not_shared));
  EXPECT_STREQ(e.category().name(), "statelink");
  EXPECT_FALSE(std::error_code(errc::none));
}

struct nonsense {
  char const* says;
  void (*make)(config&);
};

TEST(limits, nonsense_is_refused_by_name) {
  using namespace std::chrono_literals;
  nonsense const all[] = {
      {"ring_frames must be at least 1", [](config& c) { c.ring_frames = 0; }},
      {"ring_bytes must be at least 1", [](config& c) { c.ring_bytes = 0; }},
      {"send_bytes must be at least 1", [](config& c) { c.send_bytes = 0; }},
      {"sends_per_slice must be at least 1", [](config& c) { c.sends_per_slice = 0; }},
      {"kernel_unsent_bytes must be at least 1", [](config& c) { c.kernel_unsent_bytes = -1; }},
      {"message_bytes must be at most 2^30", [](config& c) { c.message_bytes = ~std::size_t{0}; }},
      {"hello_timeout must be longer than 0", [](config& c) { c.hello_timeout = 0ms; }},
      {"client_expiry must be 0 or longer", [](config& c) { c.client_expiry = -1ms; }},
      {"hand_over_interval must be 0 or longer", [](config& c) { c.hand_over_interval = -1us; }},
      {"ping_timeout must be longer than ping_interval",
       [](config& c) { c.ping_timeout = c.ping_interval; }},
  };
  std::string which;
  EXPECT_EQ(check(config{}, which), errc::none);
  for (nonsense const& n : all) {
    config limits;
    n.make(limits);
    EXPECT_EQ(check(limits, which), errc::bad_limit);
    EXPECT_EQ(which, n.says);
  }
}

TEST(definitions, that_cannot_be_are_refused) {
  auto const make = [](instance_no, client_no) { return std::make_unique<sample_values>(); };
  std::error_code error;
  engine core{config{}};
  EXPECT_TRUE(core.define({.name = "A", .make = make}, error));
  EXPECT_FALSE(error);
  EXPECT_FALSE(core.define({.name = "A", .make = make}, error));
  EXPECT_EQ(error, errc::duplicate_class);
  EXPECT_FALSE(core.define({.name = "", .make = make}, error));
  EXPECT_EQ(error, errc::unnamed_class);
  EXPECT_FALSE(core.define({.name = "B"}, error));
  EXPECT_EQ(error, errc::no_values);
  EXPECT_EQ(core.classes(), 1u);
  core.connect({1}, {});
  EXPECT_FALSE(core.define({.name = "C", .make = make}, error));
  EXPECT_EQ(error, errc::too_late);

  config limits;
  limits.ring_frames = 0;
  engine none{limits};
  EXPECT_FALSE(none.define({.name = "A", .make = make}, error));
  EXPECT_EQ(error, errc::bad_limit);
}

TEST(unknown_numbers, are_told_or_answered_by_none) {
  simulation s;
  s.add_client();
  client_no const stranger{999};
  turn t;
  EXPECT_EQ(s.core.begin(t, stranger), errc::unknown_client);
  EXPECT_EQ(s.core.begin(t, {}), errc::none);
  EXPECT_EQ(s.core.enter(t, {999}), errc::unknown_instance);
  EXPECT_EQ(s.core.link(t, s.room, "A"), errc::unknown_client);
  EXPECT_EQ(s.core.unlink(t, s.room), errc::unknown_client);
  s.core.end(t);
  EXPECT_EQ(s.core.can_link(s.number(0), {9}, "A"), errc::unknown_class);
  EXPECT_FALSE(s.core.receive(stranger, 1));
  EXPECT_FALSE(s.core.visible(stranger, s.room));
  EXPECT_FALSE(s.core.own(s.number(0), {9}));
  EXPECT_FALSE(s.core.overlay(stranger, s.room));
  EXPECT_FALSE(s.core.room({}, "A"));
  EXPECT_FALSE(s.core.owner_of({999}));
  EXPECT_FALSE(s.core.class_of({999}));
  EXPECT_FALSE(s.core.session_of(stranger));
  EXPECT_EQ(s.core.revision_of({999}), 0u);
  EXPECT_FALSE(s.core.is_entered({999}));
  EXPECT_TRUE(s.core.forget(stranger).empty());
  s.core.hydrated(stranger);
  s.core.answer(t, 1);
  s.drain();
  s.check_all();
}

}  // namespace
}  // namespace statelink
