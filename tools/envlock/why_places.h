#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "envlock/lock/lock.h"

namespace envlock::tools {

/// Where the lines stand that a lock was made for: in the environment.yml beside it. A lock keeps no places itself, so
/// that a comment above a line does not change it.
class AskedPlaces {
 public:
  /// Without such a file, or when it cannot be read, nothing is known.
  explicit AskedPlaces(const std::filesystem::path& lock_file);

  /// Of what the reason's chain begins with; absent when no line of the file says just that.
  std::optional<core::SourceSpan> find(const lock::Reason& reason) const;

 private:
  std::vector<conda::Request> requests_;
  lock::PipInput pip_;
};

}  // namespace envlock::tools
