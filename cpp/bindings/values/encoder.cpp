#include "encoder.hpp"

#include <datetime.h>

#include <cmath>
#include <unordered_set>

#include "adopt.hpp"
#include "class_info.hpp"
#include "counters.hpp"
#include "node.hpp"
#include "object_attributes.hpp"
#include "ref.hpp"
#include "small_int.hpp"
#include "tracked.hpp"

namespace statelink::python {

PyObject* encode_error = nullptr;

namespace {

std::string segment_of(std::string_view utf8) {
  json_writer text;
  text.put_segment(utf8);
  return std::string(text.view());
}

// Keeps a pending exception.
std::string segment_of(PyObject* key) {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  ref const text = ref::take(PyUnicode_CheckExact(key) ? Py_NewRef(key) : key_text(key));
  char const* utf8 = text ? PyUnicode_AsUTF8(text.get()) : nullptr;
  std::string segment = utf8 ? segment_of(std::string_view(utf8)) : "?";
  PyErr_Restore(type, value, trace);
  return segment;
}

}  // namespace

encoder::result encoder::fail(PyObject* value, char const* why) {
  if (!PyErr_Occurred()) PyErr_Format(encode_error, "%s %.200s", why, Py_TYPE(value)->tp_name);
  return failed;
}

encoder::result encoder::fail_at(std::string segment) {
  path_.push_back(std::move(segment));
  return failed;
}

void encoder::raise(std::string const& prefix) {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  std::string where = prefix;
  for (auto segment = path_.rbegin(); segment != path_.rend(); ++segment) where += "/" + *segment;
  path_.clear();
  ref const what = ref::take(value ? PyObject_Str(value) : nullptr);
  if (!what) PyErr_Clear();
  bool const is_own = type == encode_error;
  PyErr_Format(encode_error, "%s%s%s%s%S", where.c_str(), where.empty() ? "" : ": ",
               is_own || !type ? "" : reinterpret_cast<PyTypeObject*>(type)->tp_name,
               is_own ? "" : ": ", what ? what.get() : Py_None);
  if (!is_own && value) {
    if (trace) PyException_SetTraceback(value, trace);
    PyObject *new_type, *new_value, *new_trace;
    PyErr_Fetch(&new_type, &new_value, &new_trace);
    PyErr_NormalizeException(&new_type, &new_value, &new_trace);
    PyException_SetCause(new_value, Py_NewRef(value));
    PyErr_Restore(new_type, new_value, new_trace);
  }
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(trace);
}

bool encoder::write_usual(PyObject* value) {
  PyTypeObject* const type = Py_TYPE(value);
  if (type == &PyUnicode_Type) return out_.put_string(value);
  if (type == &PyLong_Type && is_small(value)) {
    Py_ssize_t const small = small_value(value);
    if (small != static_cast<std::int32_t>(small)) return false;
    out_.put_small_integer(static_cast<std::int32_t>(small));
    return true;
  }
  return false;
}

encoder::result encoder::write(PyObject* value) {
  if (write_usual(value)) return ok;
  PyTypeObject* const type = Py_TYPE(value);
  if (type == &PyUnicode_Type) return write_text(value);
  if (type == &PyLong_Type) return write_integer(value);
  if (value == Py_None) return out_.put("null"), ok;
  if (type == &PyBool_Type) return out_.put(value == Py_True ? "true" : "false"), ok;
  if (type == &PyFloat_Type) return out_.put_double(PyFloat_AS_DOUBLE(value)), ok;
  if (depth_ >= max_depth) {
    PyErr_Format(encode_error, "nested deeper than %d: %.200s", max_depth, type->tp_name);
    return failed;
  }
  ++depth_;
  result done;
  if (type == &PyDict_Type || type == tracked_dict_type) {
    done = write_dict(value);
  } else if (type == &PyList_Type || type == tracked_list_type) {
    done = write_list(value);
  } else if (type == &PyTuple_Type) {
    done = write_items(reinterpret_cast<PyTupleObject*>(value)->ob_item, PyTuple_GET_SIZE(value));
  } else if (type == tracked_set_type) {
    done = write_tracked_set(*as_tracked_set(value));
  } else {
    done = write_other(value);
  }
  --depth_;
  return done;
}

encoder::result encoder::write_other(PyObject* value) {
  class_info const* info = info_of(Py_TYPE(value));
  if (!info) return failed;
  switch (info->kind) {
    case value_kind::boolean:
      return out_.put(value == Py_True ? "true" : "false"), ok;
    case value_kind::integer:
      return write_integer(value);
    case value_kind::real:
      return out_.put_double(PyFloat_AS_DOUBLE(value)), ok;
    case value_kind::text:
      return write_text(value);
    case value_kind::list:
      return write_list(value);
    case value_kind::tuple:
      return write_items(reinterpret_cast<PyTupleObject*>(value)->ob_item, PyTuple_GET_SIZE(value));
    case value_kind::dict:
      return write_dict(value);
    case value_kind::set:
    case value_kind::frozen_set:
      return write_set(value);
    case value_kind::bytes:
    case value_kind::byte_buffer:
      return write_buffer(value);
    case value_kind::enumeration: {
      ref const inner = ref::take(PyObject_GetAttrString(value, "value"));
      return inner ? write(inner.get()) : failed;
    }
    case value_kind::iso_text:
      return write_method(value, "isoformat");
    case value_kind::plain_text:
      return write_str_of(value);
    case value_kind::duration:
      return write_duration(value);
    case value_kind::data_object:
      return write_object(value, *info);
    case value_kind::serialized:
      return write_serialized(value, *info);
    default:
      return fail(value, "cannot encode a value of type");
  }
}

encoder::result encoder::write_integer(PyObject* value) {
  int overflow;
  long long const small = PyLong_AsLongLongAndOverflow(value, &overflow);
  if (overflow == 0) {
    if (small == -1 && PyErr_Occurred()) return failed;
    out_.put_integer(small);
    return ok;
  }
  ref const digits = ref::take(PyLong_Type.tp_repr(value));
  Py_ssize_t size;
  char const* text = digits ? PyUnicode_AsUTF8AndSize(digits.get(), &size) : nullptr;
  if (!text) return failed;
  out_.put(std::string_view(text, static_cast<std::size_t>(size)));
  return ok;
}

encoder::result encoder::write_text(PyObject* value) {
  if (out_.put_string(value)) return ok;
  return fail(value, "cannot encode a lone surrogate in a value of type");
}

encoder::result encoder::write_items(PyObject* const* items, Py_ssize_t size) {
  counted.slots_visited += static_cast<std::uint64_t>(size);
  out_.put('[');
  for (Py_ssize_t i = 0; i < size; ++i) {
    if (i) out_.put(',');
    if (result const done = write(items[i]); done != ok) {
      return done == failed ? fail_at(std::to_string(i)) : done;
    }
    if (is_too_long()) return too_long;
  }
  out_.put(']');
  return ok;
}

// A serializer may change the list under our hands: nothing of it is remembered between two items.
encoder::result encoder::write_list(PyObject* value) {
  counted.slots_visited += static_cast<std::uint64_t>(PyList_GET_SIZE(value));
  out_.put('[');
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(value); ++i) {
    if (i) out_.put(',');
    if (!write_usual(PyList_GET_ITEM(value, i))) {
      ref const item = ref::share(PyList_GET_ITEM(value, i));
      result const done = write(item.get());
      if (done != ok) return done == failed ? fail_at(std::to_string(i)) : done;
    }
    if (is_too_long()) return too_long;
  }
  out_.put(']');
  return ok;
}

