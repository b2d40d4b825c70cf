#include "leaving_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "envlock/core/diagnostic.h"
#include "envlock/core/parallel.h"

namespace envlock::prefix {
namespace {

struct Candidate {
  std::string path;
  bool is_link = false;  // what the package put there
  KnownHashes hashes;
  bool changed = false;
  bool is_there = false;
};

/// The pyc files that Python made of `sources` (sorted), whatever the version and the optimization.
std::vector<std::string> compiled_files(const PrefixFolder& prefix, const std::set<std::string>& sources) {
  std::map<std::string, std::set<std::string>> stems;  // folder -> names without ".py"
  for (const std::string& source : sources) {
    std::string stem(leaf_of(source));
    stem.resize(stem.size() - 3);
    stems[std::string(parent_of(source))].insert(std::move(stem));
  }
  std::vector<std::string> found;
  for (const auto& [folder, names] : stems) {
    const std::string cache = folder.empty() ? "__pycache__" : folder + "/__pycache__";
    const Descriptor opened = prefix.open(cache);
    if (!opened) continue;
    for (const std::string& name : names_in(opened.get())) {
      const std::size_t tag = name.find(".cpython-");
      if (name.ends_with(".pyc") && tag != std::string::npos && names.contains(name.substr(0, tag))) {
        found.push_back(cache + "/" + name);
      }
    }
  }
  return found;
}

void inspect(Cursor& cursor, Candidate& candidate) {
  const std::optional<struct stat> status = cursor.status(candidate.path);
  // A folder in a file's place is nobody's file.
  if (!status || S_ISDIR(status->st_mode)) return;
  candidate.is_there = true;
  if (S_ISLNK(status->st_mode)) {
    candidate.changed = !candidate.is_link && !candidate.hashes.empty();
  } else if (!candidate.hashes.empty()) {
    const std::optional<core::Sha256> hash = hash_in_prefix(cursor, candidate.path);
    candidate.changed =
        !hash || std::find(candidate.hashes.begin(), candidate.hashes.end(), *hash) == candidate.hashes.end();
  } else {
    candidate.changed = candidate.is_link;  // a file where a link was: somebody wrote it
  }
}

class Gathering {
 public:
  Gathering(const PrefixFolder& prefix, const InstalledPackages& installed,
            const std::vector<InstalledPackage>& packages, const std::vector<Distribution>& distributions)
      : prefix_(prefix) {
    for (const InstalledPackage& package : packages) leaving_.insert(package.meta_file);
    for (const InstalledPackage& package : installed.packages) {
      for (const InstalledPath& path : package.paths) {
        if (path.type == InstalledType::softlink || path.type == InstalledType::other) links_.insert(path.path);
      }
    }
    for (const InstalledPackage& package : installed.packages) {
      const bool leaves = leaving_.contains(package.meta_file);
      for (const InstalledPath& path : package.paths) add(path, leaves);
    }
    for (const Distribution& distribution : distributions) add(distribution);
  }

  std::vector<Candidate> finish() {
    std::vector<Candidate> candidates;
    std::set<std::string> sources;
    for (auto& [path, entry] : entries_) {
      if (!entry.leaves || entry.stays) continue;
      if (path.ends_with(".py") && path.size() > 3) sources.insert(path);
      // One unknown among several owners is enough to let it go unasked.
      if (entry.unknown) entry.hashes.clear();
      candidates.push_back({.path = path, .is_link = entry.is_link, .hashes = std::move(entry.hashes)});
    }
    for (std::string& path : compiled_files(prefix_, sources)) {
      if (!entries_.contains(path)) candidates.push_back({.path = std::move(path)});
    }
    for (const std::string& meta_file : leaving_) candidates.push_back({.path = "conda-meta/" + meta_file});
    std::sort(candidates.begin(), candidates.end(), [](auto& a, auto& b) { return a.path < b.path; });
    return candidates;
  }

