envlock_fuzz(fetch_entry ${CMAKE_CURRENT_LIST_DIR}/fetch_entry_fuzz.cpp ${CMAKE_CURRENT_LIST_DIR}/corpus/fetch_entry
             envlock::fetch)
target_include_directories(fuzz_fetch_entry PRIVATE ${PROJECT_SOURCE_DIR}/lib/fetch/src)
