#pragma once

#include "error.h"
#include "memory.h"
#include "program.h"
#include "runner.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::ptx {

struct LaunchResult {
  std::optional<Finding> finding;
  std::uint64_t thread_instructions = 0;
  std::uint64_t stores = 0;  ///< of single threads; counted only where a flip is asked for
};

/// One device that runs PTX: memory, modules and launches. Calls must not overlap.
class Device {
 public:
  Memory& memory() { return memory_; }

  /// Copies bytes in, as a host program's copy would; false outside one live allocation.
  bool write(std::uint64_t address, const void* from, std::uint64_t bytes);
  bool read(std::uint64_t address, void* to, std::uint64_t bytes) const;
  /// Writes `data`, which was read from `from`, with what is known about those bytes: undefined ones stay undefined.
  bool copy_defined(std::uint64_t to, std::uint64_t from, std::uint64_t bytes, const void* data);

  /// Throws: PtxError
  LoadedModule load_text(std::string_view ptx) { return load(parse(ptx), memory_); }

  /// Runs all blocks in an order that the seed decides, on `threads` host threads (0: one for each core). After a
  /// finding memory holds whatever was written until then.
  LaunchResult run(Launch launch, unsigned threads = 0);

 private:
  LaunchResult run_alone(const Launch& launch, const std::vector<std::uint64_t>& order);
  std::optional<Finding> run_together(const Launch& launch, const std::vector<std::uint64_t>& order, unsigned threads,
                                      std::uint64_t& instructions);
  std::optional<Finding> compare_traces(const Launch& launch, unsigned threads) const;
  BlockRunner& runner(unsigned index);

  Memory memory_;
  std::vector<std::unique_ptr<BlockRunner>> runners_;
  Undo undo_;
  std::uint32_t launches_ = 0;
};

}  // namespace envlock::ptx
