// What a run of the tier does whatever multiplies: a library of the processor's or one of a GPU's.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loaded_library.h"

namespace envlock::blas {

struct SectionOptions {
  std::string size = "quick";
  int steps = 0;          ///< 0: all that the size has
  std::size_t shift = 0;  ///< of buffers
  std::function<void(std::string_view)> stage;
  /// How far the library may take an operand from what it is, relatively: 0, or what rounding it to fewer bits makes.
  double operand_error = 0;
  std::optional<core::Sha256> battery;  ///< as of ComputeOptions
};

/// Every section, the bounds and the order of sums, in the order of docs/probe-tiers.md.
void compute_sections(const Product& product, const VectorFunctions& vectors, const SectionOptions& options,
                      probe::TierRun& run);

/// Runs the canaries and looks at the settings, in the calling thread and a new one.
std::vector<probe::Canary> check_canaries();
void check_environment(probe::TierRun& run);

/// As a path from the prefix where it lies there; else `outside`, and absolute.
std::string from_prefix(const std::filesystem::path& file, const std::filesystem::path& prefix, bool& outside);

/// The files of code that were mapped since, sorted by what they are called from the prefix; without their digests.
std::vector<probe::MappedFile> newly_mapped(const std::vector<std::string>& before,
                                            const std::filesystem::path& prefix);

}  // namespace envlock::blas
