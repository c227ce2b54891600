# The warnings that our own code is compiled with. Errors in our presets; not for users, whose
# compiler may know more.

add_library(statelink_warnings INTERFACE)
target_compile_options(
  statelink_warnings
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wnon-virtual-dtor
            -Woverloaded-virtual
            -Wimplicit-fallthrough
            -Wextra-semi
            $<$<BOOL:${STATELINK_WERROR}>:-Werror>)
