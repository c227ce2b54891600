#!/bin/sh
# Installs the C++ libraries from build/dev, and builds and runs a project that finds them there by
# find_package, with nothing on its PATH but a compiler, cmake and ninja: no Python.
set -eu
cd "$(dirname "$0")/.."
prefix=$PWD/build/install
work=$PWD/build/consumer

cmake --build --preset dev --target statelink_net >/dev/null
rm -rf "$prefix" "$work"
cmake --install build/dev --component development --prefix "$prefix" >/dev/null

mkdir -p "$work/bin"
for tool in c++ g++ ar ranlib as ld nm objcopy sh cmake ctest ninja; do
  ln -s "$(command -v $tool)" "$work/bin/$tool"
done
# cmake may be a script of a Python package: then the program itself is what we want.
echo 'message("${CMAKE_COMMAND}")' >"$work/where.cmake"
cmake_program=$(cmake -P "$work/where.cmake" 2>&1)
for tool in cmake ctest; do ln -sf "$(dirname "$cmake_program")/$tool" "$work/bin/$tool"; done
case $(head -c 2 "$work/bin/ninja") in
  '#!') ln -sf "$("$(head -1 "$work/bin/ninja" | cut -c3-)" -c \
    'import ninja, os; print(os.path.join(ninja.BIN_DIR, "ninja"))')" "$work/bin/ninja" ;;
esac

for project in tests/install/consumer examples/cpp_embed; do
  build=$work/$(basename $project)
  env -i PATH="$work/bin" CXX=g++ cmake -S $project -B "$build" -G Ninja \
    -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror" >"$work/log" 2>&1 &&
    env -i PATH="$work/bin" cmake --build "$build" >>"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
done
"$work/consumer/consumer"
test -x "$work/cpp_embed/cpp_embed"
echo "built $work/cpp_embed/cpp_embed against the installed package"
