#include "entry_tree.h"

#include <vector>

#include "entry_path.h"
#include "envlock/core/text.h"

namespace envlock::archive {

std::string EntryTree::add_folders(std::string_view folder) {
  if (folder.empty() || folder == last_folder_) return "";
  for (std::size_t end = folder.find('/');; end = folder.find('/', end + 1)) {
    const std::string_view ancestor = folder.substr(0, end);
    const auto found = places_.find(ancestor);
    if (found == places_.end()) {
      places_.emplace(ancestor, Place{});
    } else if (found->second.node == Node::file) {
      return "it lies below `" + core::printable(ancestor) + "`, which is a file";
    } else if (found->second.node == Node::symlink) {
      return "it lies below `" + core::printable(ancestor) + "`, which is a symlink";
    }
    if (end == std::string_view::npos) break;
  }
  last_folder_ = folder;
  return "";
}

std::string EntryTree::add(const Entry& entry) {
  if (std::string wrong = add_folders(folder_of(entry.path)); !wrong.empty()) return wrong;
  Place place{.node = Node::folder, .size = entry.size};
  if (entry.kind == EntryKind::file) place.node = Node::file;
  if (entry.kind == EntryKind::symlink) {
    place.node = Node::symlink;
    place.target = entry.link_target;
  }
  const auto [found, added] = places_.try_emplace(entry.path, std::move(place));
  if (added) return "";
  if (found->second.node != Node::implied_folder) return "the archive has two entries of this path";
  if (entry.kind != EntryKind::directory) return "the archive has another entry below this path";
  found->second.node = Node::folder;
  return "";
}

bool EntryTree::has_folder_entry(std::string_view path) const {
  const auto found = places_.find(path);
  return found != places_.end() && found->second.node == Node::folder;
}

const std::uint64_t* EntryTree::file_size(std::string_view path) const {
  const auto found = places_.find(path);
  return found != places_.end() && found->second.node == Node::file ? &found->second.size : nullptr;
}

std::string EntryTree::follow(std::string_view path, std::uint64_t& steps) const {
  constexpr int kMostHops = 40;         // as the system's
  std::vector<std::string_view> to_do;  // the next part last
  std::vector<std::size_t> starts;      // where the parts of `at` begin
  std::string at;
  const auto push = [&](std::string_view parts) {
    const std::vector<std::string_view> all = core::split(parts, '/');
    to_do.insert(to_do.end(), all.rbegin(), all.rend());
  };
  push(path);
  for (int hops = 0; !to_do.empty(); ++steps) {
    const std::string_view part = to_do.back();
    to_do.pop_back();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (starts.empty()) return "the symlink leads outside the package through another symlink";
      at.resize(starts.back());
      starts.pop_back();
      continue;
    }
    starts.push_back(at.size());
    if (!at.empty()) at += '/';
    at += part;
    const auto found = places_.find(at);
    if (found == places_.end() || found->second.node != Node::symlink) continue;
    // A chain that the system would not follow leads nowhere.
    if (++hops > kMostHops) return "";
    at.resize(starts.back());
    starts.pop_back();
    push(found->second.target);
  }
  return "";
}

}  // namespace envlock::archive
