#include "conda_meta_invalid.h"

#include "envlock/core/text.h"

namespace envlock::prefix {

core::Diagnostic conda_meta_invalid(const std::string& file, const std::string& why) {
  return {.code = "conda-meta-invalid",
          .what = "`conda-meta/" + core::printable(file) + "` cannot be understood",
          .why = {why},
          .hints = {"reinstall the package with the tool that made the environment, or make the environment anew from "
                    "its lock with `envlock install`"}};
}

core::Diagnostic conda_meta_unreadable(const std::string& file, const std::string& why) {
  return {.code = "file-unreadable",
          .what = "cannot read `conda-meta/" + core::printable(file) + "`",
          .why = {why},
          .hints = {}};
}

}  // namespace envlock::prefix
