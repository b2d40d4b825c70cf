#pragma once

#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"

namespace envlock::report {

/// One document that `envlock export` made.
struct ExportedFile {
  std::string platform;  ///< "" when it is for all
  std::string file;      ///< where it was written; "" for none
  std::string content;   ///< in the JSON document only when no file was written
};

/// The document of `envlock export --json`. `format` is "explicit" or "conda-lock".
std::string json_export(const std::string& format, const std::string& lock_file, const std::vector<ExportedFile>& files,
                        const std::vector<core::Note>& notes);

}  // namespace envlock::report
