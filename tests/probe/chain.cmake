# One chain of digests from every way to compile. chain.cpp is linked once with the kernels that ship, and once for each
# variant with kernels (and the sources of lib/probe that compute) compiled anew, by another compiler or with other flags.
# kernels/libenvlock_kernels.a is not on a variant's link line, so that a kernel that the variant lacks cannot come from
# there; its objects of lib/probe stand before the archive, so that the archive's are not taken.

set(ENVLOCK_CHAIN_ISAS "")
foreach(isa scalar avx2 avx512 neon)
  if(TARGET envlock_kernels_${isa})
    list(APPEND ENVLOCK_CHAIN_ISAS ${isa})
  endif()
endforeach()
set(ENVLOCK_CHAIN_GOLDEN ${PROJECT_SOURCE_DIR}/fixtures/golden/probe)
set(ENVLOCK_CHAIN_TEST ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/chain_test.py)

add_executable(chain chain.cpp)
target_link_libraries(chain PRIVATE envlock_flags envlock::probe)

# What several sources become as one: their headers are read once. gemm.cpp stands alone, for it has names of its own
# that would hide others'.
function(envlock_chain_union file)
  set(text "")
  foreach(source ${ARGN})
    string(APPEND text "#include \"${source}\"\n")
  endforeach()
  file(CONFIGURE OUTPUT ${file} CONTENT "${text}")
endfunction()

