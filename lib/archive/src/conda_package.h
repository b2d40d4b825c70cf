#pragma once

#include "archive_file.h"
#include "envlock/archive/package.h"

namespace envlock::archive {

/// Reads a `.conda`: a zip with "info-NAME.tar.zst" and "pkg-NAME.tar.zst", in any order. Source: CEP 35.
FileDigest read_conda(const ArchiveFile& file, Part part, EntrySink& sink, const Limits& limits, Hashes hashes,
                      Checksums checksums);

}  // namespace envlock::archive