 private:
  struct Entry {
    bool leaves = false, stays = false, is_link = false, unknown = false;
    KnownHashes hashes;
  };

  void add(const InstalledPath& path, bool leaves) {
    if (path.type == InstalledType::directory) return;
    const std::optional<std::string> place = place_of(path.path);
    if (!place) return;
    Entry& entry = entries_[*place];
    (leaves ? entry.leaves : entry.stays) = true;
    entry.is_link = entry.is_link || path.type == InstalledType::softlink;
    KnownHashes hashes = hashes_of(path);
    entry.unknown = entry.unknown || (hashes.empty() && path.type != InstalledType::softlink);
    entry.hashes.insert(entry.hashes.end(), hashes.begin(), hashes.end());
  }

  void add(const Distribution& distribution) {
    for (const RecordLine& line : distribution.record) {
      const std::optional<std::string> place = place_of(line.path);
      if (!place) continue;
      Entry& entry = entries_[*place];
      entry.leaves = true;
      if (line.sha256) entry.hashes.push_back(*line.sha256);
      entry.unknown = entry.unknown || !line.sha256;
    }
  }

  std::optional<std::string> place_of(const std::string& path) {
    if (!is_safe_path(path)) return std::nullopt;
    try {
      std::string place = places_.file(path);
      // The environment's own records go with their packages, never by name. A package may own "pinned".
      if (place.starts_with("conda-meta/") && place != "conda-meta/pinned") return std::nullopt;
      return place;
    } catch (const core::Error&) {
      return std::nullopt;
    }
  }

  const PrefixFolder& prefix_;
  std::set<std::string> leaving_;
  std::unordered_set<std::string> links_;  // looked up only
  Places places_{&prefix_,
                 {.links = {},
                  .is_owned_link = [this](const std::string& path) { return links_.contains(path); },
                  .leaves = [](const std::string&) { return false; }}};
  std::map<std::string, Entry> entries_;
};

}  // namespace

KnownHashes hashes_of(const InstalledPath& path) {
  if (path.type == InstalledType::pyc_file || path.type == InstalledType::softlink) return {};
  KnownHashes hashes;
  if (path.sha256_in_prefix) hashes.push_back(*path.sha256_in_prefix);
  // conda's own word for a file that was clobbered is the hash in the package.
  if (path.sha256 && !path.placeholder) hashes.push_back(*path.sha256);
  return hashes;
}

std::optional<core::Sha256> hash_in_prefix(Cursor& cursor, const std::string& path) {
  const int folder = cursor.folder_of(path);
  if (folder < 0) return std::nullopt;
  // O_NONBLOCK: a pipe in a file's place must not hold us up.
  const Descriptor file(openat(folder, Cursor::name_of(path).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  core::Sha256Hasher hasher;
  std::string buffer(std::size_t{256} << 10, '\0');
  while (true) {
    const ssize_t got = read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return hasher.finish();
    hasher.update({buffer.data(), static_cast<std::size_t>(got)});
  }
}

LeavingFiles leaving_files(const PrefixFolder& prefix, const InstalledPackages& installed,
                           const std::vector<InstalledPackage>& packages,
                           const std::vector<Distribution>& distributions, std::size_t threads) {
  LeavingFiles leaving;
  if (packages.empty() && distributions.empty()) return leaving;
  std::vector<Candidate> candidates = Gathering(prefix, installed, packages, distributions).finish();
  constexpr std::size_t kBatch = 64;
  core::parallel_for((candidates.size() + kBatch - 1) / kBatch, threads, [&](std::size_t batch) {
    Cursor cursor(prefix);
    for (std::size_t i = batch * kBatch; i < std::min(candidates.size(), (batch + 1) * kBatch); ++i) {
      inspect(cursor, candidates[i]);
    }
  });
  for (const Candidate& candidate : candidates) {
    if (candidate.is_there) leaving.emplace(candidate.path, LeavingFile{candidate.changed});
  }
  return leaving;
}

}  // namespace envlock::prefix
