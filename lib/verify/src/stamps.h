#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/archive/package_cache.h"
#include "layout.h"

namespace envlock::verify {

/// What a full verification leaves for a quick one: of each package in which all was right its layout with the hashes
/// of the bytes on disk, and of each file that was looked at its stamp. Not evidence against who can write to where it
/// lies: docs/verify.md.
struct Stamps {
  struct File {
    archive::FileStamp stamp;
    std::optional<core::Sha256> sha256;
  };
  std::map<std::string, PackageLayout> layouts;  ///< by "conda NAME" and "pypi NAME"
  std::map<std::string, File> files;             ///< by path
};

/// What stamps are good for: this prefix, held against this.
core::Sha256 stamps_binding(const std::string& prefix, const std::vector<conda::PackageRecord>& records,
                            const Expected* expected);

std::string format_stamps(const Stamps& stamps, const core::Sha256& binding);
/// Absent when the text is damaged, of another version, or bound to something else.
std::optional<Stamps> parse_stamps(std::string_view text, const core::Sha256& binding);

/// Absent when there are none that are good.
std::optional<Stamps> read_stamps(const std::filesystem::path& file, const core::Sha256& binding);
/// Makes the folder. A place that cannot be written to is passed over: the next quick verification reads everything.
void write_stamps(const std::filesystem::path& file, const Stamps& stamps, const core::Sha256& binding);

}  // namespace envlock::verify
