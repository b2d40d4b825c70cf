#include "archive_library.h"

#include "envlock/core/shared_library.h"

namespace envlock::archive {
namespace {

ArchiveLibrary load() {
  const core::SharedLibrary library("libarchive.so.13", "to unpack bzip2 and zip");
  ArchiveLibrary functions{};
  library.find("archive_read_new", functions.read_new);
  library.find("archive_read_free", functions.read_free);
  library.find("archive_read_support_filter_bzip2", functions.read_support_filter_bzip2);
  library.find("archive_read_support_format_raw", functions.read_support_format_raw);
  library.find("archive_read_support_format_zip_streamable", functions.read_support_format_zip_streamable);
  library.find("archive_read_open", functions.read_open);
  library.find("archive_read_next_header", functions.read_next_header);
  library.find("archive_read_data_block", functions.read_data_block);
  library.find("archive_filter_code", functions.filter_code);
  library.find("archive_filter_bytes", functions.filter_bytes);
  library.find("archive_error_string", functions.error_string);
  return functions;
}

}  // namespace

const ArchiveLibrary& libarchive() {
  static const ArchiveLibrary functions = load();
  return functions;
}

}  // namespace envlock::archive
