#include "loader/protocol.hpp"

#include <stdexcept>

#include "loader/protocol_colyseus.hpp"
#include "loader/protocol_json.hpp"
#include "loader/protocol_reflex.hpp"
#include "loader/protocol_statelink.hpp"
#include "loader/protocol_yjs.hpp"

namespace statelink::benchmarks {

std::unique_ptr<protocol> make_protocol(protocol_options const& options, scoreboard& told) {
  if (options.name == "statelink") return std::make_unique<protocol_statelink>(options, told);
  if (options.name == "json") return std::make_unique<protocol_json>(options, told);
  if (options.name == "reflex") return std::make_unique<protocol_reflex>(options, told);
  if (options.name == "yjs") return std::make_unique<protocol_yjs>(options, told);
  if (options.name == "colyseus") return std::make_unique<protocol_colyseus>(options, told);
  throw std::invalid_argument("there is no protocol " + options.name);
}

bool counts_all(protocol_options const& options) {
  // Reflex and Colyseus may send one change for several events; so do vars other than the counter.
  return options.counter == "count" && options.name != "reflex" && options.name != "colyseus";
}

}  // namespace statelink::benchmarks
