# What can be proven of the CUDA kernels without a GPU. The gates print "skipped: why" where a compiler is missing.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_test(NAME cuda_ptx_is_current
  COMMAND ${CMAKE_COMMAND} -DCLANG=$<IF:$<BOOL:${ENVLOCK_CUDA_CLANG}>,${ENVLOCK_CUDA_CLANG},>
          -DOUTPUT=${CMAKE_CURRENT_BINARY_DIR}/envlock_kernels.ptx
          -DCOMPARE=${PROJECT_SOURCE_DIR}/kernels/ptx/envlock_kernels.ptx
          -P ${PROJECT_SOURCE_DIR}/kernels/cuda/compile_ptx.cmake)
add_test(NAME cuda_ptx_policy
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/ptx_policy.py
          ${PROJECT_SOURCE_DIR}/kernels/ptx/envlock_kernels.ptx)
add_test(NAME cuda_ptx_policy_refuses COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/ptx_policy_test.py)
add_test(NAME cuda_nvcc_gate
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/cuda_nvcc_gate.py ${PROJECT_SOURCE_DIR})
set_tests_properties(cuda_ptx_is_current cuda_nvcc_gate PROPERTIES SKIP_REGULAR_EXPRESSION "^skipped: ")
foreach(test cuda_ptx_is_current cuda_ptx_policy cuda_ptx_policy_refuses cuda_nvcc_gate)
  set_property(TEST ${test} APPEND PROPERTY LABELS ptx)
endforeach()

