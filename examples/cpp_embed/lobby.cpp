#include "lobby.hpp"

#include <poll.h>

#include <memory>
#include <utility>
#include <variant>

using namespace statelink;

namespace {

constexpr std::size_t kept_lines = 50;

std::chrono::milliseconds now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

value fresh_values() {
  // `_name` begins with an underscore: it never leaves the server.
  return {{"count", 0}, {"lines", value::array()}, {"joined", false}, {"_names", value::object()}};
}

}  // namespace

lobby::lobby(config const& limits) : core_(limits), net_(limits) {
  state_class page;
  page.name = "Lobby";
  page.shared = true;
  page.make = [](instance_no, client_no owner) -> std::unique_ptr<value_source> {
    value values = fresh_values();
    values["joined"] = !owner;  // a room is what one has joined
    std::error_code none;
    return json_values::make(std::move(values), none);
  };
  page_ = core_.define(std::move(page), error_);
  net_.add_page("/", page_file{EMBED_PAGE});
  net_.add_page("/_statelink/client.js", page_file{EMBED_CLIENT});
}

std::uint16_t lobby::listen(std::string const& host, std::uint16_t port, std::error_code& error) {
  error = error_;
  if (error) return 0;
  std::uint16_t const bound = net_.listen(host, port, error);
  if (!error) error = net_.start();
  return error ? 0 : bound;
}

void lobby::run_once(std::chrono::milliseconds at_most) {
  pollfd readable{net_.inbound_fd(), POLLIN, 0};
  ::poll(&readable, 1, static_cast<int>(at_most.count()));
  net_.take(inbound_);
  core_.set_time(now());
  for (inbound_item const& item : inbound_.items) {
    std::visit([&](auto const& i) { receive(i); }, item);
  }
  forget_expired();
  // Everything that was done for what had been received leaves at once.
  if (batch& done = core_.flush(); !is_empty(done)) net_.hand_over(done);
}

void lobby::stop() { net_.stop(1012, "retry_ms=500"); }

void lobby::receive(inbound_hello const& hello) {
  engine::connection const c = core_.connect(hello.session, hello.hello);
  core_.hydrated(c.client);
}

void lobby::receive(inbound_page const& page) {
  if (client_no const who = core_.client_of(page.session)) core_.hydrated(who);
}

void lobby::receive(inbound_closed const& closed) { core_.disconnect(closed.session, now()); }

void lobby::receive(inbound_snapshot_request const& request) {
  core_.renew_snapshot(request.journal);
}

void lobby::receive(inbound_event const& event) {
  client_no const who = core_.client_of(event.session);
  if (!who || !core_.receive(who, event.id)) return;  // superseded, or sent twice
  core_.begin(turn_, who);
  std::string_view const text = inbound_.arguments(event);
  // The server has checked that it is JSON; numbers may still be beyond what a double can hold.
  value const arguments = text.empty() ? value::object() : value::parse(text, nullptr, false);
  std::string const refusal = arguments.is_discarded() ? "the arguments cannot be read"
                                                       : handle(inbound_.handler(event), arguments);
  if (refusal.empty()) {
    core_.commit(turn_);
    core_.answer(turn_, event.id);
  } else {
    core_.rollback(turn_);
    core_.answer_error(turn_, event.id, "handler_error", refusal);
  }
  core_.end(turn_);
}

std::string lobby::handle(std::string_view handler, value const& arguments) {
  if (handler == "Lobby.join") return join(arguments);
  if (handler == "Lobby.leave") return leave();
  if (handler == "Lobby.say") return say(arguments);
  if (handler == "Lobby.increment") return increment();
  return "there is no handler " + std::string(handler);
}

json_values& lobby::enter() {
  instance_no const shown = core_.visible(turn_.actor(), page_);
  core_.enter(turn_, shown);
  return static_cast<json_values&>(core_.values(shown));
}

std::string lobby::join(value const& arguments) {
  auto const name = arguments.find("name");
  if (name == arguments.end() || !name->is_string() || name->get_ref<std::string const&>().empty())
    return "who are you? Say it in the argument `name`";
  core_.enter(turn_, core_.room(page_, "lobby"));
  if (errc const e = core_.link(turn_, page_, "lobby"); e != errc::none)
    return std::string(describe(e));
  errc const e = enter().set("/_names/" + core_.client_token_of(turn_.actor()), *name);
  return std::string(e == errc::none ? "" : describe(e));
}

std::string lobby::leave() {
  json_values& room = enter();
  std::string const path = "/_names/" + core_.client_token_of(turn_.actor());
  if (errc const e = room.apply({{op_kind::remove, path}}); e != errc::none)
    return "you have not joined";
  errc const e = core_.unlink(turn_, page_);
  return std::string(e == errc::none ? "" : describe(e));
}

std::string lobby::say(value const& arguments) {
  json_values& room = enter();
  // Who says it is never an argument: a client could claim to be another.
  value const& names = room.get()["_names"];
  auto const name = names.find(core_.client_token_of(turn_.actor()));
  auto const text = arguments.find("text");
  if (name == names.end()) return "join before you speak";
  if (text == arguments.end() || !text->is_string()) return "say what, in the argument `text`";
  errc e = room.set("/lines/-", {{"name", *name}, {"text", *text}});
  if (e == errc::none && room.get()["lines"].size() > kept_lines)
    e = room.apply({{op_kind::remove, "/lines/0"}});
  return std::string(e == errc::none ? "" : describe(e));
}

std::string lobby::increment() {
  json_values& shown = enter();
  errc const e = shown.set("/count", shown.get()["count"].get<std::int64_t>() + 1);
  return std::string(e == errc::none ? "" : describe(e));
}

void lobby::forget_expired() {
  for (client_no const who : core_.expired(now())) core_.forget(who);
}
