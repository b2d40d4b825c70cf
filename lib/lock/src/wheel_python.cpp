#include "envlock/lock/wheel_python.h"

namespace envlock::lock {

std::string wheel_python(const conda::PackageRecord& python) {
  const bool is_free_threaded = python.build.find("cp") != std::string::npos && python.build.ends_with("t");
  return python.version + (is_free_threaded ? "t" : "");
}

}  // namespace envlock::lock
