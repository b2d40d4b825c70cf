#include "state.h"

#include <cstdlib>
#include <cstring>
#include <vector>

/// Memory and copies. In late mode a copy from pageable memory keeps the bytes it was given, a copy to pageable memory
/// waits, and copies with pinned memory are done when somebody waits: as CUDA documents it.
namespace envlock::fake_cuda {
namespace {

bool is_pinned(const void* memory, std::size_t bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  for (const auto& [start, size] : state().pinned) {
    const auto first = reinterpret_cast<std::uintptr_t>(start);
    if (begin >= first && begin - first <= size && bytes <= size - (begin - first)) return true;
  }
  return false;
}

/// A copy or fill outside one allocation: says where.
Result outside(FakeContext& context, const char* what, Address address, std::size_t bytes) {
  report(std::string(what) + " of " + std::to_string(bytes) +
         " bytes leaves its allocation: " + context.machine.memory().describe(address) + "\n");
  return kInvalidValue;
}

Result to_device(FakeContext& context, Address to, const void* from, std::size_t bytes) {
  return context.machine.write(to, from, bytes) ? kSuccess : outside(context, "a copy to the device", to, bytes);
}

Result to_host(FakeContext& context, void* to, Address from, std::size_t bytes) {
  return context.machine.read(from, to, bytes) ? kSuccess : outside(context, "a copy to the host", from, bytes);
}

Result between(FakeContext& context, Address to, Address from, std::size_t bytes) {
  std::vector<std::byte> kept(bytes);
  if (!context.machine.read(from, kept.data(), bytes)) return outside(context, "a copy on the device", from, bytes);
  // Bytes nobody wrote stay so.
  if (!context.machine.copy_defined(to, from, bytes, kept.data()))
    return outside(context, "a copy on the device", to, bytes);
  return kSuccess;
}

Result fill(FakeContext& context, Address to, std::uint32_t value, std::size_t unit, std::size_t count) {
  if (count > (std::size_t{1} << 40)) return kInvalidValue;
  if (to % unit != 0) return kInvalidValue;
  std::vector<std::byte> bytes(unit * count);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(value >> (8 * (i % unit)));
  return to_device(context, to, bytes.data(), bytes.size());
}

/// What every copy and fill asks first; in a plain call all earlier work is done as well.
Result begin(FakeContext*& context) {
  context = current();
  if (const Result result = usable(context); result != kSuccess) return result;
  return kSuccess;
}

template <class Work>
Result now(Work work) {
  FakeContext* context = nullptr;
  if (const Result result = begin(context); result != kSuccess) return result;
  if (const Result result = flush_all(*context); result != kSuccess) return result;
  return work(*context);
}

template <class Work>
Result later(Stream stream, Work work) {
  FakeContext* context = nullptr;
  if (const Result result = begin(context); result != kSuccess) return result;
  FakeStream* const queue = find_stream(*context, stream);
  if (queue == nullptr) return kInvalidHandle;
  return enqueue(*queue, [context, work] { return work(*context); });
}

}  // namespace

extern "C" {

Result cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  ENVLOCK_FAKE_CUDA_ENTER("cuMemGetInfo_v2");
  return now([&](FakeContext& context) {
    if (free == nullptr || total == nullptr) return kInvalidValue;
    *total = context.machine.memory().limit();
    *free = context.machine.memory().limit() - context.machine.memory().used();
    return kSuccess;
  });
}

Result cuMemAlloc_v2(Address* address, std::size_t bytes) {
  ENVLOCK_FAKE_CUDA_ENTER("cuMemAlloc_v2");
  return now([&](FakeContext& context) {
    if (address == nullptr || bytes == 0) return kInvalidValue;
    const std::uint64_t number = state().calls["cuMemAlloc_v2"];
    const ptx::Allocation* made = context.machine.memory().allocate(bytes, "allocation #" + std::to_string(number));
    if (made == nullptr) return kOutOfMemory;
    *address = made->address;
    return kSuccess;
  });
}

Result cuMemFree_v2(Address address) {
  ENVLOCK_FAKE_CUDA_ENTER("cuMemFree_v2");
  return now([&](FakeContext& context) {
    if (address == 0) return kSuccess;
    return context.machine.memory().free(address) ? kSuccess : outside(context, "a free", address, 0);
  });
}

Result cuMemHostAlloc(void** memory, std::size_t bytes, unsigned int) {
  ENVLOCK_FAKE_CUDA_ENTER("cuMemHostAlloc");
  if (memory == nullptr || bytes == 0) return kInvalidValue;
  if (const Result result = usable(current()); result != kSuccess) return result;
  *memory = std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
  if (*memory == nullptr) return kOutOfMemory;
  state().pinned[*memory] = bytes;
  return kSuccess;
}

Result cuMemFreeHost(void* memory) {
  ENVLOCK_FAKE_CUDA_ENTER("cuMemFreeHost");
  return now([&](FakeContext&) {
    if (state().pinned.erase(memory) == 0) return kInvalidValue;
    std::free(memory);
    return kSuccess;
  });
}

Result cuMemcpyHtoD_v2(Address to, const void* from, std::size_t bytes) {
  ENVLOCK_FAKE_CUDA_ENTER("cuMemcpyHtoD_v2");
  return now([&](FakeContext& context) { return to_device(context, to, from, bytes); });
}

Result cuMemcpyDtoH_v2(void* to, Address from, std::size_t bytes) {
  ENVLOCK_FAKE_CUDA_ENTER("cuMemcpyDtoH_v2");
  return now([&](FakeContext& context) { return to_host(context, to, from, bytes); });
}

Result cuMemcpyDtoD_v2(Address to, Address from, std::size_t bytes) {
  ENVLOCK_FAKE_CUDA_ENTER("cuMemcpyDtoD_v2");
  return now([&](FakeContext& context) { return between(context, to, from, bytes); });
}

Result cuMemcpyHtoDAsync_v2(Address to, const void* from, std::size_t bytes, Stream stream) {
  ENVLOCK_FAKE_CUDA_ENTER("cuMemcpyHtoDAsync_v2");
  if (!config().late || is_pinned(from, bytes))
    return later(stream, [=](FakeContext& context) { return to_device(context, to, from, bytes); });
  const auto* first = static_cast<const std::byte*>(from);
  const std::vector<std::byte> kept(first, first + bytes);
  return later(stream, [=](FakeContext& context) { return to_device(context, to, kept.data(), bytes); });
}

Result cuMemcpyDtoHAsync_v2(void* to, Address from, std::size_t bytes, Stream stream) {
  ENVLOCK_FAKE_CUDA_ENTER("cuMemcpyDtoHAsync_v2");
  const bool pinned = is_pinned(to, bytes);
  // Whoever reads before waiting shall see that it is not there yet.
  if (config().late && pinned) std::memset(to, 0xa5, bytes);
  const Result result = later(stream, [=](FakeContext& context) { return to_host(context, to, from, bytes); });
  if (result != kSuccess || !config().late || pinned) return result;
  return flush(*find_stream(*current(), stream));
}

Result cuMemcpyDtoDAsync_v2(Address to, Address from, std::size_t bytes, Stream stream) {
  ENVLOCK_FAKE_CUDA_ENTER("cuMemcpyDtoDAsync_v2");
  return later(stream, [=](FakeContext& context) { return between(context, to, from, bytes); });
}

Result cuMemsetD8_v2(Address to, unsigned char value, std::size_t count) {
  ENVLOCK_FAKE_CUDA_ENTER("cuMemsetD8_v2");
  return now([&](FakeContext& context) { return fill(context, to, value, 1, count); });
}

Result cuMemsetD32_v2(Address to, unsigned int value, std::size_t count) {
  ENVLOCK_FAKE_CUDA_ENTER("cuMemsetD32_v2");
  return now([&](FakeContext& context) { return fill(context, to, value, 4, count); });
}

Result cuMemsetD8Async(Address to, unsigned char value, std::size_t count, Stream stream) {
  ENVLOCK_FAKE_CUDA_ENTER("cuMemsetD8Async");
  return later(stream, [=](FakeContext& context) { return fill(context, to, value, 1, count); });
}

Result cuMemsetD32Async(Address to, unsigned int value, std::size_t count, Stream stream) {
  ENVLOCK_FAKE_CUDA_ENTER("cuMemsetD32Async");
  return later(stream, [=](FakeContext& context) { return fill(context, to, value, 4, count); });
}

}  // extern "C"

}  // namespace envlock::fake_cuda
