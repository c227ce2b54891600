#include "fanout/subscriber.hpp"

#include <algorithm>

namespace statelink {

void subscriber::left_list::add(journal_no no, position at) {
  auto const known = std::find_if(list_.begin(), list_.end(),
                                  [&](journal_position const& p) { return p.journal == no; });
  if (known != list_.end()) {
    at = std::max(at, known->at);
    list_.erase(known);
  }
  if (list_.size() == most) list_.erase(list_.begin());
  list_.push_back({no, at});
}

position subscriber::left_list::at(journal_no no) const noexcept {
  for (journal_position const& p : list_) {
    if (p.journal == no) return p.at;
  }
  return 0;
}

}  // namespace statelink
