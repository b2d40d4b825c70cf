# Both are read inside the room only.
foreach(name elf_file loader_cache)
  envlock_fuzz(${name} ${CMAKE_CURRENT_LIST_DIR}/${name}_fuzz.cpp ${CMAKE_CURRENT_LIST_DIR}/corpus/${name} envlock::blas)
  target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/lib/blas/src)
endforeach()
