#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/lock/lock.h"

namespace envlock::lock {

/// The records of a platform with dependencies before dependents, otherwise by name: each name in turn, after what it
/// needs. A cycle is broken where it is entered first; python never waits for a package that needs python.
std::vector<const LockedPackage*> in_dependency_order(const Lock& lock, const LockedPlatform& platform);

/// Which hash an @EXPLICIT file carries: "#sha256:..." is for conda 25 and mamba 2, "#<md5>" is for all.
enum class ExplicitHash { sha256, md5 };
/// An @EXPLICIT file (CEP 23): full URLs with their hashes, in dependency order. Folder channels are written as the
/// lock has them, relative to the folder of the lock. Throws: core::Error "hash-missing" when an md5 is asked for that
/// a record lacks.
std::string format_explicit(const Lock& lock, const LockedPlatform& platform, ExplicitHash hash);
/// A conda-lock.yml v1 (CEP 37) for all platforms. `content_hash` is what conda-lock computes of the requests with its
/// own default virtual packages, so that `conda-lock lock --check-input-hash` finds it fresh; `spec`, when given, lends
/// the channels and requests as they were written. Notes tell what conda-lock will not like: records without md5, pip.
/// Throws: core::Error "export-profiles" when two platforms share a subdir, which the format cannot express.
std::string format_conda_lock(const Lock& lock, const spec::Spec* spec, core::Notes* notes = nullptr);

/// A requirements file for one platform: `pip install --require-hashes --no-deps -r FILE` and uv's twin take it. Order:
/// as in the lock. What conda packages bring stands in comments; what has no hash is left out, with a note
/// "export-not-hashed".
/// Throws: core::Error "export-no-distributions" for a lock without a pip section, as does format_pylock.
std::string format_requirements(const Lock& lock, const LockedPlatform& platform, core::Notes* notes = nullptr);
/// A pylock.toml (PEP 751) for all platforms. Categories but `main` are its dependency groups.
/// Throws: core::Error "export-profiles" when two platforms share a subdir.
std::string format_pylock(const Lock& lock);

/// The whole lock, conda packages and distributions of PyPI, as a bill of materials: CycloneDX 1.6 and SPDX 2.3, both
/// JSON, with purls, licenses, hashes and the graph of dependencies. The same lock gives the same bytes: the time is
/// that of the newest file, and the document's identity is made of the lock's text.
std::string format_cyclonedx(const Lock& lock);
std::string format_spdx(const Lock& lock);

/// The records behind a solve, for `--save-index` and `--index`: canonical JSON with channels and records.
/// Order: records by (name, channel, subdir, file name), each once.
struct SavedIndex {
  std::vector<conda::Channel> channels;
  std::vector<conda::PackageRecord> records;
  /// File names, sorted, of records whose sha256 we computed because the channel's index had none.
  std::vector<std::string> computed;

  bool operator==(const SavedIndex&) const = default;
};
std::string format(const SavedIndex& index);
/// Throws: core::Error "saved-index-invalid" with positions, "lock-version".
SavedIndex parse_saved_index(std::string_view text, const std::string& file);

}  // namespace envlock::lock
