// Python values to JSON text: one mapping for everything that travels.
//
// bool, None, int (all digits), float (shortest; null where not finite), str (a lone surrogate is
// an error), list, tuple, set, frozenset: array; dict: object; dataclass and pydantic instance:
// object by field; Enum: its value; datetime, date, time: isoformat; timedelta: ISO 8601 duration;
// UUID, Decimal: str; bytes, bytearray, memoryview: base64; other classes by serializer.
#pragma once

#include <Python.h>

#include <cstddef>
#include <string>
#include <vector>

#include "json_text.hpp"

namespace statelink::python {

struct class_info;
struct tracked_set;

/// Loop thread, with the GIL.
class encoder {
 public:
  explicit encoder(json_writer& out) noexcept : out_(out) {}

  enum result { ok = 0, failed = -1, too_long = -2 };

  /// Writes `value`. After `failed` a Python exception is set (see raise) and what was written is
  /// incomplete; `too_long` when the writer holds more than `limit` bytes.
  result write(PyObject* value);
  void set_limit(std::size_t limit) noexcept { limit_ = limit; }

  /// Turns the exception of a failed write into an EncodeError that has `prefix` (a JSON pointer),
  /// the path below it and the type.
  void raise(std::string const& prefix);

  /// Writes a key of a dict, quoted.
  result write_key(PyObject* key);

 private:
  /// Writes `value` where that is usual and quick: a str, a small int. False, with nothing written,
  /// for all others, and where it fails.
  bool write_usual(PyObject* value);
  result write_other(PyObject* value);
  result write_integer(PyObject* value);
  result write_text(PyObject* value);
  result write_items(PyObject* const* items, Py_ssize_t size);
  result write_list(PyObject* value);
  result write_dict(PyObject* value);
  result write_set(PyObject* value);
  result write_tracked_set(tracked_set& value);
  result write_object(PyObject* value, class_info const& info);
  result write_serialized(PyObject* value, class_info const& info);
  result write_method(PyObject* value, char const* method);
  result write_str_of(PyObject* value);
  result write_duration(PyObject* value);
  result write_buffer(PyObject* value);
  result fail(PyObject* value, char const* why);
  result fail_at(std::string segment);
  bool is_too_long() const noexcept { return out_.size() > limit_; }

  json_writer& out_;
  std::size_t limit_ = static_cast<std::size_t>(-1);
  int depth_ = 0;
  std::vector<std::string> path_;  // innermost first
};

/// Appends the JSON text of `value`. 0, or -1 with an EncodeError set and nothing appended.
int encode_value(PyObject* value, std::string& out);
/// Writes it to `out`. False with an EncodeError set; what was written is incomplete then.
bool encode_value(PyObject* value, json_writer& out);

/// Class of the errors of values that cannot be encoded (a ValueError); created by init_encoder.
extern PyObject* encode_error;
int init_encoder(PyObject* module);

}  // namespace statelink::python
