#include "verify_prefix.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "activation.h"
#include "envlock/core/file.h"
#include "envlock/prefix/conda_meta.h"
#include "envlock/snapshot/machine.h"
#include "envlock/snapshot/snapshot.h"
#include "source_wheels.h"

namespace envlock::tools {
namespace {

std::map<std::string, std::vector<core::Sha256>> accepted_roots(const std::vector<std::string>& files) {
  std::map<std::string, std::vector<core::Sha256>> roots;
  for (const std::string& file : files) {
    const snapshot::Snapshot accepted = snapshot::parse(core::read_file(file), file);
    if (!accepted.environment) continue;
    for (const snapshot::SnapshotPackage& package : accepted.environment->packages) {
      if (package.kind != snapshot::SnapshotPackage::Kind::conda || !package.root) continue;
      roots[package.name + "-" + package.version + "-" + package.build].push_back(*package.root);
    }
  }
  return roots;
}

verify::Expected expected_of(const LockTarget& lock) {
  verify::Expected expected;
  for (const lock::InstallPackage& package : lock.platform.packages) expected.packages.push_back(package.record);
  expected.variables = lock.set.variables;
  for (const lock::LockedWheel& wheel : lock.platform.wheels) expected.pip_names.push_back(wheel.name);
  expected.wheels = lock.platform.wheels;
  return expected;
}

/// What the lock names without a finished wheel, as far as it is at hand: wheels that are made of it now.
void add_sources(SourceWheels& sources, bool fetch, verify::Expected& expected,
                 std::map<core::Sha256, std::filesystem::path>& archives) {
  for (SeenSource& seen : sources.look(fetch)) {
    expected.pip_names.push_back(seen.name);
    if (seen.wheel) {
      expected.wheels.push_back({.name = seen.name, .version = seen.wheel->version, .sha256 = seen.wheel->sha256});
      if (!seen.wheel->file.empty()) archives.emplace(seen.wheel->sha256, seen.wheel->file);
    }
    if (seen.is_hashed) continue;
    expected.unhashed.push_back({seen.name, seen.is_folder, std::move(seen.place), std::move(seen.trouble)});
  }
}

/// What conda-meta claims, for looking for archives; broken files are the verification's to tell.
std::vector<conda::PackageRecord> claimed_records(const std::filesystem::path& prefix) {
  std::vector<conda::PackageRecord> records;
  if (!prefix::is_environment(prefix)) return records;
  for (prefix::InstalledPackage& package : prefix::read_conda_meta(prefix).packages) {
    records.push_back(std::move(package.record));
  }
  return records;
}

bool has_md5(const std::filesystem::path& file, const core::Md5& md5) {
  const core::MappedFile mapped(file);
  return core::md5(mapped.bytes()) == md5;
}

/// Where a lock has no SHA-256 of a package, conda-meta's says where to look.
std::vector<conda::PackageRecord> with_claimed_hashes(std::vector<conda::PackageRecord> records,
                                                      const std::filesystem::path& prefix) {
  const auto has_sha256 = [](const conda::PackageRecord& record) { return record.sha256.has_value(); };
  if (std::all_of(records.begin(), records.end(), has_sha256)) return records;
  std::map<std::string, core::Sha256> hashes;
  for (const conda::PackageRecord& record : claimed_records(prefix)) {
    if (record.sha256) hashes.emplace(record.file_name, *record.sha256);
  }
  for (conda::PackageRecord& record : records) {
    const auto hash = hashes.find(record.file_name);
    if (!record.sha256 && hash != hashes.end()) record.sha256 = hash->second;
  }
  return records;
}

/// Gives the records that have only an MD5 the SHA-256 of the archive that has it: from there on it is the proof's.
void learn_hashes(std::vector<conda::PackageRecord>& records, const std::vector<conda::PackageRecord>& searched,
                  const std::map<core::Sha256, std::filesystem::path>& archives) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].sha256 || !records[i].md5 || !searched[i].sha256) continue;
    const auto archive = archives.find(*searched[i].sha256);
    if (archive != archives.end() && has_md5(archive->second, *records[i].md5)) records[i].sha256 = searched[i].sha256;
  }
}

}  // namespace

std::filesystem::path stamps_file(const std::filesystem::path& cache, const std::filesystem::path& prefix) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::weakly_canonical(prefix, error);
  return cache / "prefixes-1" / (core::format(core::sha256((error ? prefix : real).string())) + ".stamps");
}

verify::Verification verify_prefix(const VerifyRequest& request, Packages& packages, Session& session, Out& out) {
  verify::Expected expected;
  if (request.lock != nullptr) expected = expected_of(*request.lock);
  verify::VerifyOptions options;
  options.depth = request.depth;
  options.threads = request.threads;
  options.archive_folders = archive::foreign_package_folders();
  const std::vector<conda::PackageRecord> searched = request.lock != nullptr
                                                         ? with_claimed_hashes(expected.packages, request.prefix)
                                                         : claimed_records(request.prefix);
  options.archives = packages.archives(searched, expected.wheels, request.fetch);
  std::optional<SourceWheels> sources;  // may hold files until the end
  if (request.lock != nullptr) {
    sources.emplace(*request.lock, session, false);
    add_sources(*sources, request.fetch && !session.condarc.network.offline, expected, options.archives);
  }
  if (request.lock != nullptr) learn_hashes(expected.packages, searched, options.archives);
  options.accepted_roots = accepted_roots(request.accepted);
  options.stamps_file = stamps_file(session.cache, request.prefix);
  options.environment = process_variables();
  if (const auto home = options.environment.find("HOME"); home != options.environment.end()) {
    options.home = home->second;
  }
  if (request.lock != nullptr) {
    options.machine = request.lock->machine;
  } else {
    options.machine = snapshot::detect_virtual_packages(out.notes);
  }
  options.installed_at = request.installed_at;
  options.command = request.command;
  return verify::verify(request.prefix, request.lock != nullptr ? &expected : nullptr, options, *session.progress);
}

}  // namespace envlock::tools
