#include "support/model_client.hpp"

#include <algorithm>
#include <set>

namespace statelink::test {

namespace {

[[noreturn]] void violated(std::string const& what, nlohmann::json const& f) {
  throw protocol_violation(what + ": " + f.dump());
}

/// Every key of `must` and nothing but `must` and `may`.
void check_keys(nlohmann::json const& f, std::set<std::string> must,
                std::set<std::string> const& may = {}) {
  for (auto const& [key, _] : f.items()) {
    if (!must.erase(key) && !may.contains(key)) violated("unknown key " + key, f);
  }
  if (!must.empty()) violated("no key " + *must.begin(), f);
}

}  // namespace

hello_frame model_client::say_hello() {
  reader_.clear();
  greeted_ = hydrated_ = resumed_ = false;
  counts_ = {};
  unsent_.clear();
  hello_frame hello;
  hello.understands_append = true;
  if (token_.empty()) {  // never greeted: what it sent then is lost
    outstanding_.clear();
    last_sent_ = 0;
    return hello;
  }
  resume_request resume{token_, secret_, boot_, {}, acked_};
  for (auto const& [name, d] : documents_) {
    if (!d.resync) resume.have.push_back({d.instance, d.sent});
  }
  hello.resume = std::move(resume);
  return hello;
}

event_id model_client::send_event() {
  outstanding_.push_back(++last_sent_);
  return last_sent_;
}

std::vector<instance_no> model_client::ask_resync(std::string const& state) {
  auto const found = documents_.find(state);
  if (found == documents_.end() || !greeted_) return {};
  found->second.resync = true;
  return {found->second.instance};
}

void model_client::receive(std::string_view bytes) {
  reader_.feed(bytes);
  while (auto const m = reader_.next()) {
    if (m->opcode != 1) throw protocol_violation("not a text frame");
    frame(json::parse(m->payload));
  }
}

model_client::json const* model_client::values(std::string const& state) const {
  auto const found = documents_.find(state);
  return found == documents_.end() || found->second.resync ? nullptr : &found->second.values;
}

std::optional<instance_revision> model_client::held(std::string const& state) const {
  auto const found = documents_.find(state);
  if (found == documents_.end()) return std::nullopt;
  return instance_revision{found->second.instance, found->second.sent};
}

void model_client::frame(json const& f) {
  ++counts_.frames;
  if (greeted_ == f.contains("hello")) violated("one hello, first", f);
  if (f.contains("hello"))
    read_hello(f);
  else if (f.contains("s"))
    read_snapshot(f);
  else if (f.contains("p"))
    read_patch(f);
  else if (f.contains("a"))
    read_answer(f);
  else if (f.contains("x"))
    read_error(f);
  else if (f.contains("emit"))
    heard_.push_back("emit " + f["emit"].get<std::string>());
  else if (f == json{{"hydrated", true}})
    read_hydrated();
  else
    violated("unknown frame", f);
}

void model_client::read_hello(json const& f) {
  check_keys(f, {"hello"});
  json const& h = f["hello"];
  check_keys(h, {"token", "secret", "boot", "resumed", "last", "caps"});
  greeted_ = true;
  resumed_ = h["resumed"];
  heard_.emplace_back(resumed_ ? "resumed" : "hello");
  if (resumed_) {
    if (h["token"] != token_ || h["secret"] != secret_ || h["boot"] != boot_)
      violated("another identity", f);
    // What awaits a snapshot was not said to be held: the server introduces it anew.
    std::erase_if(documents_, [](auto const& d) { return d.second.resync; });
    // It cannot know what it left in a former session.
    highest_.clear();
    for (auto const& [name, d] : documents_) highest_[d.instance.value] = d.sent;
  } else {
    if (h["token"] == token_ || h["last"] != 0) violated("not a fresh identity", f);
    documents_.clear();
    highest_.clear();
    if (!token_.empty()) {  // what was sent under the former identity is lost
      outstanding_.clear();
      last_sent_ = acked_ = 0;
    }
  }
  token_ = h["token"];
  secret_ = h["secret"];
  boot_ = h["boot"];
  last_received_by_server_ = h["last"];
  for (event_id e : outstanding_) {
    if (e > last_received_by_server_) unsent_.push_back(e);
  }
}

void model_client::read_snapshot(json const& f) {
  check_keys(f, {"s", "i", "r", "v"}, {"o"});
  ++counts_.snapshots;
  std::string const name = f["s"].get<std::string>() + (f.contains("o") ? "+" : "");
  instance_no const no{f["i"]};
  revision const at = f["r"];
  for (auto const& [other, d] : documents_) {
    if (d.instance == no && other != name) violated("an instance of two states", f);
  }
  if (auto const known = highest_.find(no.value); known != highest_.end() && at < known->second) {
    violated("a snapshot goes back from " + std::to_string(known->second), f);
  }
  highest_[no.value] = at;
  documents_[name] = {no, at, f["v"], false};
  heard_.push_back(name + "=" + std::to_string(no.value) + "@" + std::to_string(at));
  if (on_values) on_values({no, at}, f["v"]);
}

void model_client::read_patch(json const& f) {
  check_keys(f, {"i", "r", "p"});
  ++counts_.patches;
  instance_no const no{f["i"]};
  document* const d = find(no);
  if (!d) violated("a patch of an instance that is not held", f);
  revision const at = f["r"];
  if (at != d->sent + 1) violated("a gap or a repeat after " + std::to_string(d->sent), f);
  d->sent = at;
  highest_[no.value] = std::max(highest_[no.value], at);
  heard_.push_back(std::to_string(no.value) + "@" + std::to_string(at));
  if (d->resync) return;
  for (json const& op : f["p"]) {
    if (op["op"] == "append") {
      json& target = d->values.at(json::json_pointer(op["path"].get<std::string>()));
      target = target.get<std::string>() + op["value"].get<std::string>();
    } else {
      d->values.patch_inplace(json::array({op}));
    }
  }
  if (on_values) on_values({no, at}, d->values);
}

void model_client::read_answer(json const& f) {
  check_keys(f, {"a"}, {"f"});
  check_followed(f);
  json const& a = f["a"];
  event_id const first = a.is_array() ? a[0] : a;
  event_id const last = a.is_array() ? a[1] : a;
  heard_.push_back("ack " + a.dump());
  answer_outstanding(first, last, "", false);
}

void model_client::read_error(json const& f) {
  check_keys(f, {"x", "c", "m"}, {"f"});
  check_followed(f);
  json const& x = f["x"];
  if (x == 0) {
    heard_.emplace_back("error 0");  // of no event of the client
    return;
  }
  bool const is_range = x.is_array();
  if (is_range != (f["c"] == "outcome_unknown")) violated("a range goes with outcome_unknown", f);
  heard_.push_back("error " + x.dump());
  answer_outstanding(is_range ? x[0] : x, is_range ? x[1] : x, f["c"], is_range);
}

void model_client::read_hydrated() {
  if (hydrated_) throw protocol_violation("hydrated twice");
  hydrated_ = true;
  heard_.emplace_back("hydrated");
  if (!answers_may_be_late && !outstanding_.empty() &&
      outstanding_.front() <= last_received_by_server_) {
    throw protocol_violation("hydrated before the answers to earlier events");
  }
}

void model_client::check_followed(json const& f) {
  followed_.clear();
  if (!f.contains("f")) return;
  if (f["f"].empty()) violated("an empty list", f);
  for (json const& pair : f["f"]) {
    instance_no const no{pair[0]};
    revision const at = pair[1];
    followed_.push_back({no, at});
    if (document const* d = find(no)) {
      if (d->sent < at) violated("an answer before what it follows", f);
    } else if (!may_skip_instances && !highest_.contains(no.value)) {
      violated("an answer names what was never introduced", f);
    }
  }
}

void model_client::answer_outstanding(event_id first, event_id last, std::string const& code,
                                      bool only_some) {
  ++counts_.answers;
  bool any = only_some;
  while (!outstanding_.empty() && outstanding_.front() <= last) {
    event_id const event = outstanding_.front();
    if (event < first) throw protocol_violation("answers out of order: " + std::to_string(event));
    outstanding_.pop_front();
    answered_.push_back(event);
    answers_[event] = code;
    any = true;
  }
  if (!any) throw protocol_violation("an answer to nothing: " + std::to_string(last));
  acked_ = outstanding_.empty() ? last_sent_ : outstanding_.front() - 1;
}

model_client::document* model_client::find(instance_no instance) {
  for (auto& [name, d] : documents_) {
    if (d.instance == instance) return &d;
  }
  return nullptr;
}

}  // namespace statelink::test
