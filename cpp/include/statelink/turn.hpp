// One handler run: what it entered, and what an answer to its event follows.
#pragma once

#include <vector>

#include "statelink/ids.hpp"

namespace statelink {

struct instance;  // the engine's record

/// What an answer follows: for the client an instance at a revision, for the fan-out a place in a
/// journal.
struct followed {
  instance_revision what;
  journal_position where;
};

/// Owned by the caller, worked on by the engine: engine::begin() makes it ready and may do so again
/// after engine::end(); its memory is reused. Loop thread only.
class turn {
 public:
  /// Whose handler it is; none where no client is involved.
  client_no actor() const noexcept { return actor_; }

  bool has_entered(instance_no no) const noexcept;
  /// In the order in which it entered them.
  std::vector<instance_no> entered() const;

  /// What engine::answer() needs of it, to answer when it has ended or gone on: a turn of the same
  /// actor that has entered nothing and follows the same.
  turn to_answer_later() const;

 private:
  friend class engine;

  client_no actor_;
  std::vector<instance*> entered_;
  std::vector<followed> follows_;  // by an answer to the actor
};

}  // namespace statelink
