# GoogleTest, as target GTest::gtest_main: the system's (Debian: libgtest-dev), else built from the
# sources that the Python package ros-gtest-vendor carries.

find_package(GTest QUIET)
if(NOT TARGET GTest::gtest_main)
  find_path(
    STATELINK_GTEST_DIR src/gtest-all.cc
    HINTS "${PROJECT_SOURCE_DIR}/.venv/src/gtest_vendor" /usr/src/googletest/googletest
    DOC "Sources of GoogleTest")
  if(NOT STATELINK_GTEST_DIR)
    message(FATAL_ERROR "GoogleTest was not found: install libgtest-dev, or ros-gtest-vendor into "
                        ".venv, or give its sources by -DSTATELINK_GTEST_DIR=...")
  endif()
  find_package(Threads REQUIRED)
  add_library(statelink_gtest STATIC "${STATELINK_GTEST_DIR}/src/gtest-all.cc"
                                     "${STATELINK_GTEST_DIR}/src/gtest_main.cc")
  target_include_directories(statelink_gtest SYSTEM PUBLIC "${STATELINK_GTEST_DIR}/include")
  target_include_directories(statelink_gtest PRIVATE "${STATELINK_GTEST_DIR}")
  target_link_libraries(statelink_gtest PUBLIC Threads::Threads)
  add_library(GTest::gtest_main ALIAS statelink_gtest)
endif()
