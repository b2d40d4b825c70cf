#include "envlock/prefix/package_root.h"

#include <algorithm>
#include <utility>

#include "envlock/core/parallel.h"
#include "package_root_leaf.h"

namespace envlock::prefix {

namespace {

// A path of the tree, and where its leaf goes.
struct Task {
  std::size_t package;
  std::size_t leaf;
  const InstalledPath* path;
};

// Compiled modules are made where they are used, and directories are noted by some tools alone.
bool is_left_out(const InstalledPath& path) {
  const bool seems_compiled = path.path.ends_with(".pyc") && path.path.find("__pycache__/") != std::string::npos;
  return path.type == InstalledType::pyc_file || path.type == InstalledType::directory ||
         (path.type == InstalledType::other && seems_compiled);
}

// Those that count, by path.
std::vector<const InstalledPath*> counted_paths(const InstalledPackage& package) {
  std::vector<const InstalledPath*> paths;
  for (const InstalledPath& path : package.paths) {
    if (!is_left_out(path)) paths.push_back(&path);
  }
  std::stable_sort(paths.begin(), paths.end(), [](const auto* a, const auto* b) { return a->path < b->path; });
  return paths;
}

// RFC 6962: the left part is the largest power of two that leaves something to the right.
core::Sha256 tree_hash(const std::vector<Leaf>& leaves, std::size_t begin, std::size_t end) {
  if (begin == end) return {};
  if (end - begin == 1) return leaves[begin].hash;
  std::size_t left = 1;
  while (left * 2 < end - begin) left *= 2;
  return node_hash(tree_hash(leaves, begin, begin + left), tree_hash(leaves, begin + left, end));
}

PackageRoot root_of(const std::vector<Leaf>& leaves) {
  PackageRoot root;
  for (const Leaf& leaf : leaves) {
    root.bytes += leaf.bytes;
    if (leaf.missing) root.missing.push_back(leaf.path);
    if (leaf.giant) root.giants.push_back(leaf.path);
  }
  root.root = root_hash(leaves.size(), tree_hash(leaves, 0, leaves.size()));
  return root;
}

}  // namespace

std::vector<PackageRoot> package_roots(const std::filesystem::path& prefix,
                                       const std::vector<InstalledPackage>& packages, std::size_t threads) {
  const std::optional<Python> python = python_of(packages);
  std::vector<std::vector<Leaf>> leaves(packages.size());
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < packages.size(); ++i) {
    const std::vector<const InstalledPath*> paths = counted_paths(packages[i]);
    leaves[i].resize(paths.size());
    for (std::size_t j = 0; j < paths.size(); ++j) tasks.push_back({.package = i, .leaf = j, .path = paths[j]});
  }
  // Large files first, so that the last thread does not begin one when the others are done.
  std::stable_sort(tasks.begin(), tasks.end(),
                   [](const Task& a, const Task& b) { return a.path->size.value_or(0) > b.path->size.value_or(0); });
  LeafReader reader(prefix, python);
  core::parallel_for(tasks.size(), threads,
                     [&](std::size_t i) { leaves[tasks[i].package][tasks[i].leaf] = reader.read(*tasks[i].path); });
  std::vector<PackageRoot> roots;
  for (const std::vector<Leaf>& of_package : leaves) roots.push_back(root_of(of_package));
  return roots;
}

PackageRoot package_root(const std::filesystem::path& prefix, const InstalledPackage& package,
                         const std::optional<Python>& python) {
  LeafReader reader(prefix, python);
  std::vector<Leaf> leaves;
  for (const InstalledPath* path : counted_paths(package)) leaves.push_back(reader.read(*path));
  return root_of(leaves);
}

bool is_far_too_large(std::uint64_t have_bytes, std::uint64_t size_bytes) {
  constexpr std::uint64_t kTimes = 4;
  constexpr std::uint64_t kSlack = std::uint64_t{64} << 20;
  return have_bytes / kTimes > size_bytes && have_bytes / kTimes - size_bytes > kSlack;
}

std::optional<std::uint64_t> largest_size(const InstalledPath& path) {
  // Of the scripts that installers write themselves some tools tell no size.
  constexpr std::uint64_t kLargestScript = std::uint64_t{1} << 20;
  if (path.type == InstalledType::entry_point) return std::max(path.size.value_or(0), kLargestScript);
  if (!path.size || !path.placeholder || path.placeholder->mode == FileMode::binary) return path.size;
  // A text may be placeholders from end to end, each of which becomes a path as long as the system takes.
  constexpr std::uint64_t kLongestPath = 4096;
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
  const std::uint64_t growth = 1 + kLongestPath / std::max<std::uint64_t>(path.placeholder->text.size(), 1);
  return std::min(*path.size, kMost) * growth;
}

std::optional<Python> python_of(const std::vector<InstalledPackage>& packages) {
  const auto found = std::find_if(packages.begin(), packages.end(),
                                  [](const InstalledPackage& package) { return package.record.name == "python"; });
  if (found == packages.end()) return std::nullopt;
  return python_of(found->record.version, found->record.python_site_packages_path);
}

}  // namespace envlock::prefix
