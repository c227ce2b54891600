#include "wire/server_frames.hpp"

#include "wire/json_text.hpp"
#include "wire/utf8.hpp"

namespace statelink {
namespace {

void append_field(std::string& out, std::string_view key, std::string_view text) {
  out += key;
  append_json_string(out, text);
}

void append_field(std::string& out, std::string_view key, std::uint64_t number) {
  out += key;
  append_json_integer(out, number);
}

void append_follows(std::string& out, follow_span follows) {
  if (!follows.empty()) {
    char separator = '[';
    out += ",\"f\":";
    for (instance_revision const& f : follows) {
      out += separator;
      append_field(out, "[", f.instance.value);
      append_field(out, ",", f.at);
      out += ']';
      separator = ',';
    }
    out += ']';
  }
  out += '}';
}

}  // namespace

void append_hello(std::string& out, server_hello const& hello) {
  append_field(out, "{\"hello\":{\"token\":", hello.client_token);
  append_field(out, ",\"secret\":", hello.secret);
  append_field(out, ",\"boot\":", hello.boot);
  out += hello.resumed ? ",\"resumed\":true" : ",\"resumed\":false";
  append_field(out, ",\"last\":", hello.last);
  out += ",\"caps\":[";
  if (hello.append) out += "\"append\"";
  if (hello.storage) out += hello.append ? ",\"storage\"" : "\"storage\"";
  out += ']';
  if (hello.storage && !hello.storage_vars.empty()) {
    out += ",\"storage\":";
    out += hello.storage_vars;
  }
  out += "}}";
}

void begin_snapshot(std::string& out, std::string_view state_name, instance_revision at,
                    bool overlay) {
  append_field(out, "{\"s\":", state_name);
  append_field(out, ",\"i\":", at.instance.value);
  append_field(out, ",\"r\":", at.at);
  out += overlay ? ",\"o\":1,\"v\":" : ",\"v\":";
}

void end_snapshot(std::string& out) { out += '}'; }

void begin_patch(std::string& out, instance_revision leads_to) {
  append_field(out, "{\"i\":", leads_to.instance.value);
  append_field(out, ",\"r\":", leads_to.at);
  out += ",\"p\":";
}

void end_patch(std::string& out) { out += '}'; }

void append_ack(std::string& out, event_id id, follow_span follows) {
  append_field(out, "{\"a\":", id);
  append_follows(out, follows);
}

void append_ack(std::string& out, event_id first, event_id last, follow_span follows) {
  append_field(out, "{\"a\":[", first);
  append_field(out, ",", last);
  out += ']';
  append_follows(out, follows);
}

void append_error(std::string& out, event_id id, std::string_view code, std::string_view message,
                  follow_span follows) {
  append_field(out, "{\"x\":", id);
  append_field(out, ",\"c\":", code);
  append_field(out, ",\"m\":", cut_utf8(message, most_error_bytes));
  append_follows(out, follows);
}

void append_unknown(std::string& out, event_id first, event_id last) {
  append_field(out, "{\"x\":[", first);
  append_field(out, ",", last);
  out += "],\"c\":\"outcome_unknown\",\"m\":\"the server has forgotten how these events ended\"}";
}

void append_hydrated(std::string& out) { out += "{\"hydrated\":true}"; }

}  // namespace statelink
