#pragma once

#include "envlock/archive/package_cache.h"

struct stat;

namespace envlock::archive {

FileStamp stamp_of(const struct stat& status);

}  // namespace envlock::archive
