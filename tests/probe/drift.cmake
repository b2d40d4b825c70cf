# What must not change a digest, and what must be found when it does.
if(TARGET test_probe)  # its tests of pool, queue and floating-point control look inside the room
  target_include_directories(test_probe PRIVATE ${PROJECT_SOURCE_DIR}/lib/probe/src)
endif()
include(chain.cmake)

# Libraries that change the floating-point environment of the process that loads them, and a program that sees it.
add_library(drift_preload MODULE drift/preload.cpp)
target_link_libraries(drift_preload PRIVATE ${CMAKE_DL_LIBS} envlock_ext_threads)
add_library(drift_fast_math MODULE drift/fast_math.cpp)
target_compile_options(drift_fast_math PRIVATE -ffast-math)
target_link_options(drift_fast_math PRIVATE -ffast-math)
add_executable(drift_fp_state drift/fp_state.cpp)
target_link_libraries(drift_fp_state PRIVATE envlock_ext_threads)

add_test(NAME drift_story COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/drift/drift_story.py -v)
set(environment
  "ENVLOCK=$<TARGET_FILE:envlock>" "DRIFT_PRELOAD=$<TARGET_FILE:drift_preload>"
  "DRIFT_FAST_MATH=$<TARGET_FILE:drift_fast_math>" "DRIFT_FP_STATE=$<TARGET_FILE:drift_fp_state>")
if(ENVLOCK_SANITIZE)  # AddressSanitizer wants to be the first library, which a preloaded one is
  list(APPEND environment "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0")
endif()
set_tests_properties(drift_story PROPERTIES TIMEOUT 600 LABELS drift ENVIRONMENT "${environment}")
