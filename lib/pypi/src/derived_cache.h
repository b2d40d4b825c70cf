#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "envlock/core/file.h"

namespace envlock::pypi {

/// Small files that were made from what was fetched, and can be made again: nothing is lost with them. A file is whole
/// or counts as none; many processes may use one folder. Source: docs/formats/pypi-cache.md.
class DerivedCache {
 public:
  /// An empty folder: nothing is kept.
  explicit DerivedCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// What was written, as long as its file is mapped.
  struct Found {
    core::MappedFile file;
    std::string_view bytes;
  };
  /// What was written under this kind ("pages") and key.
  std::optional<Found> read(const std::string& kind, const std::string& key) const;
  /// Replaces what is there. A failure costs the same work next time and nothing else.
  void write(const std::string& kind, const std::string& key, std::string_view bytes) const;

 private:
  std::filesystem::path path_of(const std::string& kind, const std::string& key) const;
  std::filesystem::path folder_;
};

}  // namespace envlock::pypi
