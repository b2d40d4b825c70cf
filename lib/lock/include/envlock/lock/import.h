#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/core/diagnostic.h"

namespace envlock::lock {

/// How much of a preference must agree with an index record to count as the same pick.
enum class Loosen { none, build };

/// One pick of another tool's lock: what is known of it. Empty fields match everything.
struct Preference {
  std::string name;
  std::string version;
  std::string build;
  std::string file_name;
  std::optional<core::Sha256> sha256;
  std::optional<core::Md5> md5;
  std::string subdir;    ///< "" when not known
  std::string platform;  ///< the subdir it was locked for; "" when not said
};

/// Reads picks for `--like` from an envlock.lock, an @EXPLICIT file (CEP 23), a conda-lock.yml (CEP 37), a pixi.lock, or
/// an environment.yml full of pins (told apart by content). pip entries are left out with a note.
/// Throws: core::Error with positions.
std::vector<Preference> read_preferences(const std::filesystem::path& file, core::Notes& notes);

/// True when the record is that pick.
bool matches(const Preference& preference, const conda::PackageRecord& record, Loosen loosen);

}  // namespace envlock::lock
