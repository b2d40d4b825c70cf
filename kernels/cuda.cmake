# The CUDA side of the kernels: device code that ships as one PTX text, which is committed, so that building envlock
# needs no CUDA compiler. `regenerate_ptx` writes it anew after a change of cuda/ or of a header it includes.
find_program(ENVLOCK_CUDA_CLANG NAMES clang++-19 DOC "compiles kernels/cuda to PTX")
set(ENVLOCK_PTX_FILE ${CMAKE_CURRENT_SOURCE_DIR}/ptx/envlock_kernels.ptx)
set(ENVLOCK_PTX_SCRIPT ${CMAKE_CURRENT_SOURCE_DIR}/cuda/compile_ptx.cmake)
add_custom_target(regenerate_ptx
  COMMAND ${CMAKE_COMMAND} -DCLANG=$<IF:$<BOOL:${ENVLOCK_CUDA_CLANG}>,${ENVLOCK_CUDA_CLANG},> -DOUTPUT=${ENVLOCK_PTX_FILE}
          -P ${ENVLOCK_PTX_SCRIPT}
  COMMENT "Compiling kernels/cuda/all.cu to kernels/ptx/envlock_kernels.ptx" VERBATIM)

# The program carries the text within itself, and its hash beside it: a text that was changed afterwards is refused.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ENVLOCK_PTX_FILE})
file(SHA256 ${ENVLOCK_PTX_FILE} ENVLOCK_PTX_SHA256)
target_sources(envlock_kernels PRIVATE cuda/ptx.cpp)
set_source_files_properties(cuda/ptx.cpp PROPERTIES
  COMPILE_DEFINITIONS "ENVLOCK_PTX_FILE=\"${ENVLOCK_PTX_FILE}\";ENVLOCK_PTX_SHA256=\"${ENVLOCK_PTX_SHA256}\""
  OBJECT_DEPENDS ${ENVLOCK_PTX_FILE})
