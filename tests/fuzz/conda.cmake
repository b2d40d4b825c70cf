envlock_fuzz(version ${CMAKE_CURRENT_SOURCE_DIR}/version_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/version envlock::conda)
envlock_fuzz(match_spec ${CMAKE_CURRENT_SOURCE_DIR}/match_spec_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/match_spec
             envlock::conda)
