#include "wire/client_frames.hpp"

#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "wire/json_scanner.hpp"

namespace statelink {
namespace {

using json = nlohmann::json;

// A state's name and a handler's, both Python names. What is longer is unknown, and would come back
// in an error that is kept.
constexpr std::size_t most_handler_bytes = 1000;

// What an HTTP head may have by default: a page with a longer path cannot have been got. Its query
// is taken apart by the loop thread.
constexpr std::size_t most_path_bytes = std::size_t{16} << 10;

/// The members of the outermost object that say what frame it is, as they stand; empty: absent.
struct frame_members {
  std::string_view e, h, a, hello, page, stored, resync;
};

/// The member that `key` names, if it is one of ours.
std::string_view* member(frame_members& m, std::string_view key) {
  if (key == "e") return &m.e;
  if (key == "h") return &m.h;
  if (key == "a") return &m.a;
  if (key == "hello") return &m.hello;
  if (key == "page") return &m.page;
  if (key == "stored") return &m.stored;
  if (key == "resync") return &m.resync;
  return nullptr;
}

bool scan(json_scanner& in, frame_members& found) {
  if (in.peek() != '{' || !in.take('{') || !in.enter()) return false;
  if (in.peek() != '}') {
    do {
      std::string_view key, text;
      if (!in.string(key) || !in.take(':') || !in.value(text)) return false;
      std::string decoded;
      if (key.find('\\') != std::string_view::npos) {
        append_unescaped(decoded, key);
        key = decoded;
      }
      std::string_view* const m = member(found, key);
      if (m != nullptr && m->empty()) *m = text;
    } while (in.peek() == ',' && in.take(','));
  }
  in.leave();
  return in.take('}') && in.at_end();
}

/// Thrown within this file, caught in parse().
struct refused : std::exception {
  explicit refused(char const* why) : sentence(why) {}
  char const* what() const noexcept override { return sentence; }
  char const* sentence;  // a literal
};

template <class Check>
void require(Check const& holds, char const* sentence) {
  if (!holds) throw refused{sentence};
}

std::uint64_t read_integer(json const& j, char const* sentence) {
  require(j.is_number_unsigned() && j.get<std::uint64_t>() < std::uint64_t{1} << 53, sentence);
  return j.get<std::uint64_t>();
}

std::string read_string(json const& object, char const* key, char const* sentence) {
  auto const found = object.find(key);
  require(found != object.end() && found->is_string(), sentence);
  return found->get<std::string>();
}

resume_request read_resume(json const& j) {
  require(j.is_object(), "hello: resume is not an object");
  resume_request r;
  r.client_token = read_string(j, "token", "hello: resume.token is not a string");
  // Without a secret it proves nothing and becomes a new client, as with a wrong one.
  if (j.contains("secret"))
    r.secret = read_string(j, "secret", "hello: resume.secret is not a string");
  r.boot = read_string(j, "boot", "hello: resume.boot is not a string");
  if (auto const acked = j.find("acked"); acked != j.end()) {
    r.acked = read_integer(*acked, "hello: resume.acked is not an event id");
  }
  if (auto const have = j.find("have"); have != j.end()) {
    constexpr char const* sentence = "hello: resume.have is not a list of [instance, revision]";
    require(have->is_array(), sentence);
    r.have.reserve(have->size());
    for (json const& pair : *have) {
      require(pair.is_array() && pair.size() == 2, sentence);
      instance_no const instance{read_integer(pair[0], sentence)};
      require(instance, sentence);
      r.have.push_back({instance, read_integer(pair[1], sentence)});
    }
  }
  return r;
}

hello_frame read_hello(json const& j) {
  require(j.is_object(), "hello is not an object");
  hello_frame hello;
  if (j.contains("path")) hello.path = read_string(j, "path", "hello: path is not a string");
  require(hello.path.size() <= most_path_bytes, "hello: path has more than 16384 bytes");
  if (auto const caps = j.find("caps"); caps != j.end()) {
    require(caps->is_array(), "hello: caps is not a list of strings");
    for (json const& cap : *caps) {
      require(cap.is_string(), "hello: caps is not a list of strings");
      if (cap == "append") hello.understands_append = true;
      if (cap == "storage") hello.understands_storage = true;
    }
  }
  if (auto const resume = j.find("resume"); resume != j.end()) hello.resume = read_resume(*resume);
  return hello;
}

page_frame read_page(json const& j) {
  require(j.is_string(), "page is not a string");
  page_frame page{j.get<std::string>()};
  require(page.path.size() <= most_path_bytes, "page has more than 16384 bytes");
  require(page.path.starts_with('/'), "page does not begin with a slash");
  return page;
}

void check_stored(json const& j) {
  constexpr char const* sentence = "stored is not an object of states, each one of strings";
  require(j.is_object(), sentence);
  for (json const& vars : j) {
    require(vars.is_object(), sentence);
    for (json const& value : vars) require(value.is_string() || value.is_null(), sentence);
  }
}

resync_frame read_resync(json const& j) {
  constexpr char const* sentence = "resync is not a list of instances";
  require(j.is_array(), sentence);
  resync_frame resync;
  resync.instances.reserve(j.size());
  for (json const& number : j) {
    resync.instances.push_back({read_integer(number, sentence)});
    require(resync.instances.back(), sentence);
  }
  return resync;
}

}  // namespace

client_frame client_frame_parser::parse(std::string_view text) {
  json_scanner in(text, depth_);
  frame_members found;
  if (!scan(in, found)) {
    std::string_view const why = in.failure().empty() ? "it is not a JSON object" : in.failure();
    return frame_refusal{"not a frame: " + std::string(why)};
  }
  int const kinds = !found.e.empty() + !found.hello.empty() + !found.page.empty() +
                    !found.stored.empty() + !found.resync.empty();
  if (kinds != 1)
    return frame_refusal{kinds == 0 ? "an unknown kind of frame" : "several frames in one"};

  if (!found.e.empty()) {
    event_frame event;
    event.id = safe_integer(found.e).value_or(0);
    if (event.id == 0) return frame_refusal{"event: e is not an integer from 1 to 2^53 - 1"};
    if (!found.h.starts_with('"')) return frame_refusal{"event: h is not a string"};
    event.handler = found.h.substr(1, found.h.size() - 2);
    if (event.handler.find('\\') != std::string_view::npos) {
      decoded_.clear();
      if (!append_unescaped(decoded_, event.handler))
        return frame_refusal{"event: h is not Unicode"};
      event.handler = decoded_;
    }
    if (event.handler.size() > most_handler_bytes)
      return frame_refusal{"event: h has more than 1000 bytes"};
    if (!found.a.empty() && found.a.front() != '{')
      return frame_refusal{"event: a is not an object"};
    event.arguments = found.a;
    return event;
  }
  try {
    if (!found.hello.empty()) return read_hello(json::parse(found.hello));
    if (!found.page.empty()) return read_page(json::parse(found.page));
    if (!found.stored.empty()) {
      check_stored(json::parse(found.stored));
      return stored_frame{found.stored};
    }
    return read_resync(json::parse(found.resync));
  } catch (refused const& r) {
    return frame_refusal{r.sentence};
  } catch (json::exception const&) {  // half a surrogate pair, or a number beyond double
    return frame_refusal{"a string or number that cannot be read"};
  }
}

}  // namespace statelink
