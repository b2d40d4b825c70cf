#pragma once

#include <ucontext.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define ENVLOCK_FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ENVLOCK_FIBER_ASAN 1
#endif
#endif
#ifdef ENVLOCK_FIBER_ASAN
// Declared here: not every compiler that has the sanitizer has its headers.
extern "C" void __sanitizer_start_switch_fiber(void** fake_stack, const void* bottom, std::size_t size);
extern "C" void __sanitizer_finish_switch_fiber(void* fake_stack, const void** bottom, std::size_t* size);
#endif

/// CUDA kernels as plain host C++: every thread of a block is a fiber, which runs until it comes to a barrier or a
/// shuffle; who goes on is chosen at random. Blocks run one after the other. This is for AddressSanitizer and
/// UndefinedBehaviorSanitizer; races and uninitialised memory are what the PTX interpreter looks for.
namespace envlock::fiber {

struct Blocks {
  int x = 1, y = 1, z = 1;
};

/// Why a fiber stands still.
enum class Wait : std::uint8_t { nothing, barrier, shuffle, end };

struct Fiber {
  ucontext_t context;
  std::unique_ptr<std::byte[]> stack;
  Wait wait = Wait::nothing;
  int where = 0;            ///< the source line it waits in: tells one barrier from another
  std::uint32_t given = 0;  ///< to a shuffle
  std::uint32_t taken = 0;
  int source = 0;
};

class Block {
 public:
  static constexpr std::size_t kStackBytes = 128 * 1024;

  /// Runs one block. Throws: std::runtime_error where threads wait for others that never come.
  static void run(const Blocks& grid, const Blocks& at, int threads, std::uint64_t seed,
                  const std::function<void()>& kernel) {
    Block block(grid, at, threads, seed, kernel);
    current() = &block;
    block.schedule();
    current() = nullptr;
  }

  static Block*& current() {
    thread_local Block* value = nullptr;
    return value;
  }

  int thread() const { return running_; }
  int threads() const { return static_cast<int>(fibers_.size()); }
  const Blocks& grid() const { return grid_; }
  const Blocks& at() const { return at_; }

  void wait(Wait why, int where) {
    Fiber& self = fibers_[static_cast<std::size_t>(running_)];
    self.wait = why;
    self.where = where;
    leave(self);
  }

  /// Gives `value` and takes what lane `source` of the same warp gave.
  std::uint32_t exchange(std::uint32_t value, int source, int where) {
    Fiber& self = fibers_[static_cast<std::size_t>(running_)];
    self.given = value;
    self.source = source;
    wait(Wait::shuffle, where);
    return self.taken;
  }

 private:
  Block(const Blocks& grid, const Blocks& at, int threads, std::uint64_t seed, const std::function<void()>& kernel)
      : grid_(grid), at_(at), random_(seed), kernel_(kernel), fibers_(static_cast<std::size_t>(threads)) {
    for (Fiber& fiber : fibers_) {
      fiber.stack.reset(new std::byte[kStackBytes]);
      getcontext(&fiber.context);
      fiber.context.uc_stack.ss_sp = fiber.stack.get();
      fiber.context.uc_stack.ss_size = kStackBytes;
      fiber.context.uc_link = nullptr;
      makecontext(&fiber.context, &Block::start, 0);
    }
  }

  static void start() {
    Block& block = *current();
    block.arrived(nullptr);
    block.kernel_();
    block.wait(Wait::end, 0);
  }

  void schedule() {
    std::vector<int> ready;
    for (;;) {
      ready.clear();
      for (int i = 0; i < threads(); ++i)
        if (fibers_[static_cast<std::size_t>(i)].wait == Wait::nothing) ready.push_back(i);
      if (ready.empty()) {
        if (!release()) return;
        continue;
      }
      random_ = random_ * 6364136223846793005u + 1442695040888963407u;
      running_ = ready[(random_ >> 33) % ready.size()];
      enter(fibers_[static_cast<std::size_t>(running_)]);
    }
  }

  /// Everybody waits: shuffles whose whole warp has come are done, else the barrier opens. False when all have ended.
  bool release() {
    bool any = false, all_ended = true;
    for (std::size_t first = 0; first < fibers_.size(); first += 32) {
      const std::size_t last = std::min(first + 32, fibers_.size());
      bool together = true;
      for (std::size_t i = first; i < last; ++i) {
        all_ended = all_ended && fibers_[i].wait == Wait::end;
        together = together && fibers_[i].wait == Wait::shuffle && fibers_[i].where == fibers_[first].where;
      }
      if (!together) continue;
      any = true;
      for (std::size_t i = first; i < last; ++i) {
        const std::size_t source = first + static_cast<std::size_t>(fibers_[i].source);
        fibers_[i].taken = fibers_[source < last ? source : i].given;
        fibers_[i].wait = Wait::nothing;
      }
    }
    if (any || all_ended) return !all_ended;
    for (const Fiber& fiber : fibers_)
      if (fiber.wait != Wait::barrier || fiber.where != fibers_.front().where)
        throw std::runtime_error("thread " + std::to_string(&fiber - fibers_.data()) + " of block " +
                                 std::to_string(at_.x) + " does not come to the barrier or shuffle where others wait");
    for (Fiber& fiber : fibers_) fiber.wait = Wait::nothing;
    return true;
  }

