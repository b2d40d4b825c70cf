#pragma once

#include <filesystem>
#include <optional>

namespace envlock::archive {

/// A folder in which something is put together before others may see it, locked while we live. The lock is how others
/// tell it from what a killed process left behind.
class WorkFolder {
 public:
  /// Makes one in `parent`. Absent when it takes none; `error` gets errno.
  static std::optional<WorkFolder> create(const std::filesystem::path& parent, int& error);
  /// Removes those in `parent` that no living process holds.
  static void sweep(const std::filesystem::path& parent);

  WorkFolder(WorkFolder&& other) noexcept;
  WorkFolder& operator=(WorkFolder&& other) noexcept;
  ~WorkFolder();  ///< removes what is still there

  const std::filesystem::path& path() const { return path_; }
  int descriptor() const { return descriptor_; }
  /// Gives the folder its final name. 0 or errno; on an error it stays where it is.
  int publish(const std::filesystem::path& target);

 private:
  WorkFolder(std::filesystem::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::filesystem::path path_;
  int descriptor_ = -1;
  bool published_ = false;
};

}  // namespace envlock::archive
