#include "package_root_leaf.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "envlock/core/diagnostic.h"
#include "envlock/prefix/package_root.h"
#include "manifest_invalid.h"
#include "package_root_script.h"
#include "replacement_restoration.h"

namespace envlock::prefix {

namespace {

constexpr std::size_t kChunkBytes = std::size_t{256} << 10;
constexpr std::uint64_t kLargeFileBytes = std::uint64_t{64} << 20;
// Stands for the prefix; no path holds a NUL.
constexpr std::string_view kMarker{"\0PREFIX", 7};

enum Flag : unsigned char { executable_flag = 1, text_flag = 2, binary_flag = 4 };

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

[[noreturn]] void throw_unreadable(const InstalledPath& path) {
  throw core::Error(core::Diagnostic{.code = "file-unreadable",
                                     .what = "cannot read " + show(path.path),
                                     .where = {},
                                     .why = {std::string("the system says: ") + std::strerror(errno)},
                                     .hints = {}});
}

// Hands over the rest of a file in chunks; returns how many bytes that was.
template <typename Take>
std::uint64_t for_each_chunk(int descriptor, const InstalledPath& path, const Take& take) {
  thread_local std::string chunk(kChunkBytes, '\0');
  std::uint64_t total = 0;
  while (true) {
    const ssize_t got = read(descriptor, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_unreadable(path);
    if (got == 0) return total;
    take(std::string_view(chunk).substr(0, static_cast<std::size_t>(got)));
    total += static_cast<std::uint64_t>(got);
  }
}

void append_number(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift & 0xFFU));
}

// What must be in memory as a whole is never so large.
bool is_giant(const InstalledPath& path, std::uint64_t size) {
  constexpr std::uint64_t kLargestScript = std::uint64_t{64} << 20;
  constexpr std::uint64_t kLargestReplaced = std::uint64_t{4} << 30;
  if (path.type == InstalledType::entry_point) return size > kLargestScript;
  if (path.placeholder && size > kLargestReplaced) return true;
  const std::optional<std::uint64_t> largest = largest_size(path);
  return largest && is_far_too_large(size, *largest);
}

void append_digest(std::string& out, const core::Sha256& digest) {
  out.append(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size());
}

}  // namespace

// What a path holds, independent of where the environment lies.
struct LeafReader::Content {
  char kind = 'm';  // f file, l symlink, e entry point, d folder, g giant, o another thing, m missing
  bool executable = false;
  core::Sha256 sha256;  // zero for kinds without content
  std::uint64_t bytes = 0;
};

LeafReader::LeafReader(std::filesystem::path prefix, std::optional<Python> python)
    : prefix_(std::move(prefix)), prefix_text_(prefix_.string()), python_(std::move(python)) {
  while (prefix_text_.size() > 1 && prefix_text_.ends_with('/')) prefix_text_.pop_back();
}

Leaf LeafReader::read(const InstalledPath& path) {
  const Content content = read_content(path);
  unsigned char flags = content.executable ? executable_flag : 0;
  std::string placeholder;
  if (path.placeholder && content.kind == 'f') {
    flags |= path.placeholder->mode == FileMode::text ? text_flag : binary_flag;
    placeholder = path.placeholder->text;
  }
  std::string leaf(1, '\0');
  leaf.push_back(content.kind);
  leaf.push_back(static_cast<char>(flags));
  append_number(leaf, path.path.size(), 4);
  leaf += path.path;
  append_number(leaf, placeholder.size(), 4);
  leaf += placeholder;
  append_digest(leaf, content.sha256);
  return {.path = path.path,
          .hash = core::sha256(leaf),
          .bytes = content.bytes,
          .missing = content.kind == 'm',
          .giant = content.kind == 'g'};
}

