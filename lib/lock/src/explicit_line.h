#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "envlock/core/digest.h"

namespace envlock::lock {

/// A line of an @EXPLICIT file in its parts, as CEP 23 and conda-lock write it.
struct ExplicitLine {
  enum class Kind { nothing, platform, package, pip };
  Kind kind = Kind::nothing;
  std::string_view value;     ///< URL or path; the platform's name
  std::string_view pip_name;  ///< of "# pip NAME @ URL"
  std::string_view hash;      ///< what stands behind '#', which may be no hash
  std::optional<core::Sha256> sha256;
  std::optional<core::Md5> md5;

  /// True when there is a hash that is none.
  bool has_bad_hash() const { return !hash.empty() && !sha256 && !md5; }
};

/// Views into `line`.
ExplicitLine parse_explicit_line(std::string_view line);

}  // namespace envlock::lock
