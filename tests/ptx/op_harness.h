#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "interpreter/device.h"
#include "support/catch.h"

/// Runs one or a few PTX instructions on many values, in full warps, in partial ones and under divergence.
namespace envlock_test {

/// `body` computes %z from %a, %b, %c, %d. Temporaries: %p0.. (predicates), %h0.. (16 bits), %t0.. (32), %u0.. (64).
struct OpCase {
  std::string body;
  std::vector<int> widths;  ///< bits of %a, %b, ...: 32 or 64
  int result = 32;          ///< bits of %z
  std::function<std::uint64_t(const std::uint64_t* operands)> expected;
  enum class Values { integers, floats } values = Values::integers;
};

void check_op(const OpCase& op);

/// The kernel's whole text.
std::string op_kernel(const OpCase& op);

/// Deterministic random bits.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  float unit() { return static_cast<float>(next() >> 40) * 0x1p-23f - 1.0f; }  ///< in [-1, 1)

 private:
  std::uint64_t state_;
};

/// Kernel parameters, each at its natural alignment.
class Parameters {
 public:
  template <class T>
  Parameters& add(T value) {
    while (bytes_.size() % sizeof value != 0) bytes_.push_back(std::byte{0});
    const auto* first = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), first, first + sizeof value);
    return *this;
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// A device with one loaded module.
class Bench {
 public:
  explicit Bench(const std::string& ptx) : module_(device.load_text(ptx)) {}
  template <class T>
  std::uint64_t give(const std::vector<T>& values, const std::string& name) {
    const std::uint64_t address = reserve(values.size() * sizeof(T), name);
    REQUIRE(device.write(address, values.data(), values.size() * sizeof(T)));
    return address;
  }
  std::uint64_t reserve(std::uint64_t bytes, const std::string& name) {
    envlock::ptx::Allocation* made = device.memory().allocate(bytes, name);
    REQUIRE(made != nullptr);
    return made->address;
  }
  template <class T>
  std::vector<T> take(std::uint64_t address, std::size_t count) const {
    std::vector<T> values(count);
    REQUIRE(device.read(address, values.data(), count * sizeof(T)));
    return values;
  }
  envlock::ptx::Launch launch(const std::string& kernel, envlock::ptx::Dimensions grid, std::uint32_t threads,
                              const Parameters& parameters) const {
    envlock::ptx::Launch made;
    made.kernel = &module_.kernels.at(kernel);
    made.grid = grid;
    made.block = {threads, 1, 1};
    made.parameters = parameters.bytes();
    return made;
  }
  const envlock::ptx::LoadedModule& module() const { return module_; }

  envlock::ptx::Device device;

 private:
  envlock::ptx::LoadedModule module_;
};

/// The text of a file beside this one.
std::string read_sample(const std::string& name);
/// `text` with the only occurrence of `from` replaced; fails the test where there is none, or several.
std::string replace_once(std::string text, const std::string& from, const std::string& to);
std::string replace_all(std::string text, const std::string& from, const std::string& to);

inline float as_float(std::uint64_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
}
inline double as_double(std::uint64_t bits) {
  return std::bit_cast<double>(bits);
}
/// PTX's one NaN.
inline std::uint64_t bits(float value) {
  return value == value ? std::bit_cast<std::uint32_t>(value) : 0x7fffffffu;
}
inline std::uint64_t bits(double value) {
  return value == value ? std::bit_cast<std::uint64_t>(value) : std::uint64_t{0xfff8} << 48;
}

}  // namespace envlock_test
