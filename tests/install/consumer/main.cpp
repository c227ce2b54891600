// The C++ API as an embedder has it: connect, link, commit, unlink, resume, expire, snapshot, fan-out
// and a server, over JSON values. Ends with 0 when everything was as docs/protocol.md says.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <statelink/engine.hpp>
#include <statelink/fanout.hpp>
#include <statelink/json_values.hpp>
#include <statelink/server.hpp>

using namespace statelink;
using namespace std::chrono_literals;

namespace {

void require(bool holds, char const* what) {
  if (holds) return;
  std::cerr << "does not hold: " << what << '\n';
  std::exit(1);
}

/// An engine with one shared class, and a fan-out whose sockets take everything.
struct world {
  engine core{config{}};
  config limits;
  fanout out{limits};
  class_no page;
  std::uint64_t last_session = 0;

  world() {
    state_class cls;
    cls.name = "Page";
    cls.shared = true;
    cls.defaults = R"({"count":0})";
    cls.make = [](instance_no, client_no) -> std::unique_ptr<value_source> {
      std::error_code none;
      return json_values::make({{"count", 0}}, none);
    };
    std::error_code error;
    page = core.define(std::move(cls), error);
    require(!error && page, "a class is defined");
  }

  json_values& values(instance_no no) { return static_cast<json_values&>(core.values(no)); }
};

struct peer {
  world& in;
  session_no session;
  subscriber& socket;
  client_no client;

  peer(world& w, hello_frame const& hello = {})
      : in(w), session{++w.last_session}, socket(w.out.open(session)) {
    client = w.core.connect(session, hello).client;
    w.core.hydrated(client);
  }

  /// What reaches the socket now, with the WebSocket's frame headers.
  std::string receive() {
    in.out.apply(in.core.flush());
    clear(in.core.flush());
    std::string all;
    std::vector<std::string_view> parts;
    while (std::size_t const size = in.out.gather(socket, parts)) {
      for (std::string_view const part : parts) all += part;
      in.out.written(socket, size, false);
    }
    in.out.trim();
    return all;
  }
};

bool has(std::string const& text, std::string_view part) { return text.find(part) != text.npos; }

/// One event from begin to answer.
template <class Handler>
void event(world& w, client_no actor, event_id id, Handler handler) {
  turn t;
  require(w.core.receive(actor, id), "an event is new once");
  w.core.begin(t, actor);
  handler(t);
  w.core.commit(t);
  w.core.answer(t, id);
  w.core.end(t);
}

void link(world& w, turn& t) {
  instance_no const room = w.core.room(w.page, "room");
  w.core.enter(t, room);
  require(w.core.link(t, w.page, "room") == errc::none, "a client links");
}

void count_to(world& w, turn& t, int n) {
  instance_no const shown = w.core.visible(t.actor(), w.page);
  w.core.enter(t, shown);
  require(w.values(shown).set("/count", n) == errc::none, "a value is set");
}

void engine_and_fanout() {
  world w;
  peer alice(w), bob(w);
  std::string const hello = alice.receive();
  require(has(hello, R"("resumed":false)") && has(hello, R"({"hydrated":true})"), "a hello");
  require(has(hello, R"("v":{"count":0})"), "the defaults are introduced");
  bob.receive();

  for (peer* p : {&alice, &bob}) event(w, p->client, 1, [&](turn& t) { link(w, t); });
  require(has(alice.receive(), R"({"a":1)") && has(bob.receive(), R"("s":"Page")"),
          "a link introduces the room by a snapshot");
  auto const before = w.core.counted().patches;
  event(w, alice.client, 2, [&](turn& t) { count_to(w, t, 7); });
  require(w.core.counted().patches == before + 1, "a commit is encoded once");
  require(has(alice.receive(), R"("/count","value":7)"), "the actor sees its change");
  std::string const seen = bob.receive();
  require(has(seen, R"("/count","value":7)") && !has(seen, R"("a":)"), "so does the other");

  // A socket is gone; its client resumes with what it holds.
  instance_no const room = w.core.find_room(w.page, "room");
  hello_frame again;
  again.resume = resume_request{w.core.client_token_of(bob.client),
                                "wrong secret",
                                w.core.boot(),
                                {{room, w.core.revision_of(room)}},
                                1};
  require(!w.core.connect({99}, again).resumed, "nobody resumes without the secret");
  w.core.disconnect(bob.session, 0ms);
  event(w, alice.client, 3, [&](turn& t) { count_to(w, t, 8); });

  event(w, alice.client, 4, [&](turn& t) {
    w.core.enter(t, room);
    require(w.core.unlink(t, w.page) == errc::none, "a client unlinks");
  });
  require(has(alice.receive(), R"("count":0)"), "its own values are back");
  require(w.core.audience(room).size() == 1, "the other is linked still");

  auto const late = w.core.limits().client_expiry + 1ms;
  require(w.core.expired(late) == std::vector{bob.client}, "a client without a socket expires");
  w.core.forget(bob.client);
  require(w.core.audience(room).empty(), "its links end with it");
  require(w.core.can_link(alice.client, w.page, "") == errc::empty_token &&
              !describe(errc::empty_token).empty(),
          "an error has a sentence");
}

void serves() {
  server net{config{}};
  std::error_code error;
  net.add_page("/", page_text{"text/plain", "hello"});
  require(net.listen("127.0.0.1", 0, error) != 0 && !error, "a server listens");
  require(!net.start(), "a server starts");
  net.stop(1001, "");
}

}  // namespace

int main() {
  engine_and_fanout();
  serves();
  std::cout << "the C++ API works\n";
}
