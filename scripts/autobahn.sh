#!/bin/sh
# Runs the Autobahn test suite (groups 1 to 7 and 10) against the echo server of tests/cpp/autobahn, in
# build/autobahn, and judges its report. Needs Python 2.7: PYTHON27=, else python2.7 of the PATH or of
# pyenv; where there is none, says so and ends well: our own cases of these groups are in tests/cpp.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$here/build/autobahn
server=$here/build/dev/tests/cpp/autobahn/autobahn_echo_server
wstest=$folder/venv/bin/wstest

find_python27() {
  for candidate in "${PYTHON27:-}" python2.7 \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/2.7*/bin/python2.7; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (2, 7))' >/dev/null 2>&1; then
      command -v "$candidate" && return
    fi
  done
  return 1
}

if ! python27=$(find_python27); then
  sentence="autobahn: there is no Python 2.7 on this machine: NOT TESTED"
  echo "$sentence"
  [ -z "${NOTES:-}" ] || echo "$sentence" >>"$NOTES"
  exit
fi
cmake --build --preset dev --target autobahn_echo_server

install_suite() {
  echo "Installing the Autobahn test suite ..."
  export PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONWARNINGS=ignore:DEPRECATION
  # virtualenv, too, stays in this folder.
  "$python27" -m pip install --quiet --target "$folder/virtualenv" 'virtualenv==20.15.1'
  PYTHONPATH=$folder/virtualenv "$python27" -m virtualenv --quiet "$folder/venv"
  "$folder/venv/bin/python" -m pip install --quiet --no-deps \
    --requirement "$here/tests/autobahn/requirements.txt"
  touch "$folder/venv/.stamp"
}

mkdir -p "$folder"
[ -f "$folder/venv/.stamp" ] || install_suite

# The server says its port and serves until its standard input ends.
rm -rf "$folder/reports" "$folder/in" "$folder/out"
mkfifo "$folder/in" "$folder/out"
"$server" <"$folder/in" >"$folder/out" &
exec 3>"$folder/in" 4<"$folder/out"
read -r port <&4

cat >"$folder/spec.json" <<END
{
  "outdir": "$folder/reports",
  "servers": [{"agent": "statelink", "url": "ws://127.0.0.1:$port/_statelink/ws"}],
  "cases": ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"],
  "exclude-cases": [],
  "exclude-agent-cases": {}
}
END
"$wstest" --mode fuzzingclient --spec "$folder/spec.json" >"$folder/wstest.log" 2>&1 ||
  { tail "$folder/wstest.log" >&2; exit 1; }
exec 3>&- 4<&-
wait

python3 "$here/tests/autobahn/judge.py" "$folder/reports/index.json"
