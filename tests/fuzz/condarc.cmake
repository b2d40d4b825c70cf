envlock_fuzz(condarc ${CMAKE_CURRENT_LIST_DIR}/condarc_fuzz.cpp ${CMAKE_CURRENT_LIST_DIR}/corpus/condarc envlock::channel)
