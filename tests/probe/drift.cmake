# What must not change a digest, and what must be found when it does.
if(TARGET test_probe)  # its tests of pool, queue and floating-point control look inside the room
  target_include_directories(test_probe PRIVATE ${PROJECT_SOURCE_DIR}/lib/probe/src)
endif()
include(chain.cmake)
