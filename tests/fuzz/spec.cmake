foreach(target environment_yml envlock_toml)
  envlock_fuzz(${target} ${CMAKE_CURRENT_SOURCE_DIR}/${target}_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${target}
               envlock::spec)
endforeach()
