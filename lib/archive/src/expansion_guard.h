#pragma once

#include <cstdint>
#include <string>

#include "envlock/archive/package.h"

namespace envlock::archive {

/// Watches how much comes out of a decompressor for what went in.
class ExpansionGuard {
 public:
  ExpansionGuard(const std::string& file, const Limits& limits) : file_(file), limits_(limits) {}
  void packed(std::uint64_t bytes) { packed_ += bytes; }
  /// Throws: core::Error "archive-too-large".
  void unpacked(std::uint64_t bytes);

 private:
  const std::string& file_;
  const Limits& limits_;
  std::uint64_t packed_ = 0, unpacked_ = 0;
};

}  // namespace envlock::archive
