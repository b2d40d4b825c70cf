#include "found_libraries.h"

#include <algorithm>
#include <map>
#include <set>
#include <system_error>

#include "envlock/core/text.h"
#include "library_names.h"
#include "library_text.h"

namespace envlock::snapshot {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    entries.push_back(entry->path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

/// Folders in which libraries lie, relative to the prefix. Those of wheels: NAME.libs (auditwheel), NAME/.dylibs
/// (delocate), NAME/lib (torch), nvidia/NAME/lib.
std::vector<fs::path> library_folders(const fs::path& prefix, const std::string& site_packages) {
  std::vector<fs::path> folders = {"lib"};
  for (const fs::path& target : entries_of(prefix / "targets")) {
    folders.push_back(fs::path("targets") / target.filename() / "lib");
  }
  if (site_packages.empty()) return folders;
  for (const fs::path& entry : entries_of(prefix / site_packages)) {
    const std::string name = entry.filename().string();
    const fs::path relative = fs::path(site_packages) / name;
    if (name.ends_with(".libs")) folders.push_back(relative);
    for (const char* inner : {".dylibs", "lib"}) folders.push_back(relative / inner);
    if (name == "tensorflow") folders.push_back(relative);
    if (name != "nvidia") continue;
    for (const fs::path& part : entries_of(entry)) folders.push_back(relative / part.filename() / "lib");
  }
  return folders;
}

/// A file that library_file knows.
struct Candidate {
  std::string path;  ///< relative to the prefix
  LibraryFile named;
  std::string real_path;  ///< of the file that it leads to, relative to the prefix; "" when it leaves the prefix
  std::string real_name;  ///< that file's name
};

std::vector<Candidate> find_candidates(const fs::path& prefix, const std::string& site_packages) {
  std::vector<Candidate> candidates;
  std::error_code error;
  const fs::path root = fs::canonical(prefix, error);
  if (error) return candidates;
  for (const fs::path& folder : library_folders(root, site_packages)) {
    for (const fs::path& entry : entries_of(root / folder)) {
      const auto named = library_file(entry.filename().string());
      if (!named) continue;
      const fs::path real = fs::canonical(entry, error);
      if (error || !fs::is_regular_file(real, error)) continue;
      const std::string within = root.string() + "/";
      const bool inside = real.string().starts_with(within);
      candidates.push_back({(folder / entry.filename()).string(), *named,
                            inside ? real.string().substr(within.size()) : "", real.filename().string()});
    }
  }
  return candidates;
}

/// Whose a path is: a conda package before a distribution.
class Owners {
 public:
  struct Owner {
    std::string name;
    std::string version;
  };

  Owners(const std::vector<Candidate>& candidates, const std::vector<prefix::InstalledPackage>& packages,
         const std::vector<prefix::Distribution>& distributions) {
    std::set<std::string> wanted;
    for (const Candidate& candidate : candidates) {
      wanted.insert(candidate.path);
      wanted.insert(candidate.real_path);
    }
    for (const prefix::InstalledPackage& package : packages) {
      for (const prefix::InstalledPath& path : package.paths) {
        if (wanted.count(path.path) > 0)
          owners_.try_emplace(path.path, Owner{package.record.name, package.record.version});
      }
    }
    for (const prefix::Distribution& distribution : distributions) {
      for (const prefix::RecordLine& line : distribution.record) {
        if (wanted.count(line.path) > 0) owners_.try_emplace(line.path, Owner{distribution.name, distribution.version});
      }
    }
  }

  Owner of(const std::string& path) const {
    const auto found = owners_.find(path);
    return found == owners_.end() ? Owner{} : found->second;
  }

 private:
  std::map<std::string, Owner> owners_;
};

/// Several names lead to one file, which is one library for each role that they give it.
class Collection {
 public:
  Collection(const fs::path& prefix, const Owners& owners) : prefix_(prefix), owners_(owners) {}

  void add(const Candidate& candidate) {
    const bool inside = !candidate.real_path.empty();
    const std::string& path = inside ? candidate.real_path : candidate.path;
    const std::string role(candidate.named.kind.role);
    const auto [place, is_new] = libraries_.try_emplace({role, path});
    FoundLibrary& library = place->second;
    if (is_new) library = make(candidate, role, path);
    if (candidate.named.kind.is_interface)
      library.provides.push_back(core::printable(fs::path(candidate.path).filename().string()));
  }

  std::vector<FoundLibrary> take() {
    std::vector<FoundLibrary> all;
    for (auto& [key, library] : libraries_) {
      std::sort(library.provides.begin(), library.provides.end());
      library.provides.erase(std::unique(library.provides.begin(), library.provides.end()), library.provides.end());
      all.push_back(std::move(library));
    }
    return all;
  }

 private:
  FoundLibrary make(const Candidate& candidate, const std::string& role, const std::string& path) {
    Owners::Owner owner = owners_.of(path);
    if (owner.name.empty()) owner = owners_.of(candidate.path);
    // libblas.so.3 is what it leads to.
    LibraryFile file = library_file(candidate.real_name).value_or(candidate.named);
    std::string version;
    if (file.kind.is_interface && !candidate.real_path.empty()) {
      // A BLAS that took the interface's name for its own file.
      version = text_.version_behind(prefix_ / path, "OpenBLAS ");
      if (!version.empty()) file.kind = library_file("libopenblas.so")->kind;
    }
    if (version.empty()) version = version_of(file, owner, candidate.real_path);
    return {role, std::string(file.kind.name), version, core::printable(path), core::printable(owner.name), {}};
  }

  std::string version_of(const LibraryFile& file, const Owners::Owner& owner, const std::string& real_path) {
    // One number alone is the interface's: libcublas.so.12.
    if (file.version.find('.') != std::string::npos) return core::printable(file.version);
    if (is_own_package(file.kind, owner.name)) return core::printable(owner.version);
    if (!file.kind.marker.empty() && !real_path.empty()) {
      const std::string version = text_.version_behind(prefix_ / real_path, file.kind.marker);
      if (!version.empty()) return version;
    }
    return core::printable(file.version);
  }

  const fs::path& prefix_;
  const Owners& owners_;
  LibraryText text_;
  std::map<std::pair<std::string, std::string>, FoundLibrary> libraries_;
};

}  // namespace

std::vector<FoundLibrary> find_libraries(const fs::path& prefix, const std::string& site_packages,
                                         const std::vector<prefix::InstalledPackage>& packages,
                                         const std::vector<prefix::Distribution>& distributions) {
  const std::vector<Candidate> candidates = find_candidates(prefix, site_packages);
  const Owners owners(candidates, packages, distributions);
  Collection collection(prefix, owners);
  for (const Candidate& candidate : candidates) collection.add(candidate);
  return collection.take();
}

}  // namespace envlock::snapshot