encoder::result encoder::write_key(PyObject* key) {
  if (PyUnicode_CheckExact(key)) return write_text(key);
  ref const text = ref::take(key_text(key));
  if (text) return write_text(text.get());
  if (!PyErr_ExceptionMatches(PyExc_TypeError)) return failed;
  PyErr_Clear();
  return fail(key, "cannot encode a key of type");
}

encoder::result encoder::write_dict(PyObject* value) {
  counted.slots_visited += static_cast<std::uint64_t>(PyDict_GET_SIZE(value));
  out_.put('{');
  bool first = true;
  bool all_text = true;
  PyObject *key, *item;
  for (Py_ssize_t at = 0; PyDict_Next(value, &at, &key, &item);) {
    if (!first) out_.put(',');
    first = false;
    bool const is_text = PyUnicode_CheckExact(key);
    all_text = all_text && is_text;
    if (is_text && is_scalar(item)) {  // nobody's code runs
      if (!out_.put_string(key)) return write_text(key);
      out_.put(':');
      if (!write_usual(item) && write(item) != ok) return fail_at(segment_of(key));
    } else {
      ref const key_held = ref::share(key), item_held = ref::share(item);
      result done = write_key(key);
      if (done == ok) {
        out_.put(':');
        done = write(item);
        if (done == failed) fail_at(segment_of(key));
      }
      if (done != ok) return done;
    }
    if (is_too_long()) return too_long;
  }
  out_.put('}');
  if (all_text || as_tracked_dict(value)) return ok;
  // A dict that was never asked at the line: two keys may have the same text.
  ref const seen = ref::take(PySet_New(nullptr));
  for (Py_ssize_t at = 0; PyDict_Next(value, &at, &key, &item);) {
    ref const text = ref::take(key_text(key));
    if (!seen || !text || PySet_Add(seen.get(), text.get()) < 0) return failed;
  }
  if (PySet_GET_SIZE(seen.get()) == PyDict_GET_SIZE(value)) return ok;
  return fail(value, "two keys are the same in JSON in a value of type");
}

encoder::result encoder::write_set(PyObject* value) {
  ref const items = ref::take(PySequence_List(value));
  if (!items) return failed;
  return write_items(reinterpret_cast<PyListObject*>(items.get())->ob_item,
                     PyList_GET_SIZE(items.get()));
}

encoder::result encoder::write_tracked_set(tracked_set& value) {
  set_order const* order = order_of(value);
  if (!order) return failed;
  return write_items(order->items.data(), static_cast<Py_ssize_t>(order->items.size()));
}

