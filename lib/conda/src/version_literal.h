#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "envlock/conda/version.h"
#include "version_words.h"

namespace envlock::conda {

/// A version literal taken apart.
struct VersionLiteral {
  words::Row row;             ///< the main version, then the local one
  std::size_t main_size = 0;  ///< how many words are the main version
  std::size_t column = 0;     ///< when it is no version: the 0-based place ...
  const char* why = nullptr;  ///< ... and the reason

  /// False when `text`, without white space around it, is no version.
  bool parse(std::string_view text);

 private:
  bool fail(std::size_t at, const char* reason);
  bool segments(std::string_view text, std::size_t first, std::size_t last, bool may_end_in_underscore);
};

/// True when a version begins with `prefix`, whose text ends in a digit or not.
bool starts_with(std::span<const std::uint32_t> main, std::span<const std::uint32_t> local,
                 std::span<const std::uint32_t> prefix, std::span<const std::uint32_t> prefix_local,
                 bool ends_in_number);

/// What is left of a version literal when its last part is cut off; empty when it has but one.
std::string_view without_last_part(std::string_view literal);

/// The words of a Version, for this room.
struct VersionAccess {
  static void assign(Version& version, std::string_view text, const VersionLiteral& literal);
  static std::span<const std::uint32_t> all(const Version& version) {
    return {version.far_.empty() ? version.near_.data() : version.far_.data(), version.size_};
  }
  static std::span<const std::uint32_t> main(const Version& version) { return all(version).first(version.main_size_); }
  static std::span<const std::uint32_t> local(const Version& version) {
    return all(version).subspan(version.main_size_);
  }
};

}  // namespace envlock::conda
