// Hands kernels small arrays, and holds what they leave against the same op on the processor. Whatever CUDA driver is
// found runs them: that of a GPU, or the interpreter that ENVLOCK_LIBCUDA names.
#pragma once

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include "cuda_session.h"
#include "envlock/core/diagnostic.h"
#include "envlock/kernels/cpu_kernels.h"
#include "envlock/kernels/cuda_launch.h"
#include "envlock/kernels/philox.h"
#include "support/catch.h"

namespace envlock_test {

/// False, and a word about it, where there is no GPU. A stand-in for one that was named and cannot be used is a
/// failure.
inline bool has_cuda_device() {
  try {
    envlock::probe::find_cuda();
    return true;
  } catch (const envlock::core::Error& error) {
    if (const char* named = std::getenv("ENVLOCK_LIBCUDA"); named != nullptr) {
      for (const std::string& why : error.diagnostics().front().why) UNSCOPED_INFO(why);
      FAIL(named << " cannot be used");
    }
    std::cout << "skipped: no CUDA device: " << error.what() << '\n';
    return false;
  }
}

/// The session that all tests of a program share. Never destroyed: a driver may be gone before a static object is.
inline envlock::probe::cuda::Session& session() {
  static auto* session = new envlock::probe::cuda::Session(0, envlock::probe::cuda::shipped_ptx());
  session->enter();
  return *session;
}

/// One bit pattern for all NaNs.
inline std::uint32_t bits(float value) {
  return value != value ? 0x7fc00000u : std::bit_cast<std::uint32_t>(value);
}

struct Array {
  std::size_t offset = 0;
  std::size_t count = 0;
};

/// Two replicas of some arrays, in host memory and on the device, with a fence of known words behind each array.
class Arena {
 public:
  enum class Values {
    small,  ///< of about 1, both signs
    any     ///< among them subnormal numbers, zeros, infinities and NaNs
  };
  static constexpr int kReplicas = 2;

  explicit Arena(std::uint32_t seed) : seed_(seed) {}

  Array random(std::size_t count, Values values = Values::small) {
    const Array array = blank(count);
    for (std::vector<float>& memory : host_) {
      for (std::size_t i = 0; i < count; ++i) {
        const auto words = envlock::kernels::philox(counter_++, seed_, 99);
        float value = (static_cast<float>(words.w[0] >> 8) - 0x1p23f) * 0x1p-22f;
        if (values == Values::any && words.w[1] % 8 == 0) {
          const std::uint32_t special[] = {
              0, 0x80000000u, 0x7f800000u, 0xff800000u, 0x7fc00000u, words.w[2] & 0x807fffffu, words.w[2]};
          value = std::bit_cast<float>(special[words.w[3] % 7]);
        }
        memory[array.offset + i] = value;
      }
    }
    return array;
  }
  /// Numbers below `limit`.
  Array integers(std::size_t count, std::uint32_t limit) {
    const Array array = blank(count);
    for (std::vector<float>& memory : host_) {
      for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t number = envlock::kernels::philox(counter_++, seed_, 99).w[0] % limit;
        memory[array.offset + i] = std::bit_cast<float>(number);
      }
    }
    return array;
  }
  Array constant(const std::vector<float>& values) {
    const Array array = blank(values.size());
    for (std::vector<float>& memory : host_)
      std::copy(values.begin(), values.end(), memory.begin() + static_cast<std::ptrdiff_t>(array.offset));
    return array;
  }
  /// For results.
  Array blank(std::size_t count) {
    const Array array{host_[0].size(), count};
    for (std::vector<float>& memory : host_)
      memory.resize(memory.size() + count + kFence, std::bit_cast<float>(0x12345678u));
    return array;
  }

  float* host(Array array, int replica) { return host_[replica].data() + array.offset; }

  /// Runs `kernel` on both replicas, and `on_host(op)` on each of them; then everything must be equal, bit by bit.
  /// `make(at)` builds the op from at(array), a pointer.
  template <typename Make, typename OnHost, typename... More>
  void compare(const std::string& kernel, envlock::probe::cuda::Grid grid, int threads, const Make& make,
               const OnHost& on_host, const More&... more) {
    using envlock::probe::cuda::Address;
    const std::size_t bytes = host_[0].size() * sizeof(float);
    const Address device = session().allocate(kReplicas * bytes);
    for (int r = 0; r < kReplicas; ++r)
      session().upload(device + static_cast<Address>(r) * bytes, host_[r].data(), bytes);
    grid.z = kReplicas;
    auto call = session().call(
        kernel, grid, threads, envlock::kernels::cuda::Launch{.replica_bytes = bytes, .multiprocessors = nullptr},
        make([&](Array array) { return reinterpret_cast<float*>(device + array.offset * sizeof(float)); }), more...);
    session().launch(call);
    std::vector<float> found(host_[0].size());
    for (int r = 0; r < kReplicas; ++r) {
      on_host(make([&](Array array) { return host(array, r); }));
      session().download(found.data(), device + static_cast<Address>(r) * bytes, bytes);
      int different = 0;
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (bits(found[i]) == bits(host_[r][i]) || ++different > 3) continue;
        INFO(kernel << ", replica " << r << ", word " << i << " of the arena");
        CHECK(bits(found[i]) == bits(host_[r][i]));
      }
      CHECK(different == 0);
    }
  }

 private:
  static constexpr std::size_t kFence = 5;
  std::uint32_t seed_;
  std::uint32_t counter_ = 0;
  std::vector<float> host_[kReplicas];
};

inline const envlock::kernels::CpuKernels& processor() {
  return *envlock::kernels::usable_cpu_kernels().front();
}

inline int blocks_for(int items, int per_block) {
  return (items + per_block - 1) / per_block;
}

}  // namespace envlock_test
