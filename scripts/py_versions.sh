#!/bin/sh
# Builds the package for each supported version of Python that VENV does not have, and runs the
# Python tests, each version in a virtual environment of its own. What is not here is said, and an
# error in CI. The random tests run with the few examples that they take outside CI, the long ones shorter.
# usage: py_versions.sh VENV; ccache serves the engine, as the headers are those of VENV for all.
set -eu
main=$("$1/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
failed=0

say() {
  echo "$*"
  [ -z "${NOTES:-}" ] || echo "$*" >>"$NOTES"
}

# find_python VERSION; a name on the PATH may be a shim of pyenv that does not work
find_python() {
  for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python; do
    if "$candidate" -c '' >/dev/null 2>&1; then command -v "$candidate" && return; fi
  done
  return 1
}

for version in 3.11 3.12 3.13; do
  [ "$version" != "$main" ] || continue
  if ! python=$(find_python "$version"); then
    say "py-versions: CPython $version is not on this machine: NOT TESTED"
    [ -z "${CI:-}" ] || failed=1
    continue
  fi
  echo "---- CPython $version: $python"
  env -u CI STATELINK_FLAT_EVENTS="${STATELINK_FLAT_EVENTS:-100000}" "${MAKE:-make}" --no-print-directory version-test \
    PYTHON3="$python" VENV=".venv-$version" HEADERS_VENV="$1" || failed=1
done
exit "$failed"
