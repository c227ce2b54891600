// The verbs of statelink/engine.hpp: what is not known, or not there, ends here.
#include "statelink/engine.hpp"

#include <utility>

#include "engine/engine_impl.hpp"

namespace statelink {

engine::engine(config limits) : impl_(std::make_unique<impl>(std::move(limits))) {}
engine::~engine() = default;

config const& engine::limits() const noexcept { return impl_->limits(); }
std::string const& engine::boot() const noexcept { return impl_->boot(); }

// --- state classes

class_no engine::define(state_class cls, std::error_code& error) {
  errc const e = impl_->can_define(cls);
  error = e;
  return e == errc::none ? impl_->define(std::move(cls)) : class_no{};
}

state_class const& engine::definition(class_no cls) const noexcept {
  return impl_->definition(cls);
}

void engine::set_storage_vars(std::string json) { impl_->set_storage_vars(std::move(json)); }

std::size_t engine::classes() const noexcept { return impl_->classes(); }

// --- clients

engine::connection engine::connect(session_no session, hello_frame const& hello) {
  connection const c = identify(session, hello);
  attach(c, session, hello);
  return c;
}

engine::connection engine::identify(session_no session, hello_frame const& hello) {
  return impl_->identify(session, hello);
}

void engine::attach(connection const& c, session_no session, hello_frame const& hello) {
  if (impl_->find(c.client)) impl_->attach(c, session, hello);
}

void engine::hydrated(client_no client) {
  if (impl_->find(client)) impl_->hydrated(client);
}

client_no engine::disconnect(session_no session, std::chrono::milliseconds now) {
  return impl_->disconnect(session, now);
}

client_no engine::client_of(session_no session) const { return impl_->client_of(session); }

session_no engine::session_of(client_no client) const {
  auto const* const c = impl_->find(client);
  return c ? c->session : session_no{};
}

client_no engine::find_client(std::string_view client_token) const {
  return impl_->find_client(client_token);
}

std::string const& engine::client_token_of(client_no client) const noexcept {
  return impl_->known(client).client_token;
}

std::size_t engine::clients() const noexcept { return impl_->clients(); }

std::vector<client_no> engine::expired(std::chrono::milliseconds now) const {
  return impl_->expired(now);
}

std::vector<client_no> engine::departed(std::chrono::milliseconds now) {
  return impl_->departed(now);
}

std::vector<instance_no> engine::forget(client_no client) {
  return impl_->find(client) ? impl_->forget(client) : std::vector<instance_no>();
}

bool engine::append_allowed() const noexcept { return impl_->append_allowed(); }

// --- events

bool engine::receive(client_no client, event_id event) {
  auto* const c = impl_->find(client);
  return c && impl_->receive(*c, event);
}

void engine::answer(turn const& t, event_id event) {
  if (auto* const c = impl_->find(t.actor())) impl_->answer(*c, t, event);
}

void engine::answer_error(turn const& t, event_id event, std::string_view code,
                          std::string_view message) {
  if (auto* const c = impl_->find(t.actor())) impl_->answer_error(*c, t, event, code, message);
}

void engine::tell(turn const& t, std::string_view json) {
  if (auto* const c = impl_->find(t.actor())) impl_->tell(*c, t, json);
}

void engine::report(turn const& t, std::string_view code, std::string_view message) {
  if (auto* const c = impl_->find(t.actor())) impl_->report(*c, t, code, message);
}

// --- instances

instance_no engine::visible(client_no client, class_no cls) {
  auto* const c = impl_->find(client, cls);
  return c ? impl_->visible(*c, cls) : instance_no{};
}

instance_no engine::own(client_no client, class_no cls) {
  auto* const c = impl_->find(client, cls);
  return c ? impl_->own(*c, cls) : instance_no{};
}

instance_no engine::find_own(client_no client, class_no cls) const {
  auto const* const c = impl_->find(client, cls);
  auto const* const made = c ? c->own[cls.value - 1].values : nullptr;
  return made ? made->no : instance_no{};
}

instance_no engine::overlay(client_no client, class_no cls) {
  bool const can = impl_->find(client, cls) && impl_->definition(cls).make_overlay;
  return can ? impl_->overlay(client, cls) : instance_no{};
}

instance_no engine::find_overlay(client_no client, class_no cls) const {
  auto const* const c = impl_->find(client, cls);
  auto const* const made = c ? c->overlays[cls.value - 1].values : nullptr;
  return made ? made->no : instance_no{};
}

instance_no engine::room(class_no cls, std::string const& link_token) {
  return impl_->has(cls) ? impl_->room(cls, link_token) : instance_no{};
}

instance_no engine::find_room(class_no cls, std::string const& link_token) const {
  return impl_->has(cls) ? impl_->find_room(cls, link_token) : instance_no{};
}

instance_no engine::linked(client_no client, class_no cls) const {
  return impl_->linked(client, cls);
}

std::vector<client_no> const& engine::audience(instance_no no) const { return impl_->audience(no); }

std::vector<client_no> engine::present(instance_no no) const { return impl_->present(no); }

bool engine::is_present(client_no client, instance_no no) const {
  return impl_->find(client) && impl_->find(no) && impl_->is_present(client, no);
}

void engine::set_present(client_no client, instance_no no, bool is_present) {
  if (!impl_->find(client)) return;
  auto const* const i = impl_->find(no);
  if (i && impl_->linked(client, i->cls) == no) impl_->set_present(client, no, is_present);
}

std::vector<instance_no> engine::idle_rooms(std::chrono::milliseconds now) {
  return impl_->idle_rooms(now);
}

void engine::end_room(instance_no no) {
  auto* const i = impl_->find(no);
  if (i && !i->owner && !i->in_turn && audience(no).empty()) impl_->end_room(*i);
}

client_no engine::owner_of(instance_no no) const {
  auto const* const i = impl_->find(no);
  return i ? i->owner : client_no{};
}

class_no engine::class_of(instance_no no) const {
  auto const* const i = impl_->find(no);
  return i ? i->cls : class_no{};
}

revision engine::revision_of(instance_no no) const {
  auto const* const i = impl_->find(no);
  return i ? i->at : 0;
}

bool engine::is_entered(instance_no no) const {
  auto const* const i = impl_->find(no);
  return i && i->in_turn;
}

std::string const& engine::link_token_of(instance_no no) const noexcept {
  return impl_->known(no).link_token;
}

value_source& engine::values(instance_no no) noexcept { return *impl_->known(no).values; }

// --- turns

void engine::set_time(std::chrono::milliseconds now) noexcept { impl_->set_time(now); }

errc engine::begin(turn& t, client_no actor) {
  if (actor && !impl_->find(actor)) return errc::unknown_client;
  impl_->begin(t, actor);
  return errc::none;
}

errc engine::enter(turn& t, instance_no no) {
  auto* const i = impl_->find(no);
  if (!i) return errc::unknown_instance;
  impl_->enter(t, *i);
  return errc::none;
}

errc engine::link(turn& t, class_no cls, std::string const& link_token) {
  errc const e = can_link(t.actor(), cls, link_token);
  if (e == errc::none) impl_->link(t, cls, link_token);
  return e;
}

errc engine::can_link(client_no client, class_no cls, std::string const& link_token) const {
  if (!impl_->find(client)) return errc::unknown_client;
  if (!impl_->has(cls)) return errc::unknown_class;
  return impl_->can_link(client, cls, link_token);
}

errc engine::unlink(turn& t, class_no cls) {
  return impl_->find(t.actor()) ? impl_->unlink(t, cls) : errc::unknown_client;
}

bool engine::commit(turn& t) { return impl_->commit(t); }

void engine::rollback(turn& t) { impl_->rollback(t); }

void engine::follow(turn& t, instance_no no) const {
  if (auto const* const i = impl_->find(no)) impl_->follow(t, *i);
}

void engine::end(turn& t) { impl_->end(t); }

// --- what leaves

void engine::renew_snapshot(journal_no journal) { impl_->renew_snapshot(journal); }

batch& engine::flush() { return impl_->flush(); }

engine::counts const& engine::counted() const noexcept { return impl_->counted(); }

}  // namespace statelink
