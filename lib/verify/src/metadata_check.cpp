#include "metadata_check.h"

#include <map>
#include <optional>
#include <string>

namespace envlock::verify {
namespace {

struct Disagreements {
  std::vector<std::string> not_shipped, not_named, other_hash;

  bool empty() const { return not_shipped.empty() && not_named.empty() && other_hash.empty(); }
};

/// The hash that a path has on disk, where that was proved.
std::optional<core::Sha256> proved_hash(const WantedPath& wanted, const Tree& tree, const HashStore& hashes) {
  if (wanted.replaced) return wanted.replaced_sha256;
  const Node* node = tree.resolve(wanted.path);
  const Hashed* hashed = node == nullptr ? nullptr : hashes.find(*node);
  return hashed != nullptr && wanted.sha256 && hashed->sha256 == wanted.sha256 ? wanted.sha256 : std::nullopt;
}

/// Installers give a file another name when two packages ship it, and say so in conda-meta.
std::string without_clobber(const std::string& path) {
  return path.substr(0, path.find("__clobber-from-"));
}

Disagreements compare(const CheckedPackage& package, const Tree& tree, const HashStore& hashes) {
  Disagreements found;
  std::map<std::string, const WantedPath*> wanted;
  for (const WantedPath& path : package.layout.paths) wanted[path.path] = &path;
  std::map<std::string, bool> named;
  for (const prefix::InstalledPath& claim : package.subject.installed->paths) {
    const std::string path = without_clobber(claim.path);
    named[path] = true;
    const auto known = wanted.find(path);
    if (known == wanted.end()) {
      const bool is_compiled = path.size() > 4 && path.compare(path.size() - 4, 4, ".pyc") == 0;
      if (!is_compiled && claim.type != prefix::InstalledType::directory) found.not_shipped.push_back(path);
      continue;
    }
    const WantedPath& proved = *known->second;
    if (proved.kind != WantedKind::file || claim.path != path) continue;
    const auto& original = proved.placeholder ? proved.original : proved.sha256;
    const auto on_disk = proved_hash(proved, tree, hashes);
    const bool other_original = claim.sha256 && original && claim.sha256 != original;
    const bool other_installed = claim.sha256_in_prefix && on_disk && claim.sha256_in_prefix != on_disk;
    if (other_original || other_installed) found.other_hash.push_back(path);
  }
  for (const auto& [path, proved] : wanted) {
    if (proved->kind != WantedKind::directory && named.count(path) == 0) found.not_named.push_back(path);
  }
  return found;
}

}  // namespace

void check_metadata(const std::vector<CheckedPackage>& packages, const Tree& tree, const HashStore& hashes,
                    std::vector<Finding>& findings) {
  for (const CheckedPackage& package : packages) {
    const bool is_proved = package.subject.role == Role::hold && package.layout.proof == Proof::archive;
    if (!is_proved || package.subject.installed == nullptr) continue;
    const Disagreements found = compare(package, tree, hashes);
    if (found.empty()) continue;
    std::vector<std::string> why;
    const auto tell = [&](const std::vector<std::string>& paths, const std::string& words) {
      if (!paths.empty()) why.push_back(count_of(paths.size(), "path") + " " + words + ": " + few_of(paths));
    };
    tell(found.other_hash, "with another hash than the proved one");
    tell(found.not_shipped, "that the package does not ship");
    tell(found.not_named, "of the package that it does not name");
    why.push_back("the files themselves were held against the package; tools that believe conda-meta are misled");
    findings.push_back({.weight = Weight::note,
                        .group = Group::metadata,
                        .package = package.subject.record.name,
                        .path = "conda-meta/" + package.subject.installed->meta_file,
                        .diagnostic = {.code = "conda-meta-differs",
                                       .what = "conda-meta tells another story of " +
                                               in_quotes(package.subject.record.name) + " than its archive",
                                       .where = {},
                                       .why = std::move(why),
                                       .hints = {}},
                        .count = found.other_hash.size() + found.not_shipped.size() + found.not_named.size()});
  }
}

}  // namespace envlock::verify
