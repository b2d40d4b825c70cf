// The file `envlock.baseline.json`: read as far as it can be, and written after a review.
#pragma once

#include <filesystem>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/probe/baseline.h"

namespace envlock::tools {

struct BaselineFile {
  std::filesystem::path path;
  probe::Baseline baseline;  ///< what of it can be believed
  bool exists = false;
  /// Why the rest cannot. "baseline-edited", one for each class that was changed, and "baseline-conflict"; or one of
  /// "baseline-invalid", "baseline-version", "baseline-spec", and then nothing of the file is believed.
  std::vector<core::Diagnostic> troubles;

  bool is_usable() const;
};

BaselineFile read_baseline_file(const std::filesystem::path& path);

/// A file that says nothing to this envlock may say much to a newer one, and to its owner.
/// Throws: core::Error, one of the troubles, where the file is not ours to replace: no baseline at all, or of another
/// version.
void check_replaceable(const BaselineFile& file);

/// Writes the classes that can be believed, with these tiers of this class among them. What is left out of the file
/// that was there is the warning "baseline-replaced". A class that was reduced takes the place of those that it covers:
/// they are of the time before. Returns how many. Throws: as check_replaceable.
enum class Reach { this_machine, reduced };
std::size_t write_accepted(BaselineFile& file, const probe::HardwareClass& hardware, Reach reach,
                           std::vector<probe::AcceptedTier> tiers, core::Notes& notes);

}  // namespace envlock::tools
