# What must not change a digest, and what must be found when it does.
include(chain.cmake)
