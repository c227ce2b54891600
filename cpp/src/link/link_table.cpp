#include "link/link_table.hpp"

#include <algorithm>

namespace statelink {

instance_no link_table::link(client_no client, class_no cls, instance_no to) {
  row const key{client, cls};
  instance_no before;
  if (auto const found = links_.find(key); found != links_.end()) {
    before = found->second;
    if (before == to) return before;
    auto const audience = audiences_.find(before);
    std::erase(audience->second, client);
    if (audience->second.empty()) audiences_.erase(audience);
    if (!to) links_.erase(found);
  }
  if (to) {
    links_[key] = to;
    audiences_[to].push_back(client);
  }
  return before;
}

instance_no link_table::linked(client_no client, class_no cls) const {
  auto const found = links_.find({client, cls});
  return found == links_.end() ? instance_no{} : found->second;
}

std::vector<client_no> const& link_table::audience(instance_no instance) const {
  static std::vector<client_no> const nobody;
  auto const found = audiences_.find(instance);
  return found == audiences_.end() ? nobody : found->second;
}

}  // namespace statelink
