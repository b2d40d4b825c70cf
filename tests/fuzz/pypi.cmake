foreach(target pypi_version pypi_requirement requirement_lines wheel_name project_folder)
  envlock_fuzz(${target} ${CMAKE_CURRENT_SOURCE_DIR}/${target}_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${target}
               envlock::pypi)
endforeach()
foreach(target pypi_page pypi_metadata pypi_archive)
  envlock_fuzz(${target} ${CMAKE_CURRENT_SOURCE_DIR}/${target}_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${target}
               envlock::pypi)
  target_include_directories(fuzz_${target} PRIVATE ${PROJECT_SOURCE_DIR}/lib/pypi/src)
endforeach()
