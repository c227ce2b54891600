#include "support/simulation.hpp"

#include <algorithm>

namespace statelink::test {

simulation::simulation(config l) : limits(std::move(l)), core(limits), out(limits) {
  auto const make = [](instance_no, client_no) { return std::make_unique<sample_values>(); };
  auto const make_overlay = [](client_no) { return std::make_unique<sample_values>(); };
  auto const define = [this](state_class cls) {
    std::error_code error;
    core.define(std::move(cls), error);
    if (error) throw std::system_error(error);
  };
  define({"Room", true, sample_values::defaults(), make, make_overlay});
  define({"Pad", true, "", make, make_overlay});
  define({"Own", false, sample_values::defaults(), make, make_overlay});
}

// --- clients

std::size_t simulation::add_client() {
  ends_.push_back(std::make_unique<client_end>());
  client_end& e = *ends_.back();
  e.model.on_values = [this](instance_revision at, json const& values) {
    auto const known = committed_.find(at);
    // Nobody has committed what the defaults are.
    bool const is_default =
        known == committed_.end() && at.at == 0 && sample_values::content().is(values);
    if (!is_default && (known == committed_.end() || !known->second.is(values))) {
      throw protocol_violation("instance " + std::to_string(at.instance.value) + " at " +
                               std::to_string(at.at) + " never was " + values.dump());
    }
  };
  open(e, e.model.say_hello());
  return ends_.size() - 1;
}

void simulation::open(client_end& e, hello_frame const& hello) {
  e.session = {++last_session_};
  e.socket = &out.open(e.session);
  auto const connected = core.connect(e.session, hello);
  e.no = connected.client;
  e.is_replaced = !connected.resumed;
  for (std::size_t n = 1; n <= core.classes(); ++n) {
    if (instance_no const made = core.find_own(e.no, {n})) note(made);
  }
  core.hydrated(e.no);
}

void simulation::disconnect(std::size_t c) {
  client_end& e = *ends_[c];
  if (!e.socket) return;
  out.close(*e.socket);
  e.socket = nullptr;
  core.disconnect(e.session, std::chrono::milliseconds(0));
}

void simulation::reconnect(std::size_t c) { reconnect(c, ends_[c]->model.say_hello()); }

void simulation::reconnect(std::size_t c, hello_frame const& hello) {
  client_end& e = *ends_[c];
  subscriber* const old = e.socket;
  session_no const old_session = e.session;
  open(e, hello);
  if (old) {
    // The network part tells of the old socket's end when it has closed it, as "superseded".
    hand_over();
    out.close(*old);
    core.disconnect(old_session, std::chrono::milliseconds(0));
  }
}

void simulation::resync(std::size_t c, class_no cls) {
  client_end& e = *ends_[c];
  if (!e.socket) return;
  auto const instances = e.model.ask_resync(core.definition(cls).name);
  if (!instances.empty()) out.resync(*e.socket, instances);
}

simulation::client_end* simulation::end_of(subscriber const& s) {
  for (auto const& e : ends_) {
    if (e->socket == &s) return e.get();
  }
  return nullptr;
}

// --- turns

event_id simulation::begin(client_end& e, turn& t) {
  bool const is_unaware = e.is_replaced && !e.model.client_token().empty() && !e.model.greeted();
  if (e.open || is_unaware) return 0;
  event_id const id = e.model.send_event();
  if (!core.receive(e.no, id)) throw std::logic_error("a new event was dropped");
  core.begin(t, e.no);
  return id;
}

event_id simulation::event(std::size_t c, std::function<void(turn&)> const& handler) {
  turn t;
  event_id const id = begin(*ends_[c], t);
  if (!id) return 0;
  std::optional<std::string> failure;
  try {
    handler(t);
  } catch (std::runtime_error const& what) {
    failure = what.what();
  }
  finish(t, id, failure);
  return id;
}

void simulation::open_event(std::size_t c, std::function<void(turn&)> const& handler) {
  client_end& e = *ends_[c];
  turn t;
  event_id const id = begin(e, t);
  if (!id) return;
  e.open.emplace(client_end::open_turn{std::move(t), id});
  handler(e.open->t);
}

void simulation::close_events(bool commit) {
  for (auto const& e : ends_) {
    if (!e->open) continue;
    finish(e->open->t, e->open->event,
           commit ? std::nullopt : std::optional<std::string>("rolled back"));
    e->open.reset();
  }
}

void simulation::finish(turn& t, event_id event, std::optional<std::string> const& failure) {
  if (failure) {
    core.rollback(t);
    core.answer_error(t, event, "handler_error", *failure);
  } else {
    core.commit(t);
    note_commit(t);
    core.answer(t, event);
  }
  core.end(t);
}

sample_values& simulation::enter(turn& t, instance_no no) {
  bool const is_mine = t.has_entered(no);
  if (is_held(no) && !is_mine) throw std::logic_error("the instance is another turn's");
  core.enter(t, no);
  return values(no);
}

void simulation::increment(turn& t, class_no cls) {
  ++enter(t, core.visible(t.actor(), cls)).now.count;
}

void simulation::link(turn& t, class_no cls, std::string const& link_token) {
  instance_no const left = core.linked(t.actor(), cls);
  instance_no const joined = core.room(cls, link_token);
  enter(t, joined);
  if (left) enter(t, left);
  if (errc const e = core.link(t, cls, link_token); e != errc::none) {
    throw std::runtime_error("link: " + std::string(describe(e)));
  }
}

void simulation::unlink(turn& t, class_no cls) {
  if (instance_no const left = core.linked(t.actor(), cls)) enter(t, left);
  if (core.unlink(t, cls) != errc::none) throw std::runtime_error("not linked");
}

void simulation::increment(std::size_t c, class_no cls) {
  event(c, [&](turn& t) { increment(t, cls); });
}
void simulation::link(std::size_t c, class_no cls, std::string const& link_token) {
  event(c, [&](turn& t) { link(t, cls, link_token); });
}
void simulation::unlink(std::size_t c, class_no cls) {
  event(c, [&](turn& t) { unlink(t, cls); });
}

void simulation::note(instance_no no) {
  instance_revision const at{no, core.revision_of(no)};
  auto const [known, is_new] = committed_.try_emplace(at, values(no).committed());
  if (!is_new && known->second != values(no).committed()) {
    throw std::logic_error("one revision of instance " + std::to_string(no.value) +
                           " has two values");
  }
}

void simulation::note_commit(turn const& t) {
  for (instance_no const no : t.entered()) note(no);
  if (!t.actor()) return;
  for (std::size_t n = 1; n <= core.classes(); ++n) {
    if (instance_no const made = core.find_own(t.actor(), {n})) note(made);
    if (instance_no const made = core.find_overlay(t.actor(), {n})) note(made);
  }
}

// --- the I/O thread

void simulation::hand_over() {
  batch& b = core.flush();
  if (is_empty(b)) return;
  out.apply(b);
  clear(b);
}

void simulation::renew_snapshots() {
  for (journal_no j : out.take_snapshot_requests()) core.renew_snapshot(j);
}

void simulation::write(subscriber& s, std::size_t limit) {
  std::size_t const given = out.gather(s, views_);
  if (given == 0) return;
  client_end* const e = end_of(s);
  std::size_t const taken = e && e->stalled ? 0 : std::min(limit, given);
  std::size_t left = taken;
  for (std::string_view v : views_) {
    if (e && !e->ignored) receive(*e, v.substr(0, left));
    left -= std::min(left, v.size());
  }
  out.written(s, taken, taken < given);
}

void simulation::receive(client_end& e, std::string_view bytes) try {
  e.model.receive(bytes);
} catch (protocol_violation const& v) {
  throw violation(e, v.what());
}

protocol_violation simulation::violation(client_end const& e, std::string const& what) const {
  std::string story =
      "client number " + std::to_string(e.no.value) + ": " + what + "\nafter it heard:";
  for (std::string const& h : e.model.heard()) story += " " + h;
  return protocol_violation(story);
}

void simulation::unblock() {
  for (auto const& e : ends_) {
    if (e->socket && out.is_blocked(*e->socket) && !e->stalled) out.writable(*e->socket);
  }
}

void simulation::wake_up(std::optional<std::size_t> c, std::size_t limit) {
  hand_over();
  unblock();
  while (subscriber* s = out.next_dirty()) {
    write(*s, c && s == ends_[*c]->socket ? limit : all);
  }
}

void simulation::drain() {
  for (auto const& e : ends_) e->stalled = false;
  for (int quiet = 0; quiet < 2;) {
    std::uint64_t const before = out.counts().bytes_written;
    renew_snapshots();
    wake_up();
    out.trim();
    quiet = out.counts().bytes_written == before ? quiet + 1 : 0;
  }
}

// --- what holds

void simulation::check(std::size_t c) {
  client_end& e = *ends_[c];
  auto const fail = [&](std::string const& what) { throw violation(e, what); };
  if (!e.model.hydrated()) fail("not hydrated");
  if (e.model.unanswered())
    fail(std::to_string(e.model.unanswered()) + " events without an answer");
  for (std::size_t n = 1; n <= core.classes(); ++n) {
    std::string const& name = core.definition({n}).name;
    json const* const shown = e.model.values(name);
    if (!shown) fail(name + " is not shown");
    instance_no const linked = core.linked(e.no, {n});
    instance_no const shows = linked ? linked : core.find_own(e.no, {n});
    auto const expected = shows ? values(shows).committed() : sample_values::content();
    if (!expected.is(*shown)) fail(name + " shows " + shown->dump());
    if (linked && e.model.held(name)->instance != linked) fail(name + " is of another instance");
    instance_no const overlay = core.find_overlay(e.no, {n});
    json const* const laid_over = e.model.values(name + "+");
    if ((core.revision_of(overlay) > 0) != (laid_over != nullptr))
      fail(name + ": an overlay too many or too few");
    if (laid_over && !values(overlay).committed().is(*laid_over)) fail(name + ": another overlay");
  }
}

void simulation::check_all() {
  for (std::size_t c = 0; c < ends_.size(); ++c) {
    if (ends_[c]->socket && !ends_[c]->ignored) check(c);
  }
}

}  // namespace statelink::test
