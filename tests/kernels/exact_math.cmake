# The proof that exp, log and tanh are correctly rounded over all 2^32 inputs: half a minute on two cores. It uses every
# core, so ctest runs it alone. MPFR is needed by these tests only.
pkg_check_modules(MPFR QUIET IMPORTED_TARGET mpfr)
if(MPFR_FOUND AND NOT ENVLOCK_SANITIZE)
  add_executable(prove_exact_math prove_exact_math.cpp)
  target_link_libraries(prove_exact_math PRIVATE envlock_flags envlock::kernels PkgConfig::MPFR Threads::Threads)
  target_compile_options(prove_exact_math PRIVATE -O3 -Wno-conversion -Wno-shadow)
  target_compile_definitions(prove_exact_math PRIVATE $<TARGET_PROPERTY:envlock_kernels,COMPILE_DEFINITIONS>)
  set(prove_exact_math prove_exact_math)
elseif(MPFR_FOUND)
  set(prove_exact_math ${CMAKE_COMMAND} -E echo "skipped: sanitizers would make all 2^32 inputs take too long")
else()
  set(prove_exact_math ${CMAKE_COMMAND} -E echo "skipped: no MPFR (libmpfr-dev)")
endif()
foreach(function exp log tanh)
  add_test(NAME prove_${function} COMMAND ${prove_exact_math} ${function})
  set_tests_properties(prove_${function} PROPERTIES SKIP_REGULAR_EXPRESSION "skipped: " PROCESSORS 2 TIMEOUT 1200)
endforeach()

find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME exact_math_constants
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/derive_exact_math.py
          ${PROJECT_SOURCE_DIR}/kernels/include/envlock/kernels/exact_math.h ${PROJECT_SOURCE_DIR}/docs/exact-math.md)
