#pragma once

#include <string>
#include <vector>

#include "planned_file.h"
#include "prefix_folder.h"

namespace envlock::prefix {

/// Unpacks wheels into a folder of the journal, from where their files are moved to their places: a wheel is read once,
/// and never held in memory.
class WheelStage {
 public:
  /// `folder`: open, empty, on the file system of the prefix; `shown`: its path.
  WheelStage(Descriptor folder, std::string shown) : folder_(std::move(folder)), shown_(std::move(shown)) {}

  /// Appends the wheel's files; `bytes` of each is its name in the folder.
  /// Throws: core::Error "disk-full", "prefix-unwritable", and what stream_wheel throws.
  void unpack(const WantedWheel& wheel, const std::string& prefix, const Python& python, std::size_t rank,
              std::vector<PlannedFile>& files);

 private:
  Descriptor folder_;
  std::string shown_;
  std::size_t count_ = 0;
};

}  // namespace envlock::prefix
