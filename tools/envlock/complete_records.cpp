#include "complete_records.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "envlock/core/file.h"
#include "envlock/prefix/conda_meta.h"

namespace envlock::tools {
namespace {

/// info/index.json, which has the members that conda-meta has of a record. Absent when it is none, or was changed in
/// the cache: installing tells that.
std::optional<conda::PackageRecord> index_of(const archive::Unpacked& unpacked, const conda::PackageRecord& record) {
  const archive::UnpackedFile* file = unpacked.find("info/index.json");
  if (file == nullptr) return std::nullopt;
  try {
    const std::string text = core::read_file(unpacked.path_of(*file));
    if (core::sha256(text) != file->sha256) return std::nullopt;
    return prefix::parse_conda_meta(text, prefix::meta_file_name(record)).record;
  } catch (const core::Error&) {
    return std::nullopt;
  }
}

void complete(conda::PackageRecord& record, const conda::PackageRecord& source, bool tells_little) {
  if (record.license.empty()) record.license = source.license;
  if (!record.timestamp) record.timestamp = source.timestamp;
  if (!tells_little) return;
  record.build_number = source.build_number;
  record.depends = source.depends;
  record.constrains = source.constrains;
  record.track_features = source.track_features;
  record.noarch = source.noarch;
  record.python_site_packages_path = source.python_site_packages_path;
}

}  // namespace

void complete_records(lock::LockFormat format, const Obtained& obtained, const prefix::InstalledPackages& installed,
                      prefix::Target& target, prefix::Difference& difference) {
  if (format == lock::LockFormat::envlock) return;
  const bool tells_little = format != lock::LockFormat::pixi;
  std::map<std::string, const conda::PackageRecord*> there;
  for (const prefix::InstalledPackage& package : installed.packages) {
    there.emplace(package.record.file_name, &package.record);
  }
  for (std::vector<prefix::WantedPackage>* packages : {&target.packages, &difference.to_link}) {
    for (prefix::WantedPackage& package : *packages) {
      conda::PackageRecord& record = package.record;
      const auto unpacked = obtained.unpacked.find(conda::package_url(record));
      const auto old = there.find(record.file_name);
      if (unpacked != obtained.unpacked.end()) {
        if (!record.sha256) record.sha256 = unpacked->second.package;
        const std::optional<conda::PackageRecord> index = index_of(unpacked->second, record);
        if (index) complete(record, *index, tells_little);
      } else if (old != there.end()) {
        // What stays was completed when it came.
        if (!record.sha256) record.sha256 = old->second->sha256;
        complete(record, *old->second, tells_little);
      }
    }
  }
}

}  // namespace envlock::tools
