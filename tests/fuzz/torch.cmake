envlock_fuzz(torch_result ${CMAKE_CURRENT_LIST_DIR}/torch_result_fuzz.cpp ${CMAKE_CURRENT_LIST_DIR}/corpus/torch_result envlock::torch)
