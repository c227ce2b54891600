// One client's value of one personal computed var: what its last run read, and where the value is.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "turns/instance_values.hpp"
#include "values/undo_log.hpp"

namespace statelink::python {

struct client_record;
class overlay_values;
struct reading_object;

/// Whether a value of then is out of date by its var's interval. An app under test may be given
/// another clock, which is behind.
inline bool is_too_old(computed_var const& var, std::int64_t then, std::int64_t now) noexcept {
  return var.interval > 0 && (now - then >= var.interval || now < then);
}

/// Loop thread, with the GIL. Lives as long as its client.
class computation {
 public:
  computation(client_record& client, overlay_values& of, std::size_t index)
      : client_(client), of_(of), index_(index) {}
  ~computation();
  computation(computation const&) = delete;
  computation& operator=(computation const&) = delete;

  client_record& client() const noexcept { return client_; }
  overlay_values& of() const noexcept { return of_; }
  std::size_t index() const noexcept { return index_; }  ///< among its class's computed vars

  /// A run has ended with a value, or, with `known` false, with an error: what it read decides when
  /// to run again.
  void ran(readings read, bool known, std::int64_t now);
  /// The last run's value is there, and it read nothing that has changed since. `sees`: whether the
  /// client still sees a store.
  template <class Sees>
  bool is_fresh(Sees sees, std::int64_t now) const {
    if (run_again || !has_run_ || is_too_old(var(), at_, now)) return false;
    if (read_.router && read_.router != router_version()) return false;
    for (dependency const& d : read_.slots) {
      instance_values const* in = instance_values::of(d.in);
      if (!in || in->version(d.slot) != d.version || !sees(*in, d.slot)) return false;
    }
    return true;
  }
  bool has_value() const noexcept { return has_value_; }
  readings const& read() const noexcept { return read_; }
  /// Of its client's present router.
  std::uint64_t router_version() const noexcept;
  computed_var const& var() const noexcept;
  /// One of the stores that it read ends.
  void lose(instance_values& in);

  reading_object* in_flight = nullptr;  ///< a run that has suspended; borrowed
  bool waits =
      false;  ///< among the waiters of an instance: looked at when the turn there lets it go
  bool run_again = false;  ///< even where nothing that it read has changed
  bool reported = false;   ///< its error has been logged, and it has not run well since

 private:
  void forget_readings();

  client_record& client_;
  overlay_values& of_;
  std::size_t const index_;
  readings read_;
  bool has_run_ = false;
  bool has_value_ = false;
  std::int64_t at_ = 0;  // of its last run
};

/// What only one client sees of a state: the values of the personal computed vars of its class. The
/// engine lays them over the instance's.
class overlay_values final : public value_source {
 public:
  /// `log` notes the changes; it must outlive this.
  overlay_values(state_class_ptr cls, client_record& client, undo_log& log);
  ~overlay_values() override;

  instance_no no;  ///< given by the engine
  state_class_record const& cls() const noexcept { return *cls_; }
  computation& of(std::size_t index) { return *computations_[index]; }
  std::size_t size() const noexcept { return computations_.size(); }

  /// The value of a computed var, borrowed, or null without an exception where it has never run
  /// well.
  PyObject* value(std::size_t index) const { return store_get(values_, index); }
  /// 1: it differs from the last one, 0: not, -1: it cannot be encoded (exception set).
  int set(std::size_t index, PyObject* value) { return store_set_computed(values_, index, value); }
  /// Encodes the operations since the last commit. 0, or -1 with an exception set.
  int prepare(bool append_allowed);

  bool commit_ops(std::string& out) override;
  void encode_snapshot(std::string& out) override;
  void undo() override { prepared_.clear(); }

 private:
  state_class_ptr const cls_;
  undo_log& log_;
  store* const values_;
  std::vector<std::unique_ptr<computation>> computations_;
  std::string prepared_;
};

}  // namespace statelink::python
