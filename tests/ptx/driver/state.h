#pragma once

#include "../cuda_abi.h"
#include "../interpreter/device.h"
#include "config.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

/// What the fake driver keeps. One lock guards all of it: calls run one after the other.
namespace envlock::fake_cuda {

struct FakeModule;

struct FakeFunction {
  FakeModule* module = nullptr;
  const ptx::Kernel* kernel = nullptr;
  std::uint32_t most_dynamic_shared = 48 * 1024;
};

struct FakeContext {
  int device = 0;
  ptx::Device machine;
  Result broken = kSuccess;  ///< after a finding every call fails, as on a real device
  std::set<FakeModule*> modules;
  unsigned retained = 0;  ///< of a primary context
};

struct FakeModule {
  FakeContext* context = nullptr;
  ptx::LoadedModule loaded;
  std::map<std::string, std::unique_ptr<FakeFunction>> functions;
};

struct FakeStream {
  FakeContext* context = nullptr;
  std::vector<std::function<Result()>> waiting;  ///< only where Config::late
};

struct FakeEvent {
  FakeStream* stream = nullptr;
  bool recorded = false;
  std::chrono::steady_clock::time_point when;
};

struct State {
  std::mutex mutex;
  bool initialised = false;
  std::map<std::string, std::uint64_t> calls;
  std::vector<std::unique_ptr<FakeContext>> primary;
  std::set<FakeContext*> contexts;  ///< made by cuCtxCreate
  std::set<FakeModule*> modules;
  std::set<FakeFunction*> functions;
  std::set<FakeStream*> streams;
  std::set<FakeEvent*> events;
  std::map<void*, std::size_t> pinned;
  std::map<int, std::uint64_t> flip_stores;  ///< by device: stores of the flipped kernel so far
  std::uint64_t launches = 0, thread_instructions = 0;
  std::map<FakeContext*, std::unique_ptr<FakeStream>> default_streams;
};

State& state();

/// Opens each exported function: takes the lock, counts the call, plants the faults the environment asks for, and looks
/// whether the driver is initialised. `result` is what the function must return where it is not kSuccess.
class Call {
 public:
  explicit Call(const char* name, bool needs_init = true);
  Result result = kSuccess;

 private:
  std::unique_lock<std::mutex> lock_;
};

/// The calling thread's current context, or null.
FakeContext* current();
std::vector<FakeContext*>& context_stack();
/// kSuccess, or why the current context cannot be used.
Result usable(FakeContext* context);
/// The stream's queue, the context's default one for a null handle; null where there is no such stream.
FakeStream* find_stream(FakeContext& context, Stream handle);
/// Runs `work` now, or when somebody waits.
Result enqueue(FakeStream& stream, std::function<Result()> work);
Result flush(FakeStream& stream);
Result flush_all(FakeContext& context);
/// Writes a finding to stderr and to the report file.
void report(const std::string& text);
void write_statistics();

template <class T>
bool known(const std::set<T*>& all, void* handle) {
  return all.contains(static_cast<T*>(handle));
}

}  // namespace envlock::fake_cuda

/// Opens a function body: returns early where the call must fail.
#define ENVLOCK_FAKE_CUDA_ENTER(...) \
  const Call call(__VA_ARGS__);      \
  if (call.result != kSuccess) return call.result
