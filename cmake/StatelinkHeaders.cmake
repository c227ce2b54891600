# The header-only dependencies, as interface targets: statelink_boost and statelink_json.
#
# Each is looked for in this order: an override (-DSTATELINK_BOOST_INCLUDE_DIR=...,
# -DSTATELINK_JSON_INCLUDE_DIR=...), the Python package that carries it (boost-headers,
# nlohmann-json), the system. Python is only asked where the headers are: a program found by name,
# not find_package(Python), which would spoil pybind11's own search in a build of the module.

find_program(
  STATELINK_HEADERS_PYTHON
  NAMES "${Python_EXECUTABLE}" "${PROJECT_SOURCE_DIR}/.venv/bin/python" python3 python
  DOC "Python that has the header packages; only needed where the system has no such headers")

# Sets `variable` (a cache entry) to the folder that holds `header`.
function(statelink_find_headers variable header module)
  if(NOT ${variable} AND STATELINK_HEADERS_PYTHON)
    set(ask "import importlib.util as u; print(*u.find_spec('${module}').submodule_search_locations)")
    execute_process(
      COMMAND "${STATELINK_HEADERS_PYTHON}" -c "${ask}"
      OUTPUT_VARIABLE package
      OUTPUT_STRIP_TRAILING_WHITESPACE
      ERROR_QUIET)
  endif()
  find_path(${variable} "${header}" HINTS "${package}/include")
  if(NOT ${variable})
    message(FATAL_ERROR "${header} was not found: install the Python package of these headers "
                        "(see pyproject.toml) or give their folder by -D${variable}=...")
  endif()
  message(STATUS "${header}: ${${variable}}")
endfunction()

# Fails when `macro`, as defined in `header`, is below `minimum`.
function(statelink_require_version header macro minimum)
  file(STRINGS "${header}" line REGEX "#define ${macro} +[0-9]+" LIMIT_COUNT 1)
  string(REGEX MATCH "[0-9]+ *$" found "${line}")
  if(found LESS minimum)
    message(FATAL_ERROR "${header} is too old: ${macro} is ${found}, not at least ${minimum}")
  endif()
endfunction()

statelink_find_headers(STATELINK_BOOST_INCLUDE_DIR boost/version.hpp boost_headers)
statelink_require_version("${STATELINK_BOOST_INCLUDE_DIR}/boost/version.hpp" BOOST_VERSION 108500)
add_library(statelink_boost INTERFACE)
target_include_directories(statelink_boost SYSTEM INTERFACE "${STATELINK_BOOST_INCLUDE_DIR}")

statelink_find_headers(STATELINK_JSON_INCLUDE_DIR nlohmann/json.hpp nlohmann_json)
add_library(statelink_json INTERFACE)
target_include_directories(
  statelink_json SYSTEM INTERFACE "$<BUILD_INTERFACE:${STATELINK_JSON_INCLUDE_DIR}>")