LeafReader::Content LeafReader::read_content(const InstalledPath& path) {
  const std::filesystem::path full = prefix_ / path.path;
  struct stat status {};
  if (lstat(full.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    throw_unreadable(path);
  }
  if (S_ISLNK(status.st_mode)) {
    std::error_code error;
    const std::string target = std::filesystem::read_symlink(full, error).string();
    if (error) throw_unreadable(path);
    return {.kind = 'l', .executable = false, .sha256 = hash_link(target), .bytes = target.size()};
  }
  if (!S_ISREG(status.st_mode)) {
    return {.kind = S_ISDIR(status.st_mode) ? 'd' : 'o', .executable = false, .sha256 = {}, .bytes = 0};
  }
  // What was a file a moment ago may be a pipe now: neither follow nor wait.
  const Descriptor file(open(full.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.number() < 0 || fstat(file.number(), &status) != 0) throw_unreadable(path);
  if (!S_ISREG(status.st_mode)) return {.kind = 'o', .executable = false, .sha256 = {}, .bytes = 0};
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (is_giant(path, size)) {
    std::string number;
    append_number(number, size, 8);
    return {.kind = 'g', .executable = false, .sha256 = core::sha256(number), .bytes = 0};
  }
  Content content = read_file(file.number(), path, size);
  content.executable = (status.st_mode & S_IXUSR) != 0;
  return content;
}

LeafReader::Content LeafReader::read_file(int descriptor, const InstalledPath& path, std::uint64_t size) {
  Content content{.kind = 'f', .executable = false, .sha256 = {}, .bytes = 0};
  if (!path.placeholder && path.type != InstalledType::entry_point) {
    core::Sha256Hasher hasher;
    content.bytes = for_each_chunk(descriptor, path, [&hasher](std::string_view chunk) { hasher.update(chunk); });
    content.sha256 = hasher.finish();
    return content;
  }
  std::unique_lock<std::mutex> alone(large_file_, std::defer_lock);
  if (size > kLargeFileBytes) alone.lock();
  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(size));
  for_each_chunk(descriptor, path, [&bytes](std::string_view chunk) { bytes.append(chunk); });
  if (path.type == InstalledType::entry_point) return entry_point(bytes);
  content.bytes = bytes.size();
  content.sha256 = hash_with_placeholder(bytes, path);
  return content;
}

core::Sha256 LeafReader::hash_with_placeholder(const std::string& bytes, const InstalledPath& path) const {
  const Restoration restoration(bytes, *path.placeholder, prefix_text_);
  const core::Sha256 guess = hash_edited(bytes, restoration.guess());
  if (!path.sha256 || guess == *path.sha256) return guess;
  // conda-meta's hash decides between ways back, each of which would be one; it is never taken for the content.
  return restoration.find(*path.sha256) ? *path.sha256 : guess;
}

core::Sha256 LeafReader::hash_link(const std::string& target) const {
  const bool inside =
      target.starts_with(prefix_text_) && (target.size() == prefix_text_.size() || target[prefix_text_.size()] == '/');
  if (!inside) return core::sha256(target);
  return core::sha256(std::string(kMarker).append(target, prefix_text_.size()));
}

LeafReader::Content LeafReader::entry_point(const std::string& bytes) const {
  const std::optional<EntryPoint> known = python_ ? read_script(bytes, prefix_text_, *python_) : std::nullopt;
  if (known) {
    return {.kind = 'e',
            .executable = false,
            .sha256 = core::sha256(known->module + ":" + known->function),
            .bytes = bytes.size()};
  }
  return {.kind = 'f',
          .executable = false,
          .sha256 = core::sha256(replace_all(bytes, prefix_text_, kMarker)),
          .bytes = bytes.size()};
}

core::Sha256 node_hash(const core::Sha256& left, const core::Sha256& right) {
  std::string node(1, '\1');
  append_digest(node, left);
  append_digest(node, right);
  return core::sha256(node);
}

core::Sha256 root_hash(std::size_t leaves, const core::Sha256& tree) {
  std::string root(1, '\2');
  root += "envlock package root 1\n";
  append_number(root, leaves, 8);
  append_digest(root, tree);
  return core::sha256(root);
}

}  // namespace envlock::prefix