encoder::result encoder::write_object(PyObject* value, class_info const& info) {
  counted.slots_visited += info.fields.size();
  out_.put('{');
  bool first = true;
  auto const write_field = [&](std::string_view json_key, PyObject* name, PyObject* item) {
    if (!first) out_.put(',');
    first = false;
    out_.put(json_key);
    result const done = write(item);
    if (done == failed) return fail_at(segment_of(name));
    return done != ok || !is_too_long() ? done : too_long;
  };
  for (object_field const& field : info.fields) {
    ref item = ref::take(get_raw(value, info, field.name.get()));
    if (!item && !PyErr_Occurred()) item = ref::take(PyObject_GetAttr(value, field.name.get()));
    if (!item) {
      if (!PyErr_ExceptionMatches(PyExc_AttributeError))
        return fail_at(segment_of(field.name.get()));
      PyErr_Clear();
      continue;
    }
    if (result const done = write_field(field.json_key, field.name.get(), item.get()); done != ok)
      return done;
  }
  if (PyObject* extras = extras_of(value, info)) {
    PyObject *name, *item;
    for (Py_ssize_t at = 0; PyDict_Next(extras, &at, &name, &item);) {
      json_writer json_key;
      if (!PyUnicode_Check(name) || !json_key.put_string(name))
        return fail(value, "an extra's name of");
      json_key.put(':');
      if (result const done = write_field(json_key.view(), name, item); done != ok) return done;
    }
  }
  out_.put('}');
  return ok;
}

encoder::result encoder::write_serialized(PyObject* value, class_info const& info) {
  ref const function = info.serializer;
  ref const made = ref::take(PyObject_CallOneArg(function.get(), value));
  if (!made) return failed;
  if (made.get() == value) return fail(value, "its serializer gave back the same value of type");
  return write(made.get());
}

encoder::result encoder::write_method(PyObject* value, char const* method) {
  ref const text = ref::take(PyObject_CallMethod(value, method, nullptr));
  return text ? write_text(text.get()) : failed;
}

encoder::result encoder::write_str_of(PyObject* value) {
  ref const text = ref::take(PyObject_Str(value));
  return text ? write_text(text.get()) : failed;
}

encoder::result encoder::write_duration(PyObject* value) {
  if (!PyDateTimeAPI) PyDateTime_IMPORT;
  if (!PyDateTimeAPI) return failed;
  long long const days = PyDateTime_DELTA_GET_DAYS(value);
  long long const seconds = PyDateTime_DELTA_GET_SECONDS(value);
  long long const micros = PyDateTime_DELTA_GET_MICROSECONDS(value);
  // Sign and magnitude: a timedelta of -1 s is kept as -1 day + 86,399 s. Its range in microseconds
  // exceeds 64 bits, in seconds not.
  long long total = days * 86400 + seconds;
  long long rest = micros;
  bool const negative = total < 0;
  if (negative) {
    total = -total;
    if (rest) {
      --total;
      rest = 1000000 - rest;
    }
  }
  char text[80];
  long long const day_count = total / 86400, hours = total / 3600 % 24, minutes = total / 60 % 60,
                  secs = total % 60;
  int size = std::snprintf(text, sizeof text, "\"%sP", negative ? "-" : "");
  auto const add = [&](char const* format, auto... values) {
    size +=
        std::snprintf(text + size, sizeof text - static_cast<std::size_t>(size), format, values...);
  };
  if (day_count) add("%lldD", day_count);
  if (hours || minutes || secs || rest || !day_count) add("%s", "T");
  if (hours) add("%lldH", hours);
  if (minutes) add("%lldM", minutes);
  if (rest)
    add("%lld.%06lldS", secs, rest);
  else if (secs || !total)
    add("%lldS", secs);
  add("%s", "\"");
  out_.put(std::string_view(text, static_cast<std::size_t>(size)));
  return ok;
}

encoder::result encoder::write_buffer(PyObject* value) {
  Py_buffer view;
  if (PyObject_GetBuffer(value, &view, PyBUF_SIMPLE) < 0) return failed;
  out_.put_base64(
      std::string_view(static_cast<char const*>(view.buf), static_cast<std::size_t>(view.len)));
  PyBuffer_Release(&view);
  return ok;
}

bool encode_value(PyObject* value, json_writer& out) {
  std::size_t const start = out.size();
  encoder encode(out);
  if (encode.write(value) != encoder::ok) {
    encode.raise("");
    return false;
  }
  counted.bytes_encoded += out.size() - start;
  return true;
}

int encode_value(PyObject* value, std::string& out) {
  json_writer text;
  if (!encode_value(value, text)) return -1;
  out.append(text.view());
  return 0;
}

int init_encoder(PyObject* module) {
  if (!encode_error) {
    encode_error = PyErr_NewExceptionWithDoc(
        "statelink.EncodeError",
        "A value that cannot be sent to clients; the text has its path and type.", PyExc_ValueError,
        nullptr);
  }
  return encode_error ? PyModule_AddObjectRef(module, "EncodeError", encode_error) : -1;
}

}  // namespace statelink::python
