#!/bin/sh
# Runs the Python tests with an extension module built with AddressSanitizer (and LeakSanitizer) and
# UndefinedBehaviorSanitizer. Fails on a finding, and on a leak.
# usage: py_asan.sh [VENV [PYTEST_ARGS...]]; VENV is .venv where it is not given.
#
# Python itself is not instrumented. The sanitizers are loaded in front of it, and its allocator is
# turned off (PYTHONMALLOC=malloc), so that every Python object is a block that they watch. What the
# tests start inherits all this, which is meant: `python -m statelink` is looked at, too.
set -eu
cd "$(dirname "$0")/.."
venv=$(realpath "${1:-.venv}")
[ $# -eq 0 ] || shift
export PATH="$venv/bin:$PATH"
build=$PWD/build/py-asan
stage=$build/python

cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DSTATELINK_SANITIZE=address,undefined -DSTATELINK_PYTHON=ON \
  -DPython_EXECUTABLE="$venv/bin/python"
cmake --build "$build" --target _core

# The package as it is here, with this module in it, found before the one that is installed.
rm -rf "$stage"
mkdir -p "$stage"
cp -R python/statelink "$stage"
rm -f "$stage"/statelink/_core*.so
cmake --install "$build" --component python --prefix "$stage" >/dev/null
grep -q __asan_init "$stage"/statelink/_core*.so

# libstdc++ comes along: the exceptions that it throws are intercepted when it is there at the start.
compiler=${CXX:-g++}
preload=""
for library in libasan.so libubsan.so libstdc++.so; do
  preload="$preload $(realpath "$("$compiler" -print-file-name=$library)")"
done

export PYTHONPATH="$stage"
export LD_PRELOAD="$preload"
export PYTHONMALLOC=malloc
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
# Without use_tls=0 LeakSanitizer of gcc 12 crashes now and then.
export LSAN_OPTIONS="suppressions=$PWD/tests/python/lsan.supp:print_suppressions=0:use_tls=0"
export UBSAN_OPTIONS=print_stacktrace=1
export STATELINK_FLAT_EVENTS=100000

# orjson loses a str when it is imported, and the stack of that does not name it: not looked at.
# Without test_gil.py: it gives its clients a second for what takes them longer here.
python -c '
import ctypes, pathlib, sys
import pytest, statelink._core as core
if not pathlib.Path(core.__file__).is_relative_to(sys.argv[1]):
    sys.exit(f"{core.__file__} was imported, not the module that was built here")
sanitizer = ctypes.CDLL(None)
sanitizer.__lsan_disable()
import orjson
sanitizer.__lsan_enable()
sys.exit(pytest.main(sys.argv[2:]))' "$stage" \
  tests/python -p no:cacheprovider --deselect tests/python/test_gil.py "$@"
