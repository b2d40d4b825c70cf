#include <algorithm>
#include <system_error>
#include <tuple>

#include "conda_meta_invalid.h"
#include "envlock/core/file.h"
#include "envlock/core/parallel.h"
#include "envlock/core/text.h"
#include "envlock/prefix/conda_meta.h"

namespace envlock::prefix {
namespace {

namespace fs = std::filesystem;

// The largest that is known has some 200,000 paths and 100 MB.
constexpr std::uint64_t kMaxBytes = std::uint64_t{512} << 20;

bool is_meta_name(const std::string& name) {
  return name.ends_with(".json") && !name.starts_with('.');
}

/// Sorted, so that nothing depends on the order of the folder.
std::vector<std::string> meta_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (is_meta_name(name)) names.push_back(std::move(name));
  }
  if (error) {
    throw core::Error({.code = "file-unreadable",
                       .what = "cannot list `" + core::printable(folder.string()) + "`",
                       .why = {error.message()}});
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// What became of one file: a package, or what is wrong with it.
struct Outcome {
  std::optional<InstalledPackage> package;
  std::optional<core::Diagnostic> broken;
};

Outcome read_one(const fs::path& folder, const std::string& name) {
  try {
    std::error_code ignored;
    // A pipe of that name would keep us waiting for ever.
    if (!fs::is_regular_file(folder / name, ignored)) {
      return {std::nullopt, conda_meta_invalid(name, "it is not a file")};
    }
    return {parse_conda_meta(core::read_file(folder / name, kMaxBytes), name), std::nullopt};
  } catch (const core::Error& error) {
    const core::Diagnostic& first = error.diagnostics().front();
    if (first.code == "conda-meta-invalid") return {std::nullopt, first};
    std::string why = first.what;
    if (!first.why.empty()) why += ": " + first.why.front();
    return {std::nullopt, conda_meta_invalid(name, why)};
  }
}

}  // namespace

InstalledPackages read_conda_meta(const fs::path& prefix) {
  const fs::path folder = prefix / "conda-meta";
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    throw core::Error({.code = "no-environment",
                       .what = "`" + core::printable(prefix.string()) + "` is not a conda environment",
                       .why = {"it has no folder `conda-meta`"},
                       .hints = {"name one with `-p PREFIX`, or make it from a lock with `envlock install`"}});
  }
  const std::vector<std::string> names = meta_names(folder);
  std::vector<Outcome> outcomes(names.size());
  core::parallel_for(names.size(), 0, [&](std::size_t i) { outcomes[i] = read_one(folder, names[i]); });
  InstalledPackages installed;
  for (Outcome& outcome : outcomes) {
    if (outcome.package) installed.packages.push_back(std::move(*outcome.package));
    if (outcome.broken) installed.broken.push_back(std::move(*outcome.broken));
  }
  std::sort(installed.packages.begin(), installed.packages.end(),
            [](const InstalledPackage& left, const InstalledPackage& right) {
              return std::tie(left.record.name, left.meta_file) < std::tie(right.record.name, right.meta_file);
            });
  return installed;
}

bool is_environment(const fs::path& prefix) {
  const fs::path folder = prefix / "conda-meta";
  std::error_code error;
  if (fs::exists(fs::symlink_status(folder / "history", error))) return true;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (is_meta_name(entry->path().filename().string())) return true;
  }
  return false;
}

}  // namespace envlock::prefix
