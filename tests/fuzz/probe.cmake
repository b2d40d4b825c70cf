envlock_fuzz(probe_run probe_run_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/probe_run envlock::report)
