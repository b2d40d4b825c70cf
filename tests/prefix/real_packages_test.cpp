// Every real package that this machine has: its manifest, and each file with a placeholder there and back.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "envlock/archive/package.h"
#include "envlock/core/parallel.h"
#include "envlock/prefix/manifest.h"
#include "envlock/prefix/replacement.h"
#include "support/catch.h"
#include "support/shared_data.h"

using namespace envlock;
using namespace envlock::prefix;

namespace {

struct Content : archive::EntrySink {
  void begin(const archive::Entry& entry) override { at = &files[entry.path]; }
  void data(std::string_view bytes) override { at->append(bytes); }
  void end() override {}

  std::map<std::string, std::string> files;
  std::string* at = nullptr;
};

std::vector<std::filesystem::path> packages_of(const std::filesystem::path& channel) {
  std::vector<std::filesystem::path> packages;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(channel)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".conda" || extension == ".bz2") packages.push_back(entry.path());
  }
  std::sort(packages.begin(), packages.end());
  return packages;
}

std::map<std::string, std::string> info_of(const Content& content) {
  std::map<std::string, std::string> info;
  for (const auto& [path, bytes] : content.files) {
    if (path.starts_with("info/")) info[path.substr(5)] = bytes;
  }
  return info;
}

// What went wrong with a package; empty when nothing did. Catch's own checks are for one thread.
std::string problem_of(const std::filesystem::path& package, std::size_t& placeholders) {
  Content content;
  archive::read_package(package, archive::Part::all, content);
  const Manifest manifest = parse_manifest(info_of(content), package.filename().string());
  const std::vector<std::string> prefixes{"/p", "/opt/some where/env", "/" + std::string(140, 'q')};
  for (const ManifestPath& path : manifest.paths) {
    const auto file = content.files.find(path.path);
    if (file == content.files.end()) return path.path + " is not in the archive";
    if (path.type != PathType::hardlink) continue;
    const std::string& original = file->second;
    if (path.sha256 && core::sha256(original) != *path.sha256) return path.path + " has another hash";
    if (path.size && original.size() != *path.size) return path.path + " has another size";
    if (!path.placeholder) continue;
    ++placeholders;
    for (const std::string& prefix : prefixes) {
      for (const Dialect dialect : {Dialect::conda, Dialect::rattler, Dialect::mamba}) {
        const std::string installed = replace_prefix(original, *path.placeholder, prefix, dialect);
        const auto restored = restore_original(installed, *path.placeholder, prefix, core::sha256(original));
        if (!restored || restored->bytes != original) return path.path + " did not come back from " + prefix;
      }
    }
  }
  return "";
}

}  // namespace

TEST_CASE("every real package is understood, and each of its files comes back from three prefixes") {
  const auto shared = envlock_test::shared_folder();
  if (!shared || !std::filesystem::is_directory(*shared / "data/conda-forge-packages")) {
    std::cout << "skipped: no shared data\n";
    return;
  }
  const std::vector<std::filesystem::path> packages = packages_of(*shared / "data/conda-forge-packages");
  REQUIRE(packages.size() == 83);
  std::vector<std::string> problems(packages.size());
  std::vector<std::size_t> placeholders(packages.size());
  core::parallel_for(packages.size(), 0,
                     [&](std::size_t i) { problems[i] = problem_of(packages[i], placeholders[i]); });
  std::size_t total = 0;
  for (std::size_t i = 0; i < packages.size(); ++i) {
    CAPTURE(packages[i].filename().string());
    CHECK(problems[i] == "");
    total += placeholders[i];
  }
  CHECK(total == 250);
}
