#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::conda {

/// A conda version literal, kept as written and as its comparable parts.
/// Source: CEP 33.
class Version {
 public:
  Version() = default;  ///< "0"
  /// Throws: core::Error "invalid-version", with the column of the offending character in `where`.
  static Version parse(std::string_view text);
  /// As parse, but absent instead of throwing: for index records, where a bad version only drops the record.
  static std::optional<Version> try_parse(std::string_view text);

  const std::string& text() const { return text_; }

  /// Orders two conda versions. Weak, not strong: 1.0 and 1.0.0 are equivalent, though their text differs.
  /// Order: 1.0.dev1 < 1.0.a1 < 1.0 < 1.0.post1; a missing part counts as 0; case does not matter.
  friend std::weak_ordering operator<=>(const Version& left, const Version& right);
  friend bool operator==(const Version& left, const Version& right) { return (left <=> right) == 0; }

  /// True when `prefix`'s parts begin this version's: 1.8.3 starts with 1.8, 1.80 does not. The meaning of "1.8.*".
  bool starts_with(const Version& prefix) const;
  /// The version without its last part, for "~=": 0.5.3 gives 0.5.
  std::optional<Version> without_last_part() const;

 private:
  // The words of src/version_words.h, the main version's and then the local one's. Nearly every version fits into
  // `near_`: an index holds 100,000 of them, and to compare two must not mean to fetch two more lines of memory.
  static constexpr std::size_t kNear = 10;
  std::string text_ = "0";
  std::array<std::uint32_t, kNear> near_{};
  std::uint16_t size_ = 0;
  std::uint16_t main_size_ = 0;
  std::vector<std::uint32_t> far_;
  friend struct VersionAccess;
};

/// Orders build strings as versions, as mamba does when all else ties ("hecca" > "h5", "pyh" > "py314"); text that is
/// no version falls back to bytes, below every version.
std::weak_ordering compare_as_versions(std::string_view left, std::string_view right);

}  // namespace envlock::conda
