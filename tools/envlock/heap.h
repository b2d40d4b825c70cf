#pragma once

namespace envlock::tools {

/// For a command that builds much in memory at once and ends: the heap is asked for in one piece of large pages. Else
/// the kernel hands it out by 4 KiB, thousands of times, which takes a tenth of the time of a small install. A system
/// that has no large pages gives small ones.
void use_large_pages();

}  // namespace envlock::tools
