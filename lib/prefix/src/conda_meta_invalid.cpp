#include "conda_meta_invalid.h"

#include "envlock/core/text.h"

namespace envlock::prefix {

core::Diagnostic conda_meta_invalid(const std::string& file, const std::string& why) {
  const bool of_package = file.ends_with(".json");
  return {.code = "conda-meta-invalid",
          .what = "`conda-meta/" + core::printable(file) + "` cannot be understood",
          .why = {why},
          .hints = {of_package ? "remove that file, then `envlock install` puts the package there anew from the lock"
                               : "`envlock install` keeps it aside and writes it anew from the lock"}};
}

core::Diagnostic conda_meta_unreadable(const std::string& file, const std::string& why) {
  return {.code = "file-unreadable",
          .what = "cannot read `conda-meta/" + core::printable(file) + "`",
          .why = {why},
          .hints = {}};
}

}  // namespace envlock::prefix
