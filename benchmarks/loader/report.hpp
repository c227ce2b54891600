// One line of JSON on standard output for each phase.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace statelink::benchmarks {

class report {
 public:
  explicit report(std::string_view phase) { add("phase", phase); }

  void add(std::string_view name, double number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.10g", number);
    member(name) += text;
  }
  void add(std::string_view name, std::string_view text) { quote(text, member(name)); }
  void add(std::string_view name, std::vector<std::string> const& texts) {
    std::string& to = member(name);
    to += '[';
    for (std::string const& text : texts) {
      if (&text != texts.data()) to += ',';
      quote(text, to);
    }
    to += ']';
  }
  void print() const {
    std::printf("{%s}\n", members_.c_str());
    std::fflush(stdout);
  }

 private:
  std::string& member(std::string_view name) {
    if (!members_.empty()) members_ += ',';
    quote(name, members_);
    return members_ += ':';
  }
  static void quote(std::string_view text, std::string& to) {
    to += '"';
    for (char const c : text) {
      if (c == '"' || c == '\\') to += '\\';
      to += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    to += '"';
  }

  std::string members_;
};

}  // namespace statelink::benchmarks
