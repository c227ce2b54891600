#!/bin/sh
# Makes the virtual environment VENV with what builds the package: its build requirements, and cmake
# and ninja where the system has none. Does nothing that is done already.
# usage: make_venv.sh VENV; the variable PYTHON3 may name another Python than the first that fits.
set -eu
venv=$1
here=$(dirname "$0")

is_new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  for candidate in python3 python3.13 python3.12 python3.11; do
    if is_new_enough "$candidate"; then command -v "$candidate" && return; fi
  done
  echo "Python >= 3.11 is needed, and not on the PATH" >&2
  return 1
}

if [ ! -x "$venv/bin/python" ]; then
  PYTHON3=${PYTHON3:-$(find_python)}
  export PYTHON3
  "$here/ensure_system.sh" python
  "$PYTHON3" -m venv "$venv"
fi

pip="$venv/bin/python -m pip --disable-pip-version-check"
# Dependency groups came with pip 25.1.
$pip install --quiet --upgrade 'pip>=25.1'

build_requirements=$("$venv/bin/python" -c '
import pathlib, tomllib
print(*tomllib.loads(pathlib.Path("pyproject.toml").read_text())["build-system"]["requires"])')
# shellcheck disable=SC2086  # one word per requirement
$pip install --quiet $build_requirements

case $(cmake --version 2>/dev/null) in
  *" 3.2"[5-9]* | *" 3."[3-9]* | *" "[4-9].*) ;;
  *) $pip install --quiet cmake ;;
esac
command -v ninja >/dev/null || $pip install --quiet ninja
