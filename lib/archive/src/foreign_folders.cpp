#include <algorithm>
#include <system_error>

#include "envlock/archive/package_cache.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::archive {
namespace {

class FolderList {
 public:
  void add(const std::filesystem::path& folder) {
    std::error_code error;
    if (!folder.is_absolute() || !std::filesystem::is_directory(folder, error)) return;
    const std::filesystem::path canonical = std::filesystem::canonical(folder, error);
    if (error || std::find(seen_.begin(), seen_.end(), canonical) != seen_.end()) return;
    seen_.push_back(canonical);
    folders_.push_back(folder);
  }
  void add_below(const char* variable, const char* below) {
    const std::optional<std::string> value = core::environment_variable(variable);
    if (value && !value->empty()) add(std::filesystem::path(*value) / below);
  }
  std::vector<std::filesystem::path> take() { return std::move(folders_); }

 private:
  std::vector<std::filesystem::path> folders_, seen_;
};

}  // namespace

std::vector<std::filesystem::path> foreign_package_folders() {
  FolderList folders;
  // conda parts the list with commas, people with colons, as PATH is.
  std::string list = core::environment_variable("CONDA_PKGS_DIRS").value_or("");
  std::replace(list.begin(), list.end(), ',', ':');
  for (const std::string_view folder : core::split(list, ':')) folders.add(core::trim(folder));
  folders.add_below("CONDA_PREFIX", "pkgs");
  if (const std::optional<std::string> prefix = core::environment_variable("CONDA_PREFIX");
      prefix && !prefix->empty()) {
    // An environment below the installation that made it: INSTALLATION/envs/NAME.
    const std::filesystem::path envs = std::filesystem::path(*prefix).parent_path();
    if (envs.filename() == "envs") folders.add(envs.parent_path() / "pkgs");
  }
  folders.add_below("HOME", ".conda/pkgs");
  folders.add_below("MAMBA_ROOT_PREFIX", "pkgs");
  folders.add_below("HOME", "micromamba/pkgs");
  folders.add_below("HOME", ".cache/rattler/cache/pkgs");
  return folders.take();
}

std::optional<std::filesystem::path> find_archive(const std::vector<std::filesystem::path>& folders,
                                                  std::string_view file_name, const core::Sha256& sha256) {
  if (file_name.empty() || file_name.find_first_of(std::string_view("/\0", 2)) != std::string_view::npos) {
    return std::nullopt;
  }
  for (const std::filesystem::path& folder : folders) {
    std::filesystem::path path = folder / file_name;
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) continue;
    try {
      if (hash_file(path).sha256 == sha256) return path;
    } catch (const core::Error&) {  // NOLINT: an unreadable one is as good as none
    }
  }
  return std::nullopt;
}

}  // namespace envlock::archive
