#include "bound_files.h"

#include <algorithm>

#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"
#include "envlock/prefix/replacement.h"

namespace envlock::tools {
namespace {

struct Owner {
  const prefix::InstalledPackage* package = nullptr;
  const prefix::InstalledPath* path = nullptr;
};

Owner owner_of(const std::string& path, const std::vector<prefix::InstalledPackage>& packages) {
  for (const prefix::InstalledPackage& package : packages) {
    const auto found = std::lower_bound(
        package.paths.begin(), package.paths.end(), path,
        [](const prefix::InstalledPath& each, const std::string& wanted) { return each.path < wanted; });
    if (found != package.paths.end() && found->path == path) return {&package, &*found};
  }
  return {};
}

}  // namespace

std::vector<probe::BoundFile> bind_files(const std::vector<probe::MappedFile>& mapped,
                                         const std::filesystem::path& prefix,
                                         const std::vector<prefix::InstalledPackage>& packages) {
  std::vector<probe::BoundFile> files;
  for (const probe::MappedFile& file : mapped) {
    if (file.outside) continue;
    const Owner owner = owner_of(file.path, packages);
    probe::BoundFile bound{.package = owner.package == nullptr ? "" : owner.package->record.name,
                           .path = file.path,
                           .content = file.sha256};
    if (owner.path != nullptr && owner.path->placeholder) {
      try {
        const std::string bytes = core::read_file(prefix / file.path);
        bound.content = core::sha256(prefix::guess_original(bytes, *owner.path->placeholder, prefix.string()));
      } catch (const core::Error&) {
        // It was there when it was mapped: the digest of its bytes as they are has to do.
      }
    }
    files.push_back(std::move(bound));
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

}  // namespace envlock::tools
