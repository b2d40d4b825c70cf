#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace envlock::fetch {

/// A file that is being written and that nobody can see yet: it lies in a folder of its own, locked by us, until it is
/// published under its final name or thrown away. The lock is how others tell it from what a killed process left
/// behind.
class PartFile {
 public:
  /// Absent when the folder takes no file; `error` gets errno.
  static std::optional<PartFile> create(const std::filesystem::path& folder, int& error);
  /// Deletes parts in `folder` that no living process holds.
  static void sweep(const std::filesystem::path& folder);

  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&& other) noexcept;
  ~PartFile();

  /// Appends. Gives 0 or errno.
  int write(std::string_view bytes);
  /// Back to an empty file. Gives 0 or errno.
  int restart();
  /// Moves the file to `target`, synced first when `durable`. Gives 0 or errno; on an error the file stays a part.
  int publish(const std::filesystem::path& target, bool durable);

 private:
  PartFile(std::filesystem::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace envlock::fetch
