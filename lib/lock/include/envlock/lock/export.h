#pragma once

#include <string>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/lock/lock.h"

namespace envlock::lock {

/// The records of a platform with dependencies before dependents, ties by name; cycles broken at the smallest name.
std::vector<const LockedPackage*> in_dependency_order(const Lock& lock, const LockedPlatform& platform);

/// An @EXPLICIT file (CEP 23): full URLs, "#sha256:" fragments, dependency order.
enum class ExplicitHash { sha256, md5 };
std::string format_explicit(const Lock& lock, const LockedPlatform& platform, ExplicitHash hash);
/// A conda-lock.yml v1 (CEP 37) for all platforms, content_hash included; profiles of one subdir are refused with a hint.
std::string format_conda_lock(const Lock& lock, const spec::Spec* spec);

/// The records behind a solve, for `--save-index` and `--index`: canonical JSON with channels and records.
struct SavedIndex {
  std::vector<conda::Channel> channels;
  std::vector<conda::PackageRecord> records;
};
std::string format(const SavedIndex& index);
SavedIndex parse_saved_index(std::string_view text, const std::string& file);

}  // namespace envlock::lock
