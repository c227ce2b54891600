#include "statelink/turn.hpp"

#include <algorithm>

#include "engine/records.hpp"

namespace statelink {

bool turn::has_entered(instance_no no) const noexcept {
  return std::any_of(entered_.begin(), entered_.end(),
                     [&](instance const* i) { return i->no == no; });
}

std::vector<instance_no> turn::entered() const {
  std::vector<instance_no> numbers;
  numbers.reserve(entered_.size());
  for (instance const* i : entered_) numbers.push_back(i->no);
  return numbers;
}

turn turn::to_answer_later() const {
  turn later;
  later.actor_ = actor_;
  later.follows_ = follows_;
  return later;
}

}  // namespace statelink
