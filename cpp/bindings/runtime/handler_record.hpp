// An event handler as the dispatcher needs it.
#pragma once

#include <string>

#include "statelink/ids.hpp"
#include "values/ref.hpp"

namespace statelink::python {

struct handler_record {
  std::string name;  ///< on the wire: state, dot, handler
  class_no cls;
  ref function;                  ///< called with the view and the arguments by name
  bool is_open = true;           ///< clients may call it; else only the server's own code
  bool is_background = false;    ///< runs beside its client's other events
  bool runs_when_called = true;  ///< false: of a coroutine or generator function
  ref validator;  ///< validate_json(text) -> dict; none where the handler takes no arguments
};

}  // namespace statelink::python
