foreach(target pypi_version pypi_requirement requirement_lines wheel_name)
  envlock_fuzz(${target} ${CMAKE_CURRENT_SOURCE_DIR}/${target}_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${target}
               envlock::pypi)
endforeach()
