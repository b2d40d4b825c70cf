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

/// What asked for a distribution by its place: those get a direct_url.json (PEP 610).
struct DirectUrl {
  enum class Kind { none, archive, repository, folder };
  Kind kind = Kind::none;
  core::Sha256 sha256 = {};  ///< of an archive: the one at the URL, which may be the source of the wheel
  std::string commit = {};   ///< of a repository
  std::string subdirectory = {};

  bool operator==(const DirectUrl&) const = default;
};

/// A wheel that the prefix shall hold, and where its bytes are.
struct WantedWheel {
  std::string name;  ///< normalized (PEP 503)
  std::string version;
  std::string url;  ///< without secrets
  core::Sha256 sha256;
  std::filesystem::path file;
  DirectUrl direct = {};
};

/// One line of a RECORD: path relative to site-packages, hash and size where the line has them.
struct RecordLine {
  std::string path;
  std::optional<core::Sha256> sha256;  ///< absent too when the line has a hash of another kind
  std::optional<std::uint64_t> size;
  std::string hash_name;  ///< "sha256", "md5", ... "" without a hash
  std::string hash_text;  ///< as the line has it, urlsafe base64; "" without a hash

  bool operator==(const RecordLine&) const = default;
};
/// The line of a file with these bytes, or with that hash and size.
RecordLine record_line(std::string path, std::string_view bytes);
RecordLine record_line(std::string path, const core::Sha256& sha256, std::uint64_t size);
/// Order: as the text has them; empty lines are passed over.
/// Source: PEP 376, PEP 427, the "Recording installed projects" specification.
/// Throws: core::Error "wheel-record-invalid" with the line.
std::vector<RecordLine> parse_record(std::string_view text, const std::string& file);
/// Order: as given. Quotes as CSV demands; each line ends with LF.
std::string format_record(const std::vector<RecordLine>& lines);

/// A file that installing a wheel gives.
struct WheelFile {
  std::string target;  ///< relative to the prefix
  std::string bytes;
  std::uint32_t mode = 0644;
};

/// All files of a wheel in their places: purelib, platlib and .data spread, entry point scripts written, RECORD,
/// INSTALLER ("envlock"), and for a wheel asked for by URL direct_url.json and REQUESTED made; signatures of the old
/// RECORD left out. Every file is checked against the wheel's RECORD. docs/formats/wheels.md
/// Order: by target. Memory: the whole wheel; see stream_wheel.
/// Throws: core::Error "wheel-invalid" (no WHEEL or METADATA, name or version that disagree, a RECORD that disagrees
/// with the content, tags that are none, a data scheme that is none, a file that would land outside the prefix or in
/// conda-meta), "hash-mismatch", "wheel-record-invalid", "entry-point-invalid", and what archive::read_wheel throws.
std::vector<WheelFile> wheel_files(const WantedWheel& wheel, std::string_view prefix, const Python& python);

/// Takes the files of a wheel one after the other: begin, data any number of times, end.
class WheelSink {
 public:
  virtual ~WheelSink() = default;
  virtual void begin(const std::string& target, std::uint32_t mode) = 0;
  virtual void data(std::string_view bytes) = 0;
  virtual void end() = 0;
};
/// As wheel_files, with the same errors, but of a wheel with more than 64 MiB it keeps only the small parts and reads
/// the archive twice. What the sink got is good only when this has returned. Order: as the archive has the files, then
/// those that were made.
void stream_wheel(const WantedWheel& wheel, std::string_view prefix, const Python& python, WheelSink& sink);

/// An installed distribution: a *.dist-info (or *.egg-info) folder in site-packages.
struct Distribution {
  std::string name;  ///< normalized
  std::string version;
  std::string folder;         ///< relative to the prefix: "lib/python3.12/site-packages/x-1.0.dist-info"; or a file
  std::string installer;      ///< INSTALLER, trimmed: "pip", "conda", "uv", "envlock"; "" without
  bool editable = false;      ///< direct_url.json says so, or RECORD lists an "__editable__" file, or an .egg-link
  std::string direct_url;     ///< without secrets; "" without
  std::string direct_commit;  ///< of a VCS; "" without
  std::optional<core::Sha256> direct_sha256;  ///< of an archive
  /// Of RECORD, or without hashes of an egg-info's installed-files.txt. Paths are relative to the prefix and
  /// normalized; those outside begin with ".." or "/". Order: as the file has them.
  std::vector<RecordLine> record;
  bool has_record = false;  ///< a RECORD was read, without a line that cannot be understood

  bool operator==(const Distribution&) const = default;
};
/// Those of a site-packages folder (relative to the prefix), sorted by name, then by folder. Never throws for what it
/// finds there: of a damaged one, what is known is given.
std::vector<Distribution> read_distributions(const std::filesystem::path& prefix, const std::string& site_packages);

}  // namespace envlock::prefix
