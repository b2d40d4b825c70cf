envlock_fuzz(diagnostic_text diagnostic_text_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/diagnostic_text envlock::report)
