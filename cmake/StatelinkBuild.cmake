# How everything is compiled: the language, the build types, ccache, and the checkers that
# instrument a whole build.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON) # the static libraries also end in the extension module
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Release is what users get. RelWithDebInfo is what we develop with: optimised, with assertions.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, RelWithDebInfo or Release" FORCE)
endif()
# Debug only for checks that do not care for speed. Both keep line numbers, no more: that is what
# sanitizers and gcov print, and debug information of templates is much of a build.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g1") # at -O0 the random tests take minutes
if(STATELINK_SANITIZE)
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
endif()

# ccache, when there. Paths are hashed relative to the source tree: build folders share what they
# compile. The sloppiness is what ccache wants where there are precompiled headers (of the tests).
find_program(STATELINK_CCACHE ccache HINTS "${PROJECT_SOURCE_DIR}/.venv/bin")
if(STATELINK_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros "${STATELINK_CCACHE}")
endif()

# Set either way: pybind11 adds its own link-time optimisation where the variable is undefined.
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION OFF)
if(STATELINK_LTO)
  include(CheckIPOSupported)
  check_ipo_supported(RESULT lto_works OUTPUT lto_failure LANGUAGES CXX)
  if(lto_works)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  else()
    message(STATUS "Link-time optimisation is off: ${lto_failure}")
  endif()
endif()

if(STATELINK_SANITIZE)
  add_compile_options(
    "-fsanitize=${STATELINK_SANITIZE}" -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options("-fsanitize=${STATELINK_SANITIZE}")
  if(STATELINK_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ warns that ThreadSanitizer does not see Asio's fences. What they order is ordered by locks, too.
    add_compile_options(-Wno-tsan)
  endif()
endif()
if(STATELINK_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()
