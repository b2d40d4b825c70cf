// envlock.lock, also with conflict markers: an Error, or a lock that is written as it is read and can be asked
// anything.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "envlock/lock/export.h"
#include "envlock/lock/lock.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    lock::parse_conflicted(text, "fuzz");
  } catch (const core::Error&) {
  }
  try {
    const lock::Lock lock = lock::parse(text, "fuzz");
    if (!(lock::parse(lock::format(lock), "fuzz") == lock)) std::abort();
    lock::check(lock, {}, {});
    for (const lock::LockedPlatform& platform : lock.platforms) {
      lock::in_dependency_order(lock, platform);
      lock::why(lock, platform.platform.name, "python");
    }
  } catch (const core::Error&) {
  }
  return 0;
}
