#pragma once

#include <archive.h>

namespace envlock::archive {

/// The functions of libarchive that we use. It is loaded when the first bzip2 or deflate data are met, which .conda
/// packages are without: with its libraries it takes a good part of the time that a program needs to start.
struct ArchiveLibrary {
  decltype(&archive_read_new) read_new;
  decltype(&archive_read_free) read_free;
  decltype(&archive_read_support_filter_bzip2) read_support_filter_bzip2;
  decltype(&archive_read_support_format_raw) read_support_format_raw;
  decltype(&archive_read_support_format_zip_streamable) read_support_format_zip_streamable;
  decltype(&archive_read_open) read_open;
  decltype(&archive_read_next_header) read_next_header;
  decltype(&archive_read_data_block) read_data_block;
  decltype(&archive_filter_code) filter_code;
  decltype(&archive_filter_bytes) filter_bytes;
  decltype(&archive_error_string) error_string;
};

/// Loads it at the first call; may be called from several threads. Throws: core::Error "library-missing".
const ArchiveLibrary& libarchive();

}  // namespace envlock::archive