  void enter(Fiber& fiber) {
#ifdef ENVLOCK_FIBER_ASAN
    __sanitizer_start_switch_fiber(&fake_stack_, fiber.stack.get(), kStackBytes);
#endif
    swapcontext(&scheduler_, &fiber.context);
#ifdef ENVLOCK_FIBER_ASAN
    __sanitizer_finish_switch_fiber(fake_stack_, nullptr, nullptr);
#endif
  }

  void leave(Fiber& fiber) {
    void* own = nullptr;
#ifdef ENVLOCK_FIBER_ASAN
    __sanitizer_start_switch_fiber(fiber.wait == Wait::end ? nullptr : &own, scheduler_stack_, scheduler_bytes_);
#endif
    swapcontext(&fiber.context, &scheduler_);
    arrived(own);
  }

  void arrived([[maybe_unused]] void* own) {
#ifdef ENVLOCK_FIBER_ASAN
    __sanitizer_finish_switch_fiber(own, &scheduler_stack_, &scheduler_bytes_);
#endif
  }

  Blocks grid_, at_;
  std::uint64_t random_;
  const std::function<void()>& kernel_;
  std::vector<Fiber> fibers_;
  ucontext_t scheduler_{};
  void* fake_stack_ = nullptr;
  const void* scheduler_stack_ = nullptr;
  std::size_t scheduler_bytes_ = 0;
  int running_ = 0;
};

/// Runs all blocks of a grid: `launch({20, 1, 1}, 128, seed, [&] { kernel(arguments); })`.
inline void launch(const Blocks& grid, int threads, std::uint64_t seed, const std::function<void()>& kernel) {
  for (int z = 0; z < grid.z; ++z)
    for (int y = 0; y < grid.y; ++y)
      for (int x = 0; x < grid.x; ++x)
        Block::run(grid, {x, y, z}, threads, seed + static_cast<std::uint64_t>(x + 7919 * y + 104729 * z), kernel);
}

}  // namespace envlock::fiber

#define KERNEL extern "C" void
#define BOUNDS(threads)
#define SHARED static  // blocks run one after the other
#define DEVICE inline
#define CONSTANT static const

/// The names of kernels/cuda/device.h, on the host.
namespace envlock::kernels::cuda {

inline int thread_x() {
  return fiber::Block::current()->thread();
}
inline int block_x() {
  return fiber::Block::current()->at().x;
}
inline int block_y() {
  return fiber::Block::current()->at().y;
}
inline int block_z() {
  return fiber::Block::current()->at().z;
}
inline int block_size_x() {
  return fiber::Block::current()->threads();
}
inline int grid_size_x() {
  return fiber::Block::current()->grid().x;
}
inline int grid_size_y() {
  return fiber::Block::current()->grid().y;
}
inline int multiprocessor() {
  return fiber::Block::current()->at().x % 16;
}

inline std::uint32_t bits_of(float a) {
  std::uint32_t bits;
  std::memcpy(&bits, &a, 4);
  return bits;
}
inline float float_of(std::uint32_t a) {
  float value;
  std::memcpy(&value, &a, 4);
  return value;
}

inline void barrier(int line = __builtin_LINE()) {
  fiber::Block::current()->wait(fiber::Wait::barrier, line);
}
inline float shuffle_down(float value, int by, int line = __builtin_LINE()) {
  const int lane = thread_x() % 32;
  return float_of(fiber::Block::current()->exchange(bits_of(value), lane + by < 32 ? lane + by : lane, line));
}
inline unsigned shuffle_xor(unsigned value, int mask, int line = __builtin_LINE()) {
  return fiber::Block::current()->exchange(value, (thread_x() % 32) ^ (mask & 31), line);
}
inline float shuffle_xor(float value, int mask, int line = __builtin_LINE()) {
  return float_of(shuffle_xor(bits_of(value), mask, line));
}

inline float add(float a, float b) {
  return a + b;
}
inline float sub(float a, float b) {
  return a - b;
}
inline float mul(float a, float b) {
  return a * b;
}
inline float div(float a, float b) {
  return a / b;
}
inline float fma(float a, float b, float c) {
  return __builtin_fmaf(a, b, c);
}
inline float sqrt(float a) {
  return __builtin_sqrtf(a);
}
inline double add(double a, double b) {
  return a + b;
}
inline double sub(double a, double b) {
  return a - b;
}
inline double mul(double a, double b) {
  return a * b;
}
inline double div(double a, double b) {
  return a / b;
}
inline double fma(double a, double b, double c) {
  return __builtin_fma(a, b, c);
}
inline double sqrt(double a) {
  return __builtin_sqrt(a);
}
inline float narrow(double a) {
  return static_cast<float>(a);
}
inline double widen(float a) {
  return static_cast<double>(a);
}
inline float from_int(int a) {
  return static_cast<float>(a);
}
inline unsigned reverse_bytes(unsigned a) {
  return __builtin_bswap32(a);
}

}  // namespace envlock::kernels::cuda
