#include "computed/computation.hpp"

#include <algorithm>
#include <new>

#include "computed/reading.hpp"
#include "runtime/client_record.hpp"

namespace statelink::python {

computation::~computation() {
  forget_readings();
  if (in_flight) reading_end(in_flight);
}

std::uint64_t computation::router_version() const noexcept { return client_.router_version; }

void computation::forget_readings() {
  for (dependency const& d : read_.slots) {
    if (instance_values* const in = instance_values::of(d.in)) std::erase(in->dependents, this);
  }
  read_ = {};
}

computed_var const& computation::var() const noexcept { return of_.cls().computed[index_]; }

void computation::ran(readings read, bool known, std::int64_t now) {
  auto const same_place = [](dependency const& a, dependency const& b) {
    return a.in == b.in && a.slot == b.slot;
  };
  if (!std::equal(read.slots.begin(), read.slots.end(), read_.slots.begin(), read_.slots.end(),
                  same_place)) {
    forget_readings();
    for (dependency const& d : read.slots) {
      auto& dependents = instance_values::of(d.in)->dependents;
      if (std::find(dependents.begin(), dependents.end(), this) == dependents.end()) {
        dependents.push_back(this);
      }
    }
  }
  read_ = std::move(read);
  has_run_ = true;
  at_ = now;
  has_value_ = has_value_ || known;
}

void computation::lose(instance_values& in) {
  std::erase_if(read_.slots, [&](dependency const& d) { return d.in == in.values(); });
  has_run_ = false;
}

namespace {
/// A layout of the computed vars alone, in their order.
std::shared_ptr<layout const> overlay_layout(state_class_record const& cls) {
  std::vector<slot_spec> slots;
  slots.reserve(cls.computed.size());
  for (computed_var const& var : cls.computed) {
    slots.push_back({var.name, var.travels, true, {}});
  }
  return layout_new(std::move(slots));
}

store* new_overlay_store(state_class_record const& cls) {
  if (!cls.overlay) cls.overlay = overlay_layout(cls);
  store* const values = cls.overlay ? store_new(cls.overlay) : nullptr;
  if (!values) throw std::bad_alloc();
  return values;
}
}  // namespace

overlay_values::overlay_values(state_class_ptr cls, client_record& client, undo_log& log)
    : cls_(std::move(cls)), log_(log), values_(new_overlay_store(*cls_)) {
  log_.enter(values_);
  for (std::size_t i = 0; i < cls_->computed.size(); ++i) {
    computations_.push_back(std::make_unique<computation>(client, *this, i));
  }
}

overlay_values::~overlay_values() {
  log_.leave(values_);
  Py_DECREF(as_object(values_));
}

int overlay_values::prepare(bool append_allowed) {
  prepared_.clear();
  return store_commit_ops(values_, prepared_, append_allowed) < 0 ? -1 : 0;
}

bool overlay_values::commit_ops(std::string& out) {
  if (prepared_.empty()) return false;
  out += prepared_;
  prepared_.clear();
  return true;
}

void overlay_values::encode_snapshot(std::string& out) {
  if (store_encode_snapshot(values_, out) == 0) return;
  PyErr_WriteUnraisable(
      as_object(values_));  // cannot be: its values were encoded when they were set
  out += "{}";
}

}  // namespace statelink::python
