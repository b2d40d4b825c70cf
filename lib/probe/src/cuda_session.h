// One GPU in use: its context, the kernels loaded into it, memory and launches.
#pragma once

#include <cstddef>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "cuda_driver.h"

namespace envlock::probe::cuda {

struct Grid {
  int x = 1;
  int y = 1;
  int z = 1;
};

/// A launch, ready to be repeated: arguments are kept as the bytes that the kernel's parameters take.
struct KernelCall {
  std::string kernel;
  Function function = nullptr;
  Grid grid;
  int threads = 0;
  std::vector<std::vector<std::byte>> arguments;
};

template <typename T>
std::vector<std::byte> argument_bytes(const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::vector<std::byte> bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

/// Not for several threads at a time; any thread may use it.
class Session {
 public:
  /// `ptx` is compiled for the device by its driver; an empty text: no kernels.
  /// Throws: Error "cuda-failed", "no-cuda-device" where there is no GPU of that number.
  Session(int device, const std::string& ptx);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const CudaDevice& device() const { return device_; }
  Stream stream() const { return stream_; }

  /// Makes this GPU the calling thread's. To be called first whenever another thread may have called last.
  void enter() const;

  /// Memory that lives as long as the session; its content is undefined.
  Address allocate(std::size_t bytes);
  /// The same, but 0 where the device has not that much left.
  Address allocate_if_free(std::size_t bytes);
  /// Copies, in order with the launches. `from` must stay as it is until something waited.
  void upload(Address to, const void* from, std::size_t bytes) const;
  /// Waits for all that was launched, then copies.
  void download(void* to, Address from, std::size_t bytes) const;

  template <typename... Arguments>
  KernelCall call(const std::string& kernel, Grid grid, int threads, const Arguments&... arguments) {
    return {kernel, function(kernel), grid, threads, {argument_bytes(arguments)...}};
  }
  /// Returns at once; what goes wrong may show in a later call.
  void launch(KernelCall& call) const;
  void wait() const;

 private:
  Function function(const std::string& kernel);
  void load(const std::string& ptx);
  void check(Result result, const char* call) const;
  void release() noexcept;

  const Driver& driver_;
  CudaDevice device_;
  std::string who_;
  DeviceOrdinal ordinal_ = 0;
  Context context_ = nullptr;
  Stream stream_ = nullptr;
  Module module_ = nullptr;
  std::map<std::string, Function> functions_;
  std::vector<Address> allocations_;
};

/// The PTX text that ships.
/// Throws: Error "ptx-tampered" unless it is, bit by bit, what this program was built with.
std::string shipped_ptx();
/// The same for any text and hash.
std::string checked_ptx(std::string_view text, std::string_view sha256);

}  // namespace envlock::probe::cuda
