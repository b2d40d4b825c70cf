envlock_fuzz(snapshot snapshot_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/snapshot envlock::report)
