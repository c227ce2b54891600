#!/bin/sh
# Builds the endpoint of the Autobahn test suite and runs the suite, where there is a Python 2.7.
set -eu
for candidate in "${PYTHON27:-}" python2.7 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/2.7*/bin/python2.7; do
  if "$candidate" -c '' >/dev/null 2>&1; then
    cmake --build --preset dev --target autobahn_echo_server
    exec scripts/autobahn.sh "$PWD/build/dev/tests/cpp/autobahn/autobahn_echo_server" "$PWD/build/autobahn"
  fi
done
sentence="autobahn: there is no Python 2.7 on this machine: NOT TESTED"
echo "$sentence"
[ -z "${NOTES:-}" ] || echo "$sentence" >>"$NOTES"
