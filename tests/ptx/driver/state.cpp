#include "state.h"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <thread>

namespace envlock::fake_cuda {

State& state() {
  // Never destroyed: host programs may call us while they end.
  static State& value = *new State;
  return value;
}

Call::Call(const char* name, bool needs_init) : lock_(state().mutex) {
  const std::uint64_t number = ++state().calls[name];
  for (const CallFault& fault : config().hangs)
    if (fault.function == name && fault.call == number) {
      lock_.unlock();
      for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
    }
  for (const CallFault& fault : config().failures)
    if (fault.function == name && fault.call == number) result = fault.value;
  if (result == kSuccess && needs_init && !state().initialised) result = kNotInitialized;
}

std::vector<FakeContext*>& context_stack() {
  thread_local std::vector<FakeContext*> stack;
  return stack;
}

FakeContext* current() {
  return context_stack().empty() ? nullptr : context_stack().back();
}

Result usable(FakeContext* context) {
  if (context == nullptr) return kInvalidContext;
  bool exists = state().contexts.contains(context);
  for (const auto& primary : state().primary) exists = exists || (primary.get() == context && primary->retained > 0);
  if (!exists) return kInvalidContext;
  return context->broken;
}

FakeStream* find_stream(FakeContext& context, Stream handle) {
  // 0 is the default stream; 1 and 2 name its legacy and its per-thread form.
  if (reinterpret_cast<std::uintptr_t>(handle) <= 2) {
    auto& own = state().default_streams[&context];
    if (own == nullptr) own = std::make_unique<FakeStream>(FakeStream{&context, {}});
    return own.get();
  }
  if (!known(state().streams, handle)) return nullptr;
  auto* stream = static_cast<FakeStream*>(handle);
  return stream->context == &context ? stream : nullptr;
}

Result enqueue(FakeStream& stream, std::function<Result()> work) {
  if (!config().late) return work();
  stream.waiting.push_back(std::move(work));
  return kSuccess;
}

Result flush(FakeStream& stream) {
  std::vector<std::function<Result()>> work;
  work.swap(stream.waiting);
  for (const auto& item : work) {
    const Result result = stream.context->broken != kSuccess ? stream.context->broken : item();
    if (result != kSuccess) return result;
  }
  return stream.context->broken;
}

Result flush_all(FakeContext& context) {
  Result result = context.broken;
  const auto found = state().default_streams.find(&context);
  if (found != state().default_streams.end()) result = std::max(result, flush(*found->second));
  for (FakeStream* stream : state().streams)
    if (stream->context == &context) result = std::max(result, flush(*stream));
  return result;
}

void report(const std::string& text) {
  std::cerr << "fake libcuda: " << text << std::flush;
  if (config().report.empty()) return;
  std::ofstream file(config().report, std::ios::app);
  file << text;
}

void write_statistics() {
  if (config().statistics.empty()) return;
  std::ofstream file(config().statistics, std::ios::trunc);
  file << "launches " << state().launches << "\nthread_instructions " << state().thread_instructions << "\n";
  for (const auto& [name, count] : state().calls) file << name << " " << count << "\n";
}

}  // namespace envlock::fake_cuda
