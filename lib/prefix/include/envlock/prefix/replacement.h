#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/core/digest.h"
#include "envlock/prefix/manifest.h"

namespace envlock::prefix {

/// The tools do not agree on every byte that replacing a prefix gives.
enum class Dialect { conda, rattler, mamba };

/// `original` with its placeholder replaced by `prefix`, for a Linux or macOS package. Text: every occurrence in UTF-8,
/// UTF-16 and UTF-32 of both orders, and the rules for "#!" lines (docs/formats/prefix.md). Binary: every run from a
/// placeholder to the next NUL, padded with NUL, never longer. Throws: core::Error "prefix-too-long" when a binary's
/// placeholder is shorter than the prefix.
std::string replace_prefix(std::string_view original, const Placeholder& placeholder, std::string_view prefix,
                           Dialect dialect = Dialect::conda);

/// Undoes replace_prefix: the bytes of the package's file behind those that were installed, proved: the result has
/// `original`'s hash and replace_prefix of it gives `installed`, in the dialect named. Absent when no way back is
/// found; then only the archive can tell.
struct Restored {
  std::string bytes;
  Dialect dialect = Dialect::conda;
};
std::optional<Restored> restore_original(std::string_view installed, const Placeholder& placeholder,
                                         std::string_view prefix, const core::Sha256& original);

/// The best guess at the bytes before replacement, not proved: what package_root hashes.
std::string guess_original(std::string_view installed, const Placeholder& placeholder, std::string_view prefix);

/// The dialects whose replace_prefix of `original` gives `installed`; the first that does. Absent: none.
std::optional<Dialect> matching_dialect(std::string_view original, std::string_view installed,
                                        const Placeholder& placeholder, std::string_view prefix);

}  // namespace envlock::prefix