file(GLOB cuda_test_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/cuda/*_test.cpp)
add_executable(test_cuda ${cuda_test_sources})
target_include_directories(test_cuda PRIVATE ${PROJECT_SOURCE_DIR}/lib/probe/src)
target_link_libraries(test_cuda PRIVATE envlock_flags envlock_test_support envlock::probe)
target_compile_options(test_cuda PRIVATE -Wno-conversion -Wno-shadow)
find_path(ENVLOCK_CUDA_H cuda.h HINTS /usr/local/cuda/include)
if(ENVLOCK_CUDA_H)
  target_include_directories(test_cuda SYSTEM PRIVATE ${ENVLOCK_CUDA_H})
  target_compile_definitions(test_cuda PRIVATE ENVLOCK_HAS_CUDA_H)
endif()
add_test(NAME cuda COMMAND test_cuda WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})

# Against a device: the interpreter of tests/ptx, where it is built, and a GPU, where there is one.
file(GLOB cuda_device_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/cuda/device/*_test.cpp)
add_executable(test_cuda_device ${cuda_device_sources})
target_include_directories(test_cuda_device PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/cuda ${PROJECT_SOURCE_DIR}/lib/probe/src)
target_link_libraries(test_cuda_device PRIVATE envlock_flags envlock_test_support envlock::probe)
target_compile_options(test_cuda_device PRIVATE -Wno-conversion -Wno-shadow)
add_test(NAME cuda_device COMMAND test_cuda_device "[device]" WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(cuda_device PROPERTIES LABELS gpu SKIP_REGULAR_EXPRESSION "skipped: no CUDA device")
if(EXISTS ${PROJECT_SOURCE_DIR}/tests/ptx/CMakeLists.txt)
  add_dependencies(test_cuda_device cuda_fake)
  set(fake "ENVLOCK_LIBCUDA=$<TARGET_FILE:cuda_fake>")
  foreach(part device mutation)
    add_test(NAME cuda_interpreter_${part} COMMAND test_cuda_device "[${part}]" WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(cuda_interpreter_${part} PROPERTIES ENVIRONMENT "${fake}" LABELS ptx)
  endforeach()
  # One multiprocessor gets the largest tiles; nothing runs before somebody waits; blocks come in another order.
  add_test(NAME cuda_interpreter_large_tiles COMMAND test_cuda_device "[steps]" WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(cuda_interpreter_large_tiles PROPERTIES LABELS ptx
    ENVIRONMENT "${fake};ENVLOCK_FAKE_CUDA_SMS=1;ENVLOCK_FAKE_CUDA_LATE=1;ENVLOCK_FAKE_CUDA_SEED=7")
  add_test(NAME cuda_interpreter_nvcc
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/cuda_nvcc_steps.py ${PROJECT_SOURCE_DIR}
            $<TARGET_FILE:test_cuda_device>)
  set_tests_properties(cuda_interpreter_nvcc PROPERTIES
    ENVIRONMENT "${fake}" LABELS ptx SKIP_REGULAR_EXPRESSION "^skipped: ")

  # envlock_cuda_failure(NAME VARIABLE...): the test tagged [NAME], with the fake driver told what to do.
  function(envlock_cuda_failure name)
    list(TRANSFORM ARGN PREPEND ENVLOCK_FAKE_CUDA_ OUTPUT_VARIABLE variables)
    add_test(NAME cuda_${name} COMMAND ${CMAKE_COMMAND} -E env ${fake} ${variables} $<TARGET_FILE:test_cuda_device>
             "[${name}]" WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_property(TEST cuda_${name} PROPERTY LABELS ptx)
  endfunction()
  envlock_cuda_failure(failure-memory FAIL=cuMemAlloc_v2:1:2)
  envlock_cuda_failure(failure-launch FAIL=cuLaunchKernel:30:719)
  envlock_cuda_failure(failure-late FAIL=cuStreamSynchronize:3:700)
  envlock_cuda_failure(failure-compiler "JIT_ERROR=ptxas fatal: a word of the compiler")
  envlock_cuda_failure(failure-no-device DEVICES=0)
  envlock_cuda_failure(failure-flip FLIP=envlock_self_test:4000:3)
  envlock_cuda_failure(failure-soak FAIL=cuMemAlloc_v2:1:2 SMS=4)
  envlock_cuda_failure(devices DEVICES=2 "NAMES=first GPU$<SEMICOLON>second GPU MIG 1g.5gb" SMS=16$<SEMICOLON>7)
endif()

# The kernels' source as host C++ on fibers, behind the same interface, under the sanitizers where the compiler is GCC
# (whose runtime can be loaded in front of a program that was built without).
if(EXISTS ${PROJECT_SOURCE_DIR}/tests/ptx/fiber_cuda.h)
  add_library(cuda_fibers SHARED ${CMAKE_CURRENT_SOURCE_DIR}/cuda/fiber_libcuda.cpp)
  target_include_directories(cuda_fibers PRIVATE ${PROJECT_SOURCE_DIR}/tests/ptx ${PROJECT_SOURCE_DIR}/kernels/cuda
    ${PROJECT_SOURCE_DIR}/kernels/include)
  set_target_properties(cuda_fibers PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/fibers)
  # The calls of barriers and shuffles are told apart by where they stand: they must not be merged or copied.
  target_compile_options(cuda_fibers PRIVATE -O1 -g -ffp-contract=off)
  set(fiber_environment "ENVLOCK_LIBCUDA=$<TARGET_FILE:cuda_fibers>")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT ENVLOCK_SANITIZE)
    target_compile_options(cuda_fibers PRIVATE -fsanitize=address,undefined -fno-sanitize-recover=all)
    target_link_options(cuda_fibers PRIVATE -fsanitize=address,undefined)
    execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libasan.so OUTPUT_VARIABLE asan_runtime
                    OUTPUT_STRIP_TRAILING_WHITESPACE)
    # Stacks of fibers come and go: without a quarantine their memory is used again.
    list(APPEND fiber_environment "LD_PRELOAD=${asan_runtime}" "ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=4")
  endif()
  add_dependencies(test_cuda_device cuda_fibers)
  add_test(NAME cuda_fibers COMMAND test_cuda_device "[device]~[steps]" WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(cuda_fibers PROPERTIES ENVIRONMENT "${fiber_environment}" LABELS ptx)
endif()
