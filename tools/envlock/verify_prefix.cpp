#include "verify_prefix.h"

#include <map>
#include <utility>

#include "activation.h"
#include "envlock/core/file.h"
#include "envlock/prefix/conda_meta.h"
#include "envlock/snapshot/machine.h"
#include "envlock/snapshot/snapshot.h"

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

/// What conda-meta claims, for looking for archives; broken files are the verification's to tell.
std::vector<conda::PackageRecord> claimed_records(const std::filesystem::path& prefix) {
  std::vector<conda::PackageRecord> records;
  if (!prefix::is_environment(prefix)) return records;
  for (prefix::InstalledPackage& package : prefix::read_conda_meta(prefix).packages) {
    records.push_back(std::move(package.record));
  }
  return records;
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
  options.archives = packages.archives(request.lock != nullptr ? expected.packages : claimed_records(request.prefix),
                                       expected.wheels, request.fetch);
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
  options.command = request.command;
  return verify::verify(request.prefix, request.lock != nullptr ? &expected : nullptr, options, *session.progress);
}

}  // namespace envlock::tools
