envlock_fuzz(prefix_manifest prefix_manifest_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/prefix_manifest envlock::prefix)
envlock_fuzz(prefix_replacement prefix_replacement_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/prefix_replacement envlock::prefix)
envlock_fuzz(entry_point entry_point_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/entry_point envlock::prefix)
envlock_fuzz(conda_meta conda_meta_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/conda_meta envlock::prefix)
envlock_fuzz(record record_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/record envlock::prefix)
envlock_fuzz(wheel_entry_points wheel_entry_points_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/wheel_entry_points
             envlock::prefix)
envlock_fuzz(direct_url direct_url_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/direct_url envlock::prefix)
# These two are read inside the room only.
foreach(name wheel_entry_points direct_url)
  target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/lib/prefix/src)
endforeach()
