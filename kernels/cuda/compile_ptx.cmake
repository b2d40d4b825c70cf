# cmake -DCLANG=clang++-19 -DOUTPUT=FILE [-DCOMPARE=FILE] -P compile_ptx.cmake
# Compiles all.cu to the one PTX text that ships. No CUDA toolkit is used, even where there is one: its version would
# show in the text. PTX 6.0 for sm_50 is what every driver since CUDA 9 can compile for every GPU since Maxwell.
# With COMPARE, fails unless the text is that file, byte for byte. Prints "skipped: why" where there is no clang++-19.
if(NOT CLANG)
  message("skipped: no clang++-19")
  return()
endif()
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH kernels)
execute_process(
  COMMAND ${CLANG} -x cuda --cuda-device-only --cuda-gpu-arch=sm_50 --cuda-feature=+ptx60 --cuda-path=/nonexistent
          -nocudainc -nocudalib -std=c++20 -O3 -ffp-contract=off -fno-ident -Wall -Wextra -Wshadow -Werror
          -Iinclude -Icuda -S -o ${OUTPUT} cuda/all.cu
  WORKING_DIRECTORY ${kernels} COMMAND_ERROR_IS_FATAL ANY)
if(COMPARE)
  execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${OUTPUT} ${COMPARE} RESULT_VARIABLE differs)
  if(differs)
    message(FATAL_ERROR "${COMPARE} is not what the kernels compile to; build the target regenerate_ptx")
  endif()
endif()
