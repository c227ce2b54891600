#include "statelink/fanout.hpp"

#include "fanout/fanout_impl.hpp"

namespace statelink {

fanout::fanout(config const& limits) : impl_(std::make_unique<impl>(limits)) {}
fanout::~fanout() = default;
fanout::fanout(fanout&&) noexcept = default;
fanout& fanout::operator=(fanout&&) noexcept = default;

subscriber& fanout::open(session_no session) { return impl_->open(session); }
void fanout::close(subscriber& s) { impl_->close(s); }

session_no fanout::session_of(subscriber const& s) const noexcept { return s.session(); }
bool fanout::is_blocked(subscriber const& s) const noexcept { return s.blocked(); }

void fanout::apply(batch const& b) { impl_->apply(b); }

subscriber* fanout::next_dirty() { return impl_->next_dirty(); }

std::size_t fanout::gather(subscriber& s, std::vector<std::string_view>& out) {
  return impl_->gather(s, out);
}

void fanout::written(subscriber& s, std::size_t size, bool blocked) {
  impl_->written(s, size, blocked);
}

void fanout::writable(subscriber& s) { impl_->writable(s); }

void fanout::push_control(subscriber& s, std::string_view frame) { impl_->push_control(s, frame); }

void fanout::resync(subscriber& s, std::vector<instance_no> const& instances) {
  impl_->resync(s, instances);
}

void fanout::trim() { impl_->trim(); }

std::vector<journal_no> fanout::take_snapshot_requests() { return impl_->take_snapshot_requests(); }
std::vector<session_close> fanout::take_closes() { return impl_->take_closes(); }

fanout_counts const& fanout::counts() const noexcept { return impl_->counts(); }
std::size_t fanout::journals() const noexcept { return impl_->journals(); }
std::size_t fanout::journal_memory() const noexcept { return impl_->journal_memory(); }

}  // namespace statelink
