#include "plan_folders.h"

#include <algorithm>
#include <optional>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::prefix {
namespace {

/// `path` and all folders above it, until one that is known already.
void add_with_parents(std::string_view path, std::set<std::string>& folders) {
  while (!path.empty() && folders.emplace(path).second) path = parent_of(path);
}

std::int64_t nanoseconds(const struct timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

Journal::Folder folder_of(const std::string& path, const struct stat& status) {
  return {path, status.st_mode & 07777u, nanoseconds(status.st_mtim)};
}

void check_no_file_in_place(const std::set<std::string>& needed, const std::vector<PlannedFile>& files) {
  for (const std::string& folder : needed) {
    const auto file =
        std::lower_bound(files.begin(), files.end(), folder,
                         [](const PlannedFile& left, const std::string& path) { return left.path < path; });
    if (file == files.end() || file->path != folder) continue;
    throw core::Error({.code = "clobber",
                       .what = "one package has a file at `" + core::printable(folder) + "`, another one a folder",
                       .hints = {"take one of the two packages out of the environment"}});
  }
}

}  // namespace

PlannedFolders plan_folders(const PrefixFolder& prefix, const LeavingFiles& leaving,
                            const std::vector<PlannedFile>& files, const std::vector<std::string>& wanted,
                            const std::set<std::string>& staying) {
  PlannedFolders planned;
  std::set<std::string> needed;
  for (const PlannedFile& file : files) add_with_parents(parent_of(file.path), needed);
  for (const std::string& folder : wanted) add_with_parents(folder, needed);
  check_no_file_in_place(needed, files);

  std::set<std::string> kept = needed, candidates;
  for (const std::string& folder : staying) add_with_parents(folder, kept);
  kept.insert("conda-meta");
  for (const auto& [path, file] : leaving) add_with_parents(parent_of(path), candidates);

  // Inner folders sort behind outer ones, so that backwards they are emptied first.
  Cursor cursor(prefix);
  for (auto path = candidates.rbegin(); path != candidates.rend(); ++path) {
    if (kept.contains(*path)) continue;
    const Descriptor folder = prefix.open(*path);
    struct stat status {};
    if (!folder || fstat(folder.get(), &status) != 0) continue;
    const std::vector<std::string> names = names_in(folder.get());
    const bool empties = std::all_of(names.begin(), names.end(), [&](const std::string& name) {
      const auto file = leaving.find(*path + "/" + name);
      return (file != leaving.end() && !file->second.changed) || planned.is_removed(*path + "/" + name);
    });
    if (!empties) continue;
    planned.removed.push_back(folder_of(*path, status));
    planned.gone_.insert(*path);
  }

  std::set<std::string> touched;
  for (const std::string& path : needed) {
    const std::string parent(parent_of(path));
    std::optional<struct stat> status;
    if (!planned.is_new(parent)) status = cursor.status(path);
    if (status && S_ISDIR(status->st_mode)) {
      touched.insert(path);
    } else if (!status || leaving.contains(path)) {
      planned.created.push_back(path);
      planned.new_.insert(path);
    } else {
      throw core::Error(
          {.code = "clobber",
           .what = "a folder must be at `" + core::printable(path) + "`, but something else is there",
           .hints = {"move `" + core::printable(path) + "` out of the prefix, then run the same command again"}});
    }
  }
  for (const std::string& path : candidates) {
    if (!planned.is_removed(path)) touched.insert(path);
  }
  // Those of packages that stay get the time of the new target as well, as if all had come at once.
  for (const std::string& path : kept) {
    if (!planned.is_new(path) && path != "conda-meta") touched.insert(path);
  }
  for (const std::string& path : touched) {
    const std::optional<struct stat> status = cursor.status(path);
    if (status && S_ISDIR(status->st_mode)) planned.touched.push_back(folder_of(path, *status));
  }
  return planned;
}

}  // namespace envlock::prefix
