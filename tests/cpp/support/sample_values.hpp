// A small value_source: a number and a text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "statelink/value_source.hpp"

namespace statelink::test {

class sample_values final : public value_source {
 public:
  struct content {
    std::int64_t count = 0;
    std::string text;
    bool operator==(content const&) const = default;
    /// Whether `shown` is this and nothing more.
    bool is(nlohmann::json const& shown) const {
      return shown.size() == 2 && shown.at("count") == count &&
             shown.at("text").get_ref<std::string const&>() == text;
    }
  };

  content now;

  bool commit_ops(std::string& out) override {
    if (now == committed_) return false;
    out += '[';
    if (now.count != committed_.count) {
      out += R"({"op":"replace","path":"/count","value":)" + std::to_string(now.count) + '}';
    }
    if (now.text != committed_.text) {
      if (out.back() == '}') out += ',';
      out += R"({"op":"replace","path":"/text","value":")" + now.text + "\"}";
    }
    out += ']';
    committed_ = now;
    return true;
  }
  /// Writes what is there, committed or not, so that a snapshot at a wrong moment is seen.
  void encode_snapshot(std::string& out) override {
    out += R"({"count":)" + std::to_string(now.count) + R"(,"text":")" + now.text + "\"}";
  }
  void undo() override { now = committed_; }

  content const& committed() const noexcept { return committed_; }
  static char const* defaults() { return R"({"count":0,"text":""})"; }

 private:
  content committed_;
};

}  // namespace statelink::test
