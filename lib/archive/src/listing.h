#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/archive/package_cache.h"

// Two files stand beside the unpacked ones. `listing` says what was unpacked and never changes. `stamps` says when the
// files were last known to be right, and is replaced whenever links are made; it belongs to one listing, and without
// it every file is hashed. Both are binary, little endian, and end with the SHA-256 of all their bytes before it:
// docs/formats/package-cache.md.

namespace envlock::archive {

/// The package's listing, without `folder` and the stamps. Order: as `files`.
std::string format_listing(const Unpacked& package);
/// Absent when the bytes are no whole listing of this version, or hold a name that could lead outside.
std::optional<Unpacked> parse_listing(std::string_view bytes);

/// The checksum that a listing ends with. The stamps are bound to it.
core::Sha256 identity_of(std::string_view listing);

/// The stamps of a package's files, in the order of the listing.
std::string format_stamps(const core::Sha256& listing, const std::vector<FileStamp>& stamps);
/// Fills in the stamps. False when the bytes are not whole, or belong to another listing.
bool parse_stamps(std::string_view bytes, const core::Sha256& listing, std::vector<UnpackedFile>& files);

}  // namespace envlock::archive
