#include "envlock/snapshot/roots.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "envlock/core/parallel.h"
#include "envlock/core/text.h"
#include "envlock/prefix/package_root.h"

namespace envlock::snapshot {
namespace {

// "5:numpy,": no text can be mistaken for two.
std::string netstring(std::string_view text) {
  return std::to_string(text.size()) + ":" + std::string(text) + ",";
}

/// What pip, uv, conda and envlock write each in their own way.
bool is_of_installer(std::string_view path, std::string_view folder) {
  if (!path.starts_with(folder) || path.size() <= folder.size() || path[folder.size()] != '/') return false;
  const std::string_view name = path.substr(folder.size() + 1);
  return name == "RECORD" || name == "INSTALLER" || name == "REQUESTED" || name == "direct_url.json" ||
         name == "uv_cache.json" || name == "uv_build.json";
}

bool counts(std::string_view path, const prefix::Distribution& distribution) {
  const bool is_compiled = path.ends_with(".pyc") && path.find("__pycache__/") != std::string_view::npos;
  const bool is_outside = path.empty() || path.starts_with('/') || path == ".." || path.starts_with("../");
  return !is_compiled && !is_outside && !is_of_installer(path, distribution.folder);
}

/// What a leaf says of a path: the hash of a regular file; "?" when there is none; ">" and the size of one that is far
/// larger than RECORD says.
std::string content_of(const std::filesystem::path& path, const std::optional<std::uint64_t>& recorded_bytes) {
  const auto unreadable = [&path]() -> core::Error {
    return core::Error({.code = "file-unreadable",
                        .what = "cannot read `" + core::printable(path.string()) + "`: " + std::strerror(errno),
                        .where = {},
                        .why = {},
                        .hints = {"`--no-roots` does without the bytes of files"}});
  };
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENXIO) return "?";
    throw unreadable();
  }
  struct stat facts {};
  if (fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    close(descriptor);
    return "?";
  }
  const auto size = static_cast<std::uint64_t>(facts.st_size);
  if (recorded_bytes && prefix::is_far_too_large(size, *recorded_bytes)) {
    close(descriptor);
    return ">" + std::to_string(size);
  }
  core::Sha256Hasher hasher;
  std::string block(std::size_t{1} << 20, '\0');
  while (true) {
    const ssize_t count = read(descriptor, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int failed = count < 0 ? errno : 0;
      close(descriptor);
      errno = failed;
      if (failed != 0) throw unreadable();
      return core::format(hasher.finish());
    }
    hasher.update(std::string_view(block.data(), static_cast<std::size_t>(count)));
  }
}

/// By path, each once.
std::vector<const prefix::RecordLine*> counted_lines(const prefix::Distribution& distribution) {
  std::vector<const prefix::RecordLine*> lines;
  for (const prefix::RecordLine& line : distribution.record) {
    if (counts(line.path, distribution)) lines.push_back(&line);
  }
  std::stable_sort(lines.begin(), lines.end(), [](const auto* a, const auto* b) { return a->path < b->path; });
  const auto is_same = [](const auto* a, const auto* b) { return a->path == b->path; };
  lines.erase(std::unique(lines.begin(), lines.end(), is_same), lines.end());
  return lines;
}

/// One file of one distribution.
struct Task {
  std::size_t distribution;
  std::size_t leaf;
  const prefix::RecordLine* line;
};

std::string leaf_of(const std::filesystem::path& prefix, const prefix::RecordLine& line) {
  // A script names its interpreter by the prefix.
  if (line.path.starts_with("bin/")) return netstring(line.path) + "-";
  return netstring(line.path) + content_of(prefix / line.path, line.size);
}

}  // namespace

std::vector<std::optional<core::Sha256>> distribution_roots(const std::filesystem::path& prefix,
                                                            const std::vector<prefix::Distribution>& distributions) {
  std::vector<std::vector<std::string>> leaves(distributions.size());
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < distributions.size(); ++i) {
    if (distributions[i].editable || !distributions[i].has_record) continue;
    const std::vector<const prefix::RecordLine*> lines = counted_lines(distributions[i]);
    leaves[i].resize(lines.size());
    for (std::size_t j = 0; j < lines.size(); ++j) tasks.push_back({i, j, lines[j]});
  }
  core::parallel_for(tasks.size(), 0, [&](std::size_t i) {
    leaves[tasks[i].distribution][tasks[i].leaf] = leaf_of(prefix, *tasks[i].line);
  });
  std::vector<std::optional<core::Sha256>> roots(distributions.size());
  for (std::size_t i = 0; i < distributions.size(); ++i) {
    if (distributions[i].editable || !distributions[i].has_record) continue;
    roots[i] = core::sha256("envlock distribution root 1\n" + core::join(leaves[i], "\n"));
  }
  return roots;
}

std::optional<core::Sha256> environment_root(const std::vector<SnapshotPackage>& packages) {
  std::string text = "envlock environment root 1\n";
  for (const SnapshotPackage& package : packages) {
    if (!package.root) return std::nullopt;
    const char* kind = package.kind == SnapshotPackage::Kind::conda ? "conda" : "pypi";
    text += netstring(kind) + netstring(package.name) + netstring(package.version) + netstring(package.build) +
            core::format(*package.root) + "\n";
  }
  return core::sha256(text);
}

}  // namespace envlock::snapshot
