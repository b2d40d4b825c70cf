#pragma once

#include <filesystem>
#include <mutex>
#include <string_view>

#include "envlock/core/digest.h"
#include "work_folder.h"

namespace envlock::archive {

/// Writes a new file. Gives 0 or errno.
int write_new_file(const std::filesystem::path& path, std::string_view bytes);
/// Throws: core::Error "cache-unwritable", "disk-full".
void make_folders(const std::filesystem::path& folder);

/// The folders of a package cache: one for every package, and `tmp` to work in. Any number of threads.
class PackageStore {
 public:
  explicit PackageStore(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path folder_of(const core::Sha256& package) const;

  /// All that throw: core::Error "cache-unwritable", "disk-full".
  WorkFolder begin_work();
  /// Moves the package out of sight; what it held goes with the work folder.
  void discard(const core::Sha256& package);

 private:
  /// Makes the folders, and clears away once a process what killed ones left.
  void prepare();
  std::filesystem::path work() const { return root_ / "tmp"; }

  std::filesystem::path root_;
  std::mutex mutex_;
  bool prepared_ = false;
};

}  // namespace envlock::archive
