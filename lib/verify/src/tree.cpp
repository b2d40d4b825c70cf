#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::verify {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

NodeKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return NodeKind::file;
  if (S_ISLNK(mode)) return NodeKind::symlink;
  return S_ISDIR(mode) ? NodeKind::directory : NodeKind::other;
}

archive::FileStamp stamp_of(const struct stat& status) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  archive::FileStamp stamp;
  stamp.device = status.st_dev;
  stamp.inode = status.st_ino;
  stamp.size = static_cast<std::uint64_t>(status.st_size);
  stamp.mtime_nanoseconds = status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec;
  stamp.ctime_nanoseconds = status.st_ctim.tv_sec * kNanoseconds + status.st_ctim.tv_nsec;
  return stamp;
}

std::string target_of(int folder, const char* name) {
  std::array<char, PATH_MAX> buffer{};
  const ssize_t length = readlinkat(folder, name, buffer.data(), buffer.size());
  return length < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(length));
}

/// Lists one folder; the folders in it are appended to `folders`.
void list(const Folder& prefix, const std::string& folder, Tree& tree, std::vector<std::string>& folders) {
  const int opened = openat(prefix.descriptor(), folder.empty() ? "." : folder.c_str(),
                            O_RDONLY | O_DIRECTORY | O_CLOEXEC | (folder.empty() ? 0 : O_NOFOLLOW));
  const std::unique_ptr<DIR, CloseFolder> handle(opened < 0 ? nullptr : fdopendir(opened));
  if (!handle) {
    tree.unseen.push_back({folder, std::strerror(errno)});
    if (opened >= 0) close(opened);
    return;
  }
  while (true) {
    errno = 0;
    const dirent* entry = readdir(handle.get());
    if (entry == nullptr) break;
    const std::string_view name(entry->d_name);
    if (name == "." || name == "..") continue;
    const std::string path = folder.empty() ? std::string(name) : folder + "/" + std::string(name);
    struct stat status {};
    if (fstatat(dirfd(handle.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      // Where nothing may be entered nothing is known of anything in it: one place, not one for each name.
      if (errno != ENOENT) tree.unseen.push_back({errno == EACCES ? folder : path, std::strerror(errno)});
      continue;
    }
    const NodeKind kind = kind_of(status.st_mode);
    tree.nodes.push_back({path, kind, static_cast<std::uint32_t>(status.st_mode & 07777), stamp_of(status), {}});
    if (kind == NodeKind::symlink) tree.nodes.back().target = target_of(dirfd(handle.get()), entry->d_name);
    if (kind != NodeKind::directory) continue;
    if (path == "pkgs" || path == "envs") {
      tree.not_entered.push_back(path);
    } else {
      folders.push_back(path);
    }
  }
  if (errno != 0) tree.unseen.push_back({folder, std::strerror(errno)});
}

}  // namespace

Folder::Folder(const std::filesystem::path& prefix) {
  descriptor_ = open(prefix.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ >= 0) return;
  throw core::Error({.code = "prefix-unreadable",
                     .what = "`" + core::printable(prefix.string()) + "` cannot be read",
                     .where = {},
                     .why = {std::string("the system says: ") + std::strerror(errno)},
                     .hints = {}});
}

Folder::~Folder() {
  if (descriptor_ >= 0) close(descriptor_);
}

const Node* Tree::find(std::string_view path) const {
  const auto found = std::lower_bound(nodes.begin(), nodes.end(), path,
                                      [](const Node& node, std::string_view wanted) { return node.path < wanted; });
  return found != nodes.end() && found->path == path ? &*found : nullptr;
}

Tree walk(const Folder& prefix) {
  Tree tree;
  struct stat status {};
  if (fstat(prefix.descriptor(), &status) == 0) {
    tree.prefix_device = status.st_dev;
    tree.prefix_inode = status.st_ino;
    tree.prefix_mode = static_cast<std::uint32_t>(status.st_mode & 07777);
  }
  std::vector<std::string> folders{""};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    list(prefix, folder, tree, folders);
  }
  std::sort(tree.nodes.begin(), tree.nodes.end(),
            [](const Node& left, const Node& right) { return left.path < right.path; });
  std::stable_sort(tree.unseen.begin(), tree.unseen.end(),
                   [](const Unseen& left, const Unseen& right) { return left.path < right.path; });
  tree.unseen.erase(std::unique(tree.unseen.begin(), tree.unseen.end(),
                                [](const Unseen& left, const Unseen& right) { return left.path == right.path; }),
                    tree.unseen.end());
  std::sort(tree.not_entered.begin(), tree.not_entered.end());
  return tree;
}

std::optional<std::string> normalized(std::string_view path) {
  std::vector<std::string_view> parts;
  for (const std::string_view part : core::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (parts.empty()) {
      return std::nullopt;
    } else {
      parts.pop_back();
    }
  }
  std::string joined;
  for (const std::string_view part : parts) {
    if (!joined.empty()) joined += '/';
    joined += part;
  }
  return joined;
}

std::optional<std::string> Tree::real_path(std::string_view path) const {
  std::string wanted(path);
  constexpr int kMostLinks = 40;  // as many as Linux follows
  for (int links = 0; links < kMostLinks; ++links) {
    // The first folder on the way that is a link is replaced by what it points to.
    std::size_t end = wanted.find('/');
    const Node* link = nullptr;
    for (; end != std::string::npos; end = wanted.find('/', end + 1)) {
      link = find(std::string_view(wanted).substr(0, end));
      if (link == nullptr || link->kind == NodeKind::symlink) break;
    }
    if (end == std::string::npos || link == nullptr) return wanted;
    if (link->target.empty() || link->target.front() == '/') return std::nullopt;
    const std::size_t slash = link->path.rfind('/');
    const std::string folder = slash == std::string::npos ? std::string() : link->path.substr(0, slash + 1);
    const std::optional<std::string> next = normalized(folder + link->target + wanted.substr(end));
    if (!next) return std::nullopt;
    wanted = *next;
  }
  return std::nullopt;
}

const Node* Tree::resolve(std::string_view path) const {
  if (const Node* node = find(path)) return node;
  const std::optional<std::string> real = real_path(path);
  return real ? find(*real) : nullptr;
}

const Unseen* Tree::find_unseen(std::string_view path) const {
  if (unseen.empty()) return nullptr;
  const std::optional<std::string> real = real_path(path);
  if (!real) return nullptr;
  for (std::string_view place = *real;; place = place.substr(0, place.rfind('/'))) {
    const auto found = std::lower_bound(unseen.begin(), unseen.end(), place,
                                        [](const Unseen& left, std::string_view right) { return left.path < right; });
    if (found != unseen.end() && found->path == place) return &*found;
    if (place.find('/') == std::string_view::npos) break;
  }
  return unseen.front().path.empty() ? &unseen.front() : nullptr;
}

}  // namespace envlock::verify
