#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/core/diagnostic.h"

namespace envlock::lock {

/// How much of a preference must agree with an index record to count as the same pick.
enum class Loosen { none, build };

/// One pick of another tool's lock: what is known of it. Empty fields match everything. Of a distribution of PyPI only
/// name, version and platform count.
struct Preference {
  bool pypi = false;  ///< a distribution: the name is normalized, the version in the normal form of PEP 440
  std::string name;
  std::string version;
  bool version_is_prefix = false;  ///< "3.10" of a line `python=3.10`: any 3.10.*
  std::string build;
  std::string file_name;
  std::optional<core::Sha256> sha256;
  std::optional<core::Md5> md5;
  std::string subdir;    ///< "" when not known
  std::string platform;  ///< the subdir it was locked for; "" when not said

  bool operator==(const Preference&) const = default;
};

/// Reads picks for `--like` from an envlock.lock, an @EXPLICIT file (CEP 23), a conda-lock.yml (CEP 37), a pixi.lock,
/// or an environment.yml full of pins (told apart by content). Distributions without a version, such as lines of `pip:`
/// that pin none, are left out with a note. Order: as in the file; a pick that stands several times (once a category)
/// comes once. Throws: core::Error "like-invalid" with positions, "like-unknown" for a file that is none of these,
/// "lock-..." for an envlock.lock, and what `spec` says of an environment.yml.
std::vector<Preference> read_preferences(const std::filesystem::path& file, core::Notes& notes);
/// The same from text; `file` is what messages call it.
std::vector<Preference> parse_preferences(std::string_view text, const std::string& file, core::Notes& notes);

/// The picks that installed records are: for `--like PREFIX`. Order: of the records.
std::vector<Preference> preferences_of(const std::vector<conda::PackageRecord>& records);

/// The pick that a distribution of PyPI is. Absent when its version is none of PEP 440.
std::optional<Preference> pypi_preference(std::string_view name, std::string_view version, std::string platform);

/// True when the record is that pick: the same build of the same version, as .conda or .tar.bz2 alike; where the very
/// file is named, its hashes must agree too. Loosen::build is content with the same version.
bool matches(const Preference& preference, const conda::PackageRecord& record, Loosen loosen);

}  // namespace envlock::lock
