#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "byte_source.h"
#include "envlock/core/diagnostic.h"
#include "slice_table.h"

namespace envlock::channel {

struct SliceOptions {
  std::string label;  ///< "conda-forge/linux-64", for messages
  std::function<void(std::uint64_t done_bytes)> progress;
  std::size_t buffer_bytes = std::size_t{1} << 20;
};

/// Streams a repodata document (CEP 36, CEP 48) once and finds where each record lies; holds one buffer, not the
/// document. Only the outline is parsed: the inside of a record is skipped, and read when a closure needs it. Throws:
/// core::Error "repodata-invalid" with the byte offset when the outline is wrong or the document ends early.
SliceTable slice_repodata(ByteSource& source, const SliceOptions& options);

/// The same for a document whose bytes are in memory.
SliceTable slice_repodata(std::string_view document, const std::string& label);

/// "repodata-invalid" for the document of `label`.
core::Error invalid_repodata(const std::string& label, std::uint64_t offset, const std::string& reason);

/// The package name a key stands for, lower case; empty when the key is no plain package file name. `key` lacks its
/// extension in the v3 sections.
std::string_view name_of_key(std::string_view key, Section section, std::string& buffer);

}  // namespace envlock::channel
