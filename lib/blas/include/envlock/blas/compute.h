// What a child process does with a library: loads it, computes with it, and says what came out.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/probe/tier_run.h"

namespace envlock::blas {

struct ComputeOptions {
  std::filesystem::path library;  ///< absolute
  std::string symbol = "cblas_sgemm";
  bool ilp64 = false;
  std::string subject;           ///< enters the document
  std::filesystem::path prefix;  ///< paths of mapped files are told from here
  std::string size = "quick";    ///< of the training run
  int steps = 0;                 ///< 0: all that the size has
  int threads = 1;               ///< for the document; the environment variables that set it are the caller's business
  /// Bytes by which buffers are moved from where they would lie, a multiple of 64: a repeat uses another number.
  std::size_t shift = 0;
  /// Of a run that only asks whether it is that of an accepted one: where the battery has another root than this,
  /// nothing is computed after it. Absent: everything is.
  std::optional<core::Sha256> battery;
  /// Called before each thing that may crash or hang, with its name: "loading", "integers", "battery", "alignment",
  /// "rows", "training", "bounds", "order".
  std::function<void(std::string_view)> stage;
};

/// Loads the library into this process, which should exist for nothing else, and computes the tier `blas` with it.
/// A library that cannot be loaded gives Outcome::unusable with the linker's words.
/// Source: docs/probe-tiers.md.
probe::TierRun compute(const ComputeOptions& options);

/// Loads one file and says whether the floating-point environment is still the one that it was.
struct LoadCheck {
  bool loaded = false;
  std::string trouble;
  std::vector<probe::Canary> canaries;
  std::vector<std::vector<std::string>> fp_settings;
  std::vector<std::string> mapped;  ///< files of code that are in this process now
};
LoadCheck load_and_check(const std::filesystem::path& library);

}  // namespace envlock::blas
