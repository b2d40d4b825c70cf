foreach(target read_package read_wheel tar package_listing)
  envlock_fuzz(${target} ${CMAKE_CURRENT_LIST_DIR}/${target}_fuzz.cpp ${CMAKE_CURRENT_LIST_DIR}/corpus/${target}
               envlock::archive)
  target_include_directories(fuzz_${target} PRIVATE ${PROJECT_SOURCE_DIR}/lib/archive/src)
endforeach()
