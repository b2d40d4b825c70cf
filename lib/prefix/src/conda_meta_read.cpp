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
    std::error_code failure;
    const fs::file_status status = fs::status(folder / name, failure);
    if (!fs::status_known(status)) return {std::nullopt, conda_meta_unreadable(name, failure.message())};
    // A pipe of that name would keep us waiting for ever.
    if (!fs::is_regular_file(status)) return {std::nullopt, conda_meta_invalid(name, "it is not a file")};
    return {parse_conda_meta(core::read_file(folder / name, kMaxBytes), name), std::nullopt};
  } catch (const core::Error& error) {
    const core::Diagnostic& first = error.diagnostics().front();
    if (first.code == "conda-meta-invalid") return {std::nullopt, first};
    const std::string& why = first.why.empty() ? first.what : first.why.front();
    const bool is_unread = first.code == "file-unreadable";
    return {std::nullopt, is_unread ? conda_meta_unreadable(name, why) : conda_meta_invalid(name, why)};
  }
}

/// Throws: see read_conda_meta.
void require_meta_folder(const fs::path& prefix) {
  std::error_code failure;
  const fs::file_status status = fs::status(prefix / "conda-meta", failure);
  if (fs::is_directory(status)) return;
  if (!fs::status_known(status)) {
    throw core::Error({.code = "prefix-unreadable",
                       .what = "`" + core::printable(prefix.string()) + "` cannot be read",
                       .why = {"the system says: " + failure.message()}});
  }
  throw core::Error({.code = "no-environment",
                     .what = "`" + core::printable(prefix.string()) + "` is not a conda environment",
                     .why = {"it has no folder `conda-meta`"},
                     .hints = {"name one with `-p PREFIX`, or make it from a lock with `envlock install`"}});
}

}  // namespace

InstalledPackages read_conda_meta(const fs::path& prefix) {
  const fs::path folder = prefix / "conda-meta";
  require_meta_folder(prefix);
  const std::vector<std::string> names = meta_names(folder);
  std::vector<Outcome> outcomes(names.size());
  core::parallel_for(names.size(), 0, [&](std::size_t i) { outcomes[i] = read_one(folder, names[i]); });
  InstalledPackages installed;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (outcomes[i].package) installed.packages.push_back(std::move(*outcomes[i].package));
    if (!outcomes[i].broken) continue;
    installed.broken.push_back(std::move(*outcomes[i].broken));
    installed.broken_files.push_back(names[i]);
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
