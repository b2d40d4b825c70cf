#include "places.h"

#include <fcntl.h>

#include <utility>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::prefix {
namespace {

constexpr int kMaxLinks = 40;  // as Linux has it

[[noreturn]] void throw_in_the_way(const std::string& path, std::string why, std::string hint) {
  throw core::Error({.code = "clobber",
                     .what = "a folder must be at `" + core::printable(path) + "`, but something else is there",
                     .why = {std::move(why)},
                     .hints = {std::move(hint)}});
}

std::string joined(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string(name) : folder + "/" + std::string(name);
}

}  // namespace

std::optional<std::string> join_link(std::string_view folder, std::string_view target) {
  if (target.empty() || target.front() == '/') return std::nullopt;
  std::vector<std::string_view> parts;
  if (!folder.empty()) parts = core::split(folder, '/');
  for (const std::string_view part : core::split(target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (parts.empty()) {
      return std::nullopt;
    } else {
      parts.pop_back();
    }
  }
  std::string path;
  for (const std::string_view part : parts) path = joined(path, part);
  return path;
}

Places::Places(const PrefixFolder* disk, Rules rules) : disk_(disk), rules_(std::move(rules)) {
  if (disk_ != nullptr) cursor_.emplace(*disk_);
}

std::string Places::file(std::string_view path) {
  return joined(folder(parent_of(path)).path, leaf_of(path));
}

void Places::settle(std::string& path) {
  const std::string_view parent = parent_of(path);
  if (last_folder_ == nullptr || parent != last_parent_) {
    last_folder_ = &folder(parent);
    last_parent_ = parent;
  }
  if (last_folder_->path != parent) path = joined(last_folder_->path, leaf_of(path));
}

const Places::Folder& Places::look_up(const std::string& path, int depth) {
  if (const auto known = known_.find(path); known != known_.end()) return known->second;
  Folder found = find(path, depth);
  return known_.emplace(path, std::move(found)).first->second;
}

Places::Folder Places::find(const std::string& path, int depth) {
  if (path.empty()) return {"", true};
  const Folder parent = look_up(std::string(parent_of(path)), depth);
  const std::string place = joined(parent.path, leaf_of(path));
  if (const auto link = rules_.links.find(place); link != rules_.links.end()) return follow(place, link->second, depth);
  if (!parent.exists) return {place, false};
  if (!cursor_) return {place, place == "conda-meta"};
  const std::optional<struct stat> status = cursor_->status(place);
  if (!status || rules_.leaves(place)) return {place, false};
  if (S_ISDIR(status->st_mode)) return {place, true};
  if (S_ISLNK(status->st_mode)) {
    const std::optional<std::string> target = link_target(cursor_->folder_of(place), Cursor::name_of(place));
    if (target && rules_.is_owned_link(place)) return follow(place, *target, depth);
    throw_in_the_way(place, "it is a symbolic link that no package put there",
                     "move `" + core::printable(place) + "` out of the prefix, then run the same command again");
  }
  throw_in_the_way(place, "it is a file that no package put there, or one of a package that stays",
                   "move `" + core::printable(place) + "` out of the prefix, then run the same command again");
}

Places::Folder Places::follow(const std::string& link, const std::string& target, int depth) {
  const std::optional<std::string> place = join_link(parent_of(link), target);
  if (!place || depth >= kMaxLinks) {
    throw_in_the_way(link,
                     "it is a symbolic link to `" + core::printable(target) + "`, " +
                         (place ? "which leads around in a circle" : "which leads out of the prefix"),
                     "take one of the two packages out of the environment");
  }
  return look_up(*place, depth + 1);
}

}  // namespace envlock::prefix
