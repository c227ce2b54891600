// The golden frames of tests/protocol, as the C++ tests read them.
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace statelink::testing {

/// The folder tests/protocol.
inline std::filesystem::path golden_folder() {
#ifdef STATELINK_GOLDEN_FRAMES
  return STATELINK_GOLDEN_FRAMES;
#else
  return std::filesystem::path(__FILE__).parent_path() / ".." / ".." / "protocol";
#endif
}

/// One file of it, parsed; key order is kept.
inline nlohmann::ordered_json golden_file(std::string const& name) {
  std::ifstream in(golden_folder() / name);
  if (!in) throw std::runtime_error("no golden file " + (golden_folder() / name).string());
  return nlohmann::ordered_json::parse(in);
}

/// The text of the frame of that name in frames.json.
inline std::string golden_frame(std::string const& name) {
  for (auto const& entry : golden_file("frames.json")) {
    if (entry.at("name") == name) return entry.at("frame");
  }
  throw std::runtime_error("no golden frame " + name);
}

}  // namespace statelink::testing
