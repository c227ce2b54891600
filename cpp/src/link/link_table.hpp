// Who is linked where: one row per (client, state class), and for each instance its clients. Loop
// thread only.
#pragma once

#include <unordered_map>
#include <vector>

#include "statelink/ids.hpp"

namespace statelink {

class link_table {
 public:
  /// Links the client's state class to `to`, or, with none, unlinks it. Returns what it was linked
  /// to before.
  instance_no link(client_no client, class_no cls, instance_no to);

  /// The instance that the client's state class is linked to, or none.
  instance_no linked(client_no client, class_no cls) const;

  /// The clients linked to an instance, in no order.
  std::vector<client_no> const& audience(instance_no instance) const;

 private:
  struct row {
    client_no client;
    class_no cls;
    bool operator==(row const&) const = default;
  };
  struct row_hash {
    std::size_t operator()(row const& r) const noexcept {
      return std::hash<std::uint64_t>{}(r.client.value * 0x9e3779b97f4a7c15u + r.cls.value);
    }
  };
  std::unordered_map<row, instance_no, row_hash> links_;
  std::unordered_map<instance_no, std::vector<client_no>> audiences_;
};

}  // namespace statelink
