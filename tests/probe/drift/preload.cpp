// A library that changes the floating-point unit's settings when it is loaded, as plugins and whatever was linked with
// -ffast-math do. ENVLOCK_DRIFT says which and in which threads: "ftz", "daz", "ftz+daz", "up", "down", "zero" for
// every thread of the process, and with "-workers", "-main" or "-own" behind it for those only that the process starts
// later, for the first one only, or for a thread of the library's own.
#include <dlfcn.h>
#include <pthread.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "fp_control.h"

namespace {

struct Drift {
  std::uint32_t bits = 0;
  bool main = false;
  bool workers = false;
};

const Drift& drift() {
  static const Drift chosen = [] {
    const char* variable = std::getenv("ENVLOCK_DRIFT");
    std::string words = variable == nullptr ? "" : variable;
    const std::size_t dash = words.find('-');
    const std::string where = dash == std::string::npos ? "" : words.substr(dash + 1);
    words.resize(std::min(words.size(), dash));
    Drift drift;
    if (words.find("ftz") != std::string::npos) drift.bits |= kFlushToZero;
    if (words.find("daz") != std::string::npos) drift.bits |= kDenormalsAreZero;
    if (words == "up") drift.bits = kRoundUp;
    if (words == "down") drift.bits = kRoundDown;
    if (words == "zero") drift.bits = kRoundToZero;
    drift.main = where.empty() || where == "main";
    drift.workers = where.empty() || where == "workers";
    return drift;
  }();
  return chosen;
}

void set(bool drifted) {
  write_control((read_control() & ~kDrifts) | (drifted ? drift().bits : 0));
}

struct Start {
  void* (*run)(void*);
  void* argument;
};

void* run_drifted(void* raw) {
  const Start start = *static_cast<Start*>(raw);
  delete static_cast<Start*>(raw);
  set(drift().workers);
  return start.run(start.argument);
}

void* set_in_own_thread(void*) {
  write_control(read_control() | drift().bits);
  return nullptr;
}

using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

Create real_create() {
  static const auto create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  return create;
}

__attribute__((constructor)) void loaded() {
  set(drift().main);
  const char* variable = std::getenv("ENVLOCK_DRIFT");
  if (variable != nullptr && std::strstr(variable, "-own") != nullptr) {
    pthread_t thread;
    if (real_create()(&thread, nullptr, set_in_own_thread, nullptr) == 0) pthread_join(thread, nullptr);
  }
}

}  // namespace

/// Stands before the C library's.
extern "C" __attribute__((visibility("default"))) int pthread_create(pthread_t* thread,
                                                                     const pthread_attr_t* attributes,
                                                                     void* (*run)(void*), void* argument) noexcept {
  return real_create()(thread, attributes, run_drifted, new Start{run, argument});
}
