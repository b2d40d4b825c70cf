envlock_fuzz(inventory inventory_fuzz.cpp ${CMAKE_CURRENT_SOURCE_DIR}/corpus/inventory envlock::diff)