file(GLOB kernel_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/cpu/*.cpp)
list(REMOVE_ITEM kernel_sources ${PROJECT_SOURCE_DIR}/kernels/cpu/gemm.cpp)
envlock_chain_union(${CMAKE_CURRENT_BINARY_DIR}/chain_kernels.cpp ${kernel_sources})
set(probe_sources schedule plan size digest_tree pool leaf_queue fp_environment cpu_backend)
list(TRANSFORM probe_sources REPLACE "(.+)" "${PROJECT_SOURCE_DIR}/lib/probe/src/\\1.cpp")
envlock_chain_union(${CMAKE_CURRENT_BINARY_DIR}/chain_probe.cpp ${probe_sources} ${PROJECT_SOURCE_DIR}/kernels/src/usable.cpp)

# envlock_chain_variant(NAME COMPILER path FLAGS flag... ISAS isa...): the program chain_NAME.
function(envlock_chain_variant name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "COMPILER" "FLAGS;ISAS")
  set(common ${CMAKE_CXX_COMPILER_LAUNCHER} ${arg_COMPILER} -std=c++20 -ffp-contract=off
    -I${PROJECT_SOURCE_DIR}/kernels/include -I${PROJECT_SOURCE_DIR}/kernels/cpu -I${PROJECT_SOURCE_DIR}/lib/core/include
    -I${PROJECT_SOURCE_DIR}/lib/probe/include -I${PROJECT_SOURCE_DIR}/lib/probe/src)
  set(objects "")
  function(compile object source)
    add_custom_command(OUTPUT ${object}
      COMMAND ${common} ${ARGN} -MD -MF ${object}.d -MT ${object} -c ${source} -o ${object}
      DEPENDS ${source} DEPFILE ${object}.d COMMENT "Compiling ${source} for chain_${name}" VERBATIM)
    set(objects ${objects} ${object} PARENT_SCOPE)
  endfunction()
  set(has "")
  foreach(isa ${arg_ISAS})
    get_target_property(isa_flags envlock_kernels_${isa} COMPILE_OPTIONS)
    list(REMOVE_ITEM isa_flags -O3)
    set(prefix ${CMAKE_CURRENT_BINARY_DIR}/chain_${name}_${isa})
    compile(${prefix}.o ${CMAKE_CURRENT_BINARY_DIR}/chain_kernels.cpp ${isa_flags} ${arg_FLAGS} -DENVLOCK_ISA=${isa})
    compile(${prefix}_gemm.o ${PROJECT_SOURCE_DIR}/kernels/cpu/gemm.cpp ${isa_flags} ${arg_FLAGS} -DENVLOCK_ISA=${isa})
    list(APPEND has -DENVLOCK_HAS_${isa})
  endforeach()
  compile(${CMAKE_CURRENT_BINARY_DIR}/chain_${name}_probe.o ${CMAKE_CURRENT_BINARY_DIR}/chain_probe.cpp ${arg_FLAGS} ${has})
  add_executable(chain_${name} chain.cpp ${objects})
  target_include_directories(chain_${name} PRIVATE $<TARGET_PROPERTY:envlock_probe,INTERFACE_INCLUDE_DIRECTORIES>
    ${PROJECT_SOURCE_DIR}/kernels/include ${PROJECT_SOURCE_DIR}/lib/probe/include)
  target_link_libraries(chain_${name} PRIVATE envlock_flags $<TARGET_FILE:envlock_probe> envlock::core envlock_ext_threads ${CMAKE_DL_LIBS})
  add_dependencies(chain_${name} envlock_probe)
endfunction()

# envlock_chain_test(NAME PROGRAM SIZE argument...)
function(envlock_chain_test name program size)
  add_test(NAME ${name} COMMAND ${ENVLOCK_CHAIN_TEST} --golden ${ENVLOCK_CHAIN_GOLDEN}/${size}.txt ${program} ${ARGN})
  set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "(^|\n)skipped: " TIMEOUT 600 LABELS chain)
endfunction()

# --- one chain ---

if(ENVLOCK_SANITIZE)
  set(vector_steps 2)
else()
  set(vector_steps 20)
endif()
set(few "")
set(every "scalar:1:2")
foreach(isa ${ENVLOCK_CHAIN_ISAS})
  if(NOT isa STREQUAL scalar)
    list(APPEND few ${isa}:1:${vector_steps} ${isa}:2:${vector_steps})
    foreach(threads 1 2 3 5)
      list(APPEND every ${isa}:${threads}:${vector_steps})
    endforeach()
  endif()
endforeach()
envlock_chain_test(chain_shipped $<TARGET_FILE:chain> quick ${every} scalar:3:2)

if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  set(ENVLOCK_CHAIN_GCC ${CMAKE_CXX_COMPILER})
else()
  find_program(ENVLOCK_CHAIN_GCC NAMES g++ g++-12)
endif()
find_program(ENVLOCK_CHAIN_CLANG NAMES clang++-19 clang++)

if(ENVLOCK_CHAIN_GCC)
  envlock_chain_variant(gcc_O0 COMPILER ${ENVLOCK_CHAIN_GCC} FLAGS -O0 ISAS ${ENVLOCK_CHAIN_ISAS})
  # Without optimisation a step takes most of a second in scalar code, and a third of one in vectors.
  set(unoptimised scalar:2:1)
  foreach(isa ${ENVLOCK_CHAIN_ISAS})
    if(NOT isa STREQUAL scalar)
      list(APPEND unoptimised ${isa}:2:${vector_steps})
    endif()
  endforeach()
  envlock_chain_test(chain_gcc_O0 $<TARGET_FILE:chain_gcc_O0> quick ${unoptimised})
else()
  envlock_chain_test(chain_gcc_O0 "no g++" quick none)
endif()
if(ENVLOCK_CHAIN_CLANG)
  envlock_chain_variant(clang COMPILER ${ENVLOCK_CHAIN_CLANG} FLAGS -O2 ISAS ${ENVLOCK_CHAIN_ISAS})
  envlock_chain_test(chain_clang $<TARGET_FILE:chain_clang> quick scalar:2:2 ${few})
else()
  envlock_chain_test(chain_clang "no clang++" quick none)
endif()

if(NOT ENVLOCK_SANITIZE)
  envlock_chain_test(chain_standard $<TARGET_FILE:chain> standard fastest:2:20)
  envlock_chain_test(chain_gpu $<TARGET_FILE:chain> gpu fastest:2:2)
  set_tests_properties(chain_standard chain_gpu PROPERTIES PROCESSORS 2)
endif()
# By hand: `cmake --build BUILD --target chain_whole`. A minute or two.
add_custom_target(chain_whole
  COMMAND ${ENVLOCK_CHAIN_TEST} --golden ${ENVLOCK_CHAIN_GOLDEN}/gpu.txt $<TARGET_FILE:chain> fastest:2:20
  COMMAND ${ENVLOCK_CHAIN_TEST} --golden ${ENVLOCK_CHAIN_GOLDEN}/standard.txt $<TARGET_FILE:chain> fastest:3:20
  COMMAND ${ENVLOCK_CHAIN_TEST} --golden ${ENVLOCK_CHAIN_GOLDEN}/quick.txt $<TARGET_FILE:chain> scalar:2:20
  USES_TERMINAL VERBATIM)

# --- builds that leave the chain ---

# Every file refuses -ffast-math, and float expressions that are evaluated in another type.
add_test(NAME kernels_refuse_fast_math
  COMMAND ${CMAKE_COMMAND} -DCOMPILER=${CMAKE_CXX_COMPILER} -DKERNELS=${PROJECT_SOURCE_DIR}/kernels
          -P ${CMAKE_CURRENT_SOURCE_DIR}/drift/refuse_fast_math.cmake)

# Where the guard is overridden, the golden digests find the build. The first op that leaves is a fact of gcc and of the
# formulas: -ffast-math reorders the sums inside exp, whose subnormal results lane.ftz holds; contraction changes only
# what the page does not write as fma, and the first of these is the sum of res1 and layernorm's dx.
if(ENVLOCK_CHAIN_GCC AND NOT ENVLOCK_SANITIZE)
  set(fused "")
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64|AMD64")
    set(fused -mfma)
  endif()
  envlock_chain_variant(fast_math COMPILER ${ENVLOCK_CHAIN_GCC} ISAS scalar
    FLAGS -O3 ${fused} -ffast-math -DENVLOCK_TEST_ALLOW_FAST_MATH)
  envlock_chain_test(drift_fast_math $<TARGET_FILE:chain_fast_math> quick scalar:1:1 --leaves 0:lane.ftz)
  envlock_chain_variant(contracted COMPILER ${ENVLOCK_CHAIN_GCC} ISAS scalar FLAGS -O3 ${fused} -ffp-contract=fast)
  envlock_chain_test(drift_contraction $<TARGET_FILE:chain_contracted> quick scalar:1:1 --leaves 0:bwd.1.res1)
endif()
