#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace envlock::snapshot {

/// Reads libraries for the versions that they hold as text, so many bytes in all and of each. Nothing is loaded.
class LibraryText {
 public:
  /// The version behind the first `marker` that a digit follows; behind "GCC: (...) " likewise. "" when there is none
  /// in the part that is read, or the file is not a regular one.
  std::string version_behind(const std::filesystem::path& file, std::string_view marker);

 private:
  std::uint64_t bytes_left_ = std::uint64_t{1} << 30;
};

}  // namespace envlock::snapshot
