#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// The device's global memory: allocations at addresses no host program can touch, each byte known to be written or
/// not.
namespace envlock::ptx {

/// Windows of generic addresses. The global one is outside what a host process can map.
inline constexpr std::uint64_t kGlobalBase = std::uint64_t{1} << 52;
inline constexpr std::uint64_t kSharedWindow = std::uint64_t{2} << 52;
inline constexpr std::uint64_t kLocalWindow = std::uint64_t{3} << 52;
inline constexpr std::uint64_t kWindowMask = std::uint64_t{15} << 52;
/// Shared and local addresses start here, so that a null pointer is none of them. What is above kFirstLocal in the
/// parameter space is a call's parameter: those lie in local memory.
inline constexpr std::uint64_t kFirstShared = 1024;
inline constexpr std::uint64_t kFirstLocal = 1 << 20;
/// Static shared variables end before this address, the launch's dynamic shared memory begins there.
inline constexpr std::uint64_t kMostStaticShared = 48 * 1024;
inline constexpr std::uint64_t kDynamicShared = kFirstShared + 2 * kMostStaticShared;
/// Nothing lies between two shared variables: an access past an end finds no neighbour.
inline constexpr std::uint64_t kSharedGap = 256;

inline constexpr std::uint64_t kPageBytes = 4096;

struct Allocation {
  std::uint32_t id = 0;  ///< its place in Memory
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  std::string name;
  bool live = true;
  bool read_only = false;  ///< a .const variable
  std::unique_ptr<std::byte[]> data;
  std::unique_ptr<std::uint8_t[]> defined;              ///< 0xff for a byte that was written, else 0
  std::unique_ptr<std::atomic<std::uint32_t>[]> saved;  ///< launch which kept a copy of this page, see Undo
  std::uint64_t pages() const { return (size + kPageBytes - 1) / kPageBytes; }
};

/// Not thread-safe for allocate and free; find may run beside itself.
class Memory {
 public:
  /// Returns null where `size` is 0 or more than `limit` bytes would be in use.
  Allocation* allocate(std::uint64_t size, std::string name);
  /// Frees the allocation that starts at `address`; false where there is none. Its address is never used again.
  bool free(std::uint64_t address);
  /// The allocation, live or freed, which holds `address`, or null.
  Allocation* find(std::uint64_t address) const;
  /// What lies at or nearest to `address`, in words.
  std::string describe(std::uint64_t address) const;

  std::uint64_t used() const { return used_; }
  void set_limit(std::uint64_t bytes) { limit_ = bytes; }
  std::uint64_t limit() const { return limit_; }
  std::size_t count() const { return allocations_.size(); }
  Allocation& at(std::size_t id) const { return *allocations_[id]; }

 private:
  std::vector<std::unique_ptr<Allocation>> allocations_;  ///< by ascending address
  std::uint64_t next_ = kGlobalBase;
  std::uint64_t used_ = 0;
  std::uint64_t limit_ = std::uint64_t{4} << 30;
};

}  // namespace envlock::ptx
