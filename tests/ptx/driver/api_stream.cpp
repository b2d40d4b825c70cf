#include "state.h"

#include <cstring>
#include <string_view>

/// Streams and events; graphs, which this driver does not have; and the look-up of functions by name.
namespace envlock::fake_cuda {

extern "C" {

Result cuStreamCreate(Stream* stream, unsigned int flags) {
  ENVLOCK_FAKE_CUDA_ENTER("cuStreamCreate");
  if (stream == nullptr || flags > 1) return kInvalidValue;
  if (const Result result = usable(current()); result != kSuccess) return result;
  auto* made = new FakeStream{current(), {}};
  state().streams.insert(made);
  *stream = made;
  return kSuccess;
}

Result cuStreamSynchronize(Stream stream) {
  ENVLOCK_FAKE_CUDA_ENTER("cuStreamSynchronize");
  if (const Result result = usable(current()); result != kSuccess) return result;
  FakeStream* const found = find_stream(*current(), stream);
  return found == nullptr ? kInvalidHandle : flush(*found);
}

Result cuStreamQuery(Stream stream) {
  ENVLOCK_FAKE_CUDA_ENTER("cuStreamQuery");
  if (const Result result = usable(current()); result != kSuccess) return result;
  FakeStream* const found = find_stream(*current(), stream);
  if (found == nullptr) return kInvalidHandle;
  return found->waiting.empty() ? kSuccess : kNotReady;
}

Result cuStreamWaitEvent(Stream stream, Event event, unsigned int) {
  ENVLOCK_FAKE_CUDA_ENTER("cuStreamWaitEvent");
  if (const Result result = usable(current()); result != kSuccess) return result;
  if (!known(state().events, event)) return kInvalidHandle;
  FakeStream* const found = find_stream(*current(), stream);
  if (found == nullptr) return kInvalidHandle;
  FakeStream* const other = static_cast<FakeEvent*>(event)->stream;
  // What the event stands for is in its stream's queue: doing all of that now is one of the allowed orders.
  return other == nullptr || other == found ? kSuccess : flush(*other);
}

Result cuStreamDestroy_v2(Stream stream) {
  ENVLOCK_FAKE_CUDA_ENTER("cuStreamDestroy_v2");
  if (!known(state().streams, stream)) return kInvalidHandle;
  auto* gone = static_cast<FakeStream*>(stream);
  flush(*gone);
  for (FakeEvent* event : state().events)
    if (event->stream == gone) event->stream = nullptr;
  state().streams.erase(gone);
  delete gone;
  return kSuccess;
}

Result cuEventCreate(Event* event, unsigned int) {
  ENVLOCK_FAKE_CUDA_ENTER("cuEventCreate");
  if (event == nullptr) return kInvalidValue;
  if (const Result result = usable(current()); result != kSuccess) return result;
  auto* made = new FakeEvent;
  state().events.insert(made);
  *event = made;
  return kSuccess;
}

Result cuEventRecord(Event event, Stream stream) {
  ENVLOCK_FAKE_CUDA_ENTER("cuEventRecord");
  if (const Result result = usable(current()); result != kSuccess) return result;
  if (!known(state().events, event)) return kInvalidHandle;
  FakeStream* const found = find_stream(*current(), stream);
  if (found == nullptr) return kInvalidHandle;
  auto* recorded = static_cast<FakeEvent*>(event);
  recorded->stream = found;
  recorded->recorded = true;
  recorded->when = std::chrono::steady_clock::now();
  return kSuccess;
}

Result cuEventSynchronize(Event event) {
  ENVLOCK_FAKE_CUDA_ENTER("cuEventSynchronize");
  if (!known(state().events, event)) return kInvalidHandle;
  FakeStream* const stream = static_cast<FakeEvent*>(event)->stream;
  return stream == nullptr ? kSuccess : flush(*stream);
}

Result cuEventQuery(Event event) {
  ENVLOCK_FAKE_CUDA_ENTER("cuEventQuery");
  if (!known(state().events, event)) return kInvalidHandle;
  const FakeStream* const stream = static_cast<FakeEvent*>(event)->stream;
  return stream == nullptr || stream->waiting.empty() ? kSuccess : kNotReady;
}

Result cuEventElapsedTime(float* milliseconds, Event start, Event end) {
  ENVLOCK_FAKE_CUDA_ENTER("cuEventElapsedTime");
  if (milliseconds == nullptr) return kInvalidValue;
  if (!known(state().events, start) || !known(state().events, end)) return kInvalidHandle;
  const auto& first = *static_cast<FakeEvent*>(start);
  const auto& second = *static_cast<FakeEvent*>(end);
  if (!first.recorded || !second.recorded) return kInvalidHandle;
  *milliseconds = std::chrono::duration<float, std::milli>(second.when - first.when).count();
  return kSuccess;
}

Result cuEventDestroy_v2(Event event) {
  ENVLOCK_FAKE_CUDA_ENTER("cuEventDestroy_v2");
  if (!known(state().events, event)) return kInvalidHandle;
  auto* gone = static_cast<FakeEvent*>(event);
  state().events.erase(gone);
  delete gone;
  return kSuccess;
}

Result cuStreamBeginCapture_v2(Stream, int) {
  ENVLOCK_FAKE_CUDA_ENTER("cuStreamBeginCapture_v2");
  return kNotSupported;
}

Result cuStreamEndCapture(Stream, Graph*) {
  ENVLOCK_FAKE_CUDA_ENTER("cuStreamEndCapture");
  return kNotSupported;
}

Result cuGraphInstantiateWithFlags(GraphExec*, Graph, unsigned long long) {
  ENVLOCK_FAKE_CUDA_ENTER("cuGraphInstantiateWithFlags");
  return kNotSupported;
}

Result cuGraphLaunch(GraphExec, Stream) {
  ENVLOCK_FAKE_CUDA_ENTER("cuGraphLaunch");
  return kNotSupported;
}

Result cuGraphDestroy(Graph) {
  ENVLOCK_FAKE_CUDA_ENTER("cuGraphDestroy");
  return kNotSupported;
}

Result cuGraphExecDestroy(GraphExec) {
  ENVLOCK_FAKE_CUDA_ENTER("cuGraphExecDestroy");
  return kNotSupported;
}

Result cuGetProcAddress_v2(const char* symbol, void** function, int, std::uint64_t, int* status) {
  if (symbol == nullptr || function == nullptr) return kInvalidValue;
  // The newest version of a name that has several.
  const auto matches = [&](std::string_view exported) {
    if (exported == symbol) return true;
    const std::size_t length = std::strlen(symbol);
    return exported.substr(0, length) == symbol && exported.substr(length) == "_v2";
  };
  *function = nullptr;
#define ENVLOCK_FAKE_CUDA_FIND(name, parameters) \
  if (matches(#name)) *function = reinterpret_cast<void*>(&name);
  ENVLOCK_FAKE_CUDA_FUNCTIONS(ENVLOCK_FAKE_CUDA_FIND)
#undef ENVLOCK_FAKE_CUDA_FIND
  if (std::string_view(symbol) == "cuGraphInstantiate")
    *function = reinterpret_cast<void*>(&cuGraphInstantiateWithFlags);
  if (status != nullptr) *status = *function == nullptr ? 1 : 0;
  return *function == nullptr ? kNotFound : kSuccess;
}

}  // extern "C"

}  // namespace envlock::fake_cuda
