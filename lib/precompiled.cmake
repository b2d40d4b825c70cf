# The standard headers that nearly every source reads take a third of the time of a build: with ENVLOCK_PRECOMPILE they
# are read once for each set of flags. It is off by default, so that a plain build notices a header that is not included,
# and because ccache does not keep what was built with it unless it is told to.
option(ENVLOCK_PRECOMPILE "Precompile the standard headers that most sources include" OFF)

# Defines the precompiled headers NAME: the standard ones and those given, read with the flags of LINKED and OPTIONS.
function(envlock_precompiled name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;LINKED;OPTIONS")
  if(NOT ENVLOCK_PRECOMPILE)
    return()
  endif()
  set(source ${CMAKE_BINARY_DIR}/precompiled_${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "// Carries the precompiled headers.\n")
  add_library(envlock_precompiled_${name} OBJECT ${source})
  target_link_libraries(envlock_precompiled_${name} PRIVATE envlock_flags ${arg_LINKED})
  target_compile_options(envlock_precompiled_${name} PRIVATE ${arg_OPTIONS})
  target_precompile_headers(envlock_precompiled_${name} PRIVATE ${arg_HEADERS}
    <algorithm> <array> <cstdint> <filesystem> <functional> <map> <memory> <optional> <set> <string> <string_view>
    <utility> <variant> <vector>)
endfunction()

# GCC 12 forgets in precompiled headers that std::string is not ours, and warns of what it wrongly believes it to do.
set(ENVLOCK_PRECOMPILED_WARNINGS -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)

# Lets TARGET use the precompiled headers NAME, which must have been read with the same flags.
function(envlock_precompile target name)
  if(ENVLOCK_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM envlock_precompiled_${name})
    target_compile_options(${target} PRIVATE ${ENVLOCK_PRECOMPILED_WARNINGS})
  endif()
endfunction()

envlock_precompiled(library)
