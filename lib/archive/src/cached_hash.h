#pragma once

#include <utility>

#include "envlock/archive/cache_cursor.h"
#include "envlock/archive/package_cache.h"

namespace envlock::archive {

/// Whether a cached file has the bytes that were unpacked.
bool has_hash(const UnpackedFile& file, const CacheCursor& at);
/// The same of two, which takes hardly longer.
std::pair<bool, bool> have_hashes(const UnpackedFile& first, const CacheCursor& first_at, const UnpackedFile& second,
                                  const CacheCursor& second_at);

}  // namespace envlock::archive
