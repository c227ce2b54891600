#include "loader/options.hpp"

#include <fstream>
#include <stdexcept>
#include <string_view>

namespace statelink::benchmarks {

char const* const usage =
    R"(loader --port PORT [option...] --phase PHASE...

Clients of one server on 127.0.0.1: they join rooms, send events, and check that every client of a
room sees every event once and in order. Prints one line of JSON for each phase.

--protocol NAME     statelink (default), json, reflex, yjs, colyseus
--pid PID           a process whose CPU and memory count; may be given several times
--rooms N           default 1
--clients N         of each room; default 1
--stalled N         further clients of room 0 that stop reading when they have joined
--at-once N         clients that join at a time; default 16
--kind KIND         of events: increment (default), set_field, append
--rows N            that a room has
--enter HANDLER     statelink: joins a place; default Room.link; "" for a hello only
--counter VAR       that counts events; default count
--joins-count       each join adds one to the room's counter, and all are to see the last
--places FILE       a line for each client: what it joins
--events FILE       yjs: prepared updates
--patience SECONDS  for joining and draining; default 60

Phases, in this order:
join                       all connect and join
one:MOST:SECONDS           one event in flight
pipelined:W:MOST:SECONDS   W in flight, each in a send of its own
window:W:MOST:SECONDS      W events in one send; the next W when all of them are complete
stalled                    what the kernel holds for the clients that do not read
recover                    they read again, until they are up to date
reconnect                  all clients but the first lose their sockets, miss one event, and come back at once
)";

namespace {

std::vector<std::string> split(std::string const& text, char by) {
  std::vector<std::string> parts(1);
  for (char const c : text) {
    if (c == by) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::vector<std::string> lines_of(std::string const& path) {
  std::ifstream file(path);
  if (!file) throw std::invalid_argument("no such file: " + path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

phase parse_phase(std::string const& text) {
  std::vector<std::string> const parts = split(text, ':');
  std::string const& name = parts[0];
  auto const loads = [&](phase_kind kind, std::size_t first) {
    if (parts.size() != first + 2) throw std::invalid_argument("not a phase: " + text);
    return phase{kind, name, first == 1 ? 1 : std::stoull(parts[1]), std::stoull(parts[first]),
                 std::stod(parts[first + 1])};
  };
  if (name == "one") return loads(phase_kind::load, 1);
  if (name == "pipelined") return loads(phase_kind::load, 2);
  if (name == "window") return loads(phase_kind::window, 2);
  if (name == "join") return {phase_kind::join, name};
  if (name == "stalled") return {phase_kind::stalled, name};
  if (name == "recover") return {phase_kind::recover, name};
  if (name == "reconnect") return {phase_kind::reconnect, name};
  throw std::invalid_argument("not a phase: " + text);
}

event_kind parse_kind(std::string const& text) {
  if (text == "increment") return event_kind::increment;
  if (text == "set_field") return event_kind::set_field;
  if (text == "append") return event_kind::append;
  throw std::invalid_argument("not a kind of events: " + text);
}

}  // namespace

run_options parse_options(int count, char const* const* words) {
  run_options all;
  for (int k = 1; k < count; ++k) {
    std::string_view const name = words[k];
    if (name == "--joins-count") {
      all.joins_count = true;
      continue;
    }
    if (k + 1 == count) throw std::invalid_argument("what about " + std::string(name) + "?");
    std::string const value = words[++k];
    auto const number = [&] { return static_cast<std::uint32_t>(std::stoul(value)); };
    if (name == "--port") {
      all.port = static_cast<std::uint16_t>(number());
    } else if (name == "--protocol") {
      all.speaks.name = value;
    } else if (name == "--pid") {
      all.processes.push_back(static_cast<pid_t>(number()));
    } else if (name == "--rooms") {
      all.rooms = number();
    } else if (name == "--clients") {
      all.clients = number();
    } else if (name == "--stalled") {
      all.stalled = number();
    } else if (name == "--at-once") {
      all.at_once = number();
    } else if (name == "--kind") {
      all.speaks.kind = parse_kind(value);
    } else if (name == "--rows") {
      all.speaks.rows = number();
    } else if (name == "--enter") {
      all.speaks.enter = value;
    } else if (name == "--counter") {
      all.speaks.counter = value;
    } else if (name == "--places") {
      all.places = lines_of(value);
    } else if (name == "--events") {
      all.speaks.events = value;
    } else if (name == "--patience") {
      all.patience = std::stod(value);
    } else if (name == "--phase") {
      all.phases.push_back(parse_phase(value));
    } else {
      throw std::invalid_argument("no such option: " + std::string(name));
    }
  }
  std::size_t const clients = std::size_t{all.rooms} * all.clients + all.stalled;
  if (all.port == 0 || all.phases.empty() || clients == 0) throw std::invalid_argument(usage);
  if (!all.places.empty() && all.places.size() != clients) {
    throw std::invalid_argument("the file of places must have a line for each client");
  }
  if (all.speaks.kind == event_kind::set_field && all.speaks.rows == 0) {
    throw std::invalid_argument("set_field needs rows");
  }
  return all;
}

}  // namespace statelink::benchmarks
