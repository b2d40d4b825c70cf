#include <utility>

#include "envlock/core/text.h"
#include "envlock/lock/export.h"

namespace envlock::lock {

// The header is the one conda writes, without the version of the program: the same lock gives the same bytes.
std::string format_explicit(const Lock& lock, const LockedPlatform& platform, ExplicitHash hash) {
  std::string text =
      "# This file may be used to create an environment using:\n"
      "# $ conda create --name <env> --file <this file>\n"
      "# platform: " +
      platform.platform.subdir + "\n# created-by: envlock\n@EXPLICIT\n";
  std::vector<core::Diagnostic> missing;
  for (const LockedPackage* package : in_dependency_order(lock, platform)) {
    const conda::PackageRecord& record = package->record;
    text += conda::package_url(record);
    if (hash == ExplicitHash::sha256 && record.sha256) {
      text += "#sha256:" + core::format(*record.sha256);
    } else if (hash == ExplicitHash::md5 && record.md5) {
      text += "#" + core::format(*record.md5);
    } else {
      missing.push_back({.code = "hash-missing",
                         .what = "`" + core::printable(record.file_name) + "` has no " +
                                 (hash == ExplicitHash::md5 ? "md5: its channel publishes none" : "sha256"),
                         .hints = {"export with sha256"}});
    }
    text += '\n';
  }
  if (!missing.empty()) throw core::Error(std::move(missing));
  return text;
}

}  // namespace envlock::lock
