#pragma once

#include <zlib.h>

namespace envlock::pypi {

/// The functions of zlib. It is loaded when the first wheel or source distribution is looked into, which few runs do.
struct ZlibLibrary {
  decltype(&::inflateInit2_) inflate_init;
  decltype(&::inflate) inflate_some;
  decltype(&::inflateEnd) inflate_end;
  decltype(&::crc32_z) crc32;
};

/// Loads it at the first call; may be called from several threads. Throws: core::Error "library-missing".
const ZlibLibrary& zlib();

}  // namespace envlock::pypi
