#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/prefix/layout.h"

namespace envlock::prefix {

/// A wheel that the prefix shall hold, and where its bytes are.
struct WantedWheel {
  std::string name;  ///< normalized (PEP 503)
  std::string version;
  std::string url;  ///< without secrets
  core::Sha256 sha256;
  std::filesystem::path file;
  bool direct = false;  ///< was asked for by URL: gets a direct_url.json (PEP 610)
};

/// One line of a RECORD: path relative to site-packages, hash and size where the line has them.
struct RecordLine {
  std::string path;
  std::optional<core::Sha256> sha256;  ///< absent too when the line has a hash of another kind
  std::optional<std::uint64_t> size;
  std::string hash_name;  ///< "sha256", "md5", ... "" without a hash

  bool operator==(const RecordLine&) const = default;
};
/// Source: PEP 376, PEP 427, the "Recording installed projects" specification.
/// Throws: core::Error "record-invalid".
std::vector<RecordLine> parse_record(std::string_view text, const std::string& file);
/// Order: as given. Quotes as CSV demands.
std::string format_record(const std::vector<RecordLine>& lines);

/// A file that installing a wheel gives.
struct WheelFile {
  std::string target;  ///< relative to the prefix
  std::string bytes;
  std::uint32_t mode = 0644;
};

/// All files of a wheel in their places: purelib, platlib and .data spread, entry point scripts written, RECORD,
/// INSTALLER ("envlock") and direct_url.json made. Every file is checked against the wheel's RECORD.
/// Throws: core::Error "wheel-invalid" (no WHEEL or METADATA, name or version that disagree, a RECORD that disagrees
/// with the content, tags that are none, a data scheme that is none), "hash-mismatch", "entry-point-invalid", and what
/// archive::read_wheel throws.
std::vector<WheelFile> wheel_files(const WantedWheel& wheel, std::string_view prefix, const Python& python);

/// An installed distribution: a *.dist-info (or *.egg-info) folder in site-packages.
struct Distribution {
  std::string name;  ///< normalized
  std::string version;
  std::string folder;         ///< relative to the prefix: "lib/python3.12/site-packages/x-1.0.dist-info"
  std::string installer;      ///< INSTALLER, trimmed: "pip", "conda", "uv", "envlock"; "" without
  bool editable = false;      ///< direct_url.json says so
  std::string direct_url;     ///< without secrets; "" without
  std::string direct_commit;  ///< of a VCS; "" without
  std::optional<core::Sha256> direct_sha256;  ///< of an archive
  std::vector<RecordLine> record;             ///< paths relative to the prefix, normalized; empty without RECORD
  bool has_record = false;
};
/// Those of every site-packages folder given, sorted by name.
std::vector<Distribution> read_distributions(const std::filesystem::path& prefix, const std::string& site_packages);

/// PEP 503: lower case, runs of "-", "_" and "." are one "-".
std::string normalize_name(std::string_view name);

}  // namespace envlock::prefix
