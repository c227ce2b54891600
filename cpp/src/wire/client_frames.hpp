// What a client may say: docs/protocol.md, "Client to server".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "statelink/hello.hpp"
#include "statelink/ids.hpp"

namespace statelink {

/// Views into the text and the parser, good until its next parse().
struct event_frame {
  event_id id = 0;
  std::string_view handler;    ///< decoded
  std::string_view arguments;  ///< JSON text of the object, as the client wrote it; empty: none
};

/// The page is another one now, without a reload.
struct page_frame {
  std::string path;  ///< with its query
};

/// What the browser keeps of client-storage vars.
struct stored_frame {
  std::string_view values;  ///< JSON text: by state and var a string or null; a view into the text
};

struct resync_frame {
  std::vector<instance_no> instances;
};

/// A frame that is not of this protocol: a sentence for the close reason (4400).
struct frame_refusal {
  std::string sentence;
};

using client_frame =
    std::variant<event_frame, hello_frame, page_frame, stored_frame, resync_frame, frame_refusal>;

/// Parses the text of client frames. An event costs no allocation. Unknown keys are checked as JSON
/// and ignored, so is a key's second occurrence in an event.
class client_frame_parser {
 public:
  /// `depth`: how deep the JSON may be nested, the frame itself counted.
  explicit client_frame_parser(std::size_t depth) : depth_(depth) {}

  /// REQUIRES: text is valid UTF-8.
  client_frame parse(std::string_view text);

 private:
  std::size_t depth_;
  std::string decoded_;  // a handler's name that was written with escapes
};

}  // namespace statelink
