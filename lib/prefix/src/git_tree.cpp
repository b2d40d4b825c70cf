#include "envlock/prefix/git_tree.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <new>
#include <system_error>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"

namespace envlock::prefix {
namespace {

namespace fs = std::filesystem;

using Sha1 = std::array<unsigned char, 20>;

/// git names an object by the hash of its kind, its length and its content.
Sha1 object_id(std::string_view kind, std::string_view content) {
  const std::string head = std::string(kind) + " " + std::to_string(content.size()) + '\0';
  Sha1 id{};
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  const bool done = context != nullptr && EVP_DigestInit_ex(context, EVP_sha1(), nullptr) == 1 &&
                    EVP_DigestUpdate(context, head.data(), head.size()) == 1 &&
                    EVP_DigestUpdate(context, content.data(), content.size()) == 1 &&
                    EVP_DigestFinal_ex(context, id.data(), nullptr) == 1;
  EVP_MD_CTX_free(context);
  if (!done) throw std::bad_alloc();
  return id;
}

std::string hex_of(const Sha1& id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : id) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string bytes_of_hex(std::string_view hex) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(value(hex[i]) * 16 + value(hex[i + 1]));
  }
  return bytes;
}

/// An entry of a tree object.
struct TreeEntry {
  std::string mode, name, id;  ///< `id`: 20 bytes

  /// git sorts folders as if their names ended in a slash.
  std::string sort_key() const { return mode == "40000" ? name + "/" : name; }
};

[[noreturn]] void refuse(const fs::path& path, const std::string& why) {
  throw core::Error({.code = "file-unreadable",
                     .what = "`" + core::printable(path.string()) + "` cannot be read",
                     .why = {core::printable(why)}});
}

class TreeHasher {
 public:
  TreeHasher(const fs::path& root, const std::map<std::string, std::string>& submodules)
      : root_(root), submodules_(submodules) {}

  /// The content of the tree object of a folder; `path`: relative to the top.
  std::string tree_of(const std::string& path) const {
    std::vector<TreeEntry> entries;
    std::error_code error;
    fs::directory_iterator each(root_ / path, error);
    for (; !error && each != fs::directory_iterator(); each.increment(error)) {
      const std::string name = each->path().filename().string();
      if (path.empty() && name == ".git") continue;
      const std::string below = path.empty() ? name : path + "/" + name;
      TreeEntry entry{.mode = "", .name = name, .id = ""};
      if (fill(each->path(), below, entry)) entries.push_back(std::move(entry));
    }
    if (error) refuse(root_ / path, error.message());
    std::sort(entries.begin(), entries.end(),
              [](const TreeEntry& left, const TreeEntry& right) { return left.sort_key() < right.sort_key(); });
    std::string content;
    for (const TreeEntry& entry : entries) content += entry.mode + " " + entry.name + '\0' + entry.id;
    return content;
  }

 private:
  static std::string raw(const Sha1& id) { return {id.begin(), id.end()}; }

  /// False for what git does not keep: folders without files.
  bool fill(const fs::path& file, const std::string& path, TreeEntry& entry) const {
    std::error_code error;
    const fs::file_status status = fs::symlink_status(file, error);
    if (error) refuse(file, error.message());
    if (const auto submodule = submodules_.find(path); submodule != submodules_.end()) {
      entry.mode = "160000";
      entry.id = bytes_of_hex(submodule->second);
      return true;
    }
    if (status.type() == fs::file_type::directory) {
      const std::string content = tree_of(path);
      entry.mode = "40000";
      entry.id = raw(object_id("tree", content));
      return !content.empty();
    }
    if (status.type() == fs::file_type::symlink) {
      const std::string target = fs::read_symlink(file, error).string();
      if (error) refuse(file, error.message());
      entry.mode = "120000";
      entry.id = raw(object_id("blob", target));
      return true;
    }
    if (status.type() != fs::file_type::regular) refuse(file, "it is no file");
    const bool executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
    entry.mode = executable ? "100755" : "100644";
    const core::MappedFile content(file);
    entry.id = raw(object_id("blob", content.bytes()));
    return true;
  }

  const fs::path& root_;
  const std::map<std::string, std::string>& submodules_;
};

}  // namespace

std::string git_tree_id(const fs::path& folder, const std::map<std::string, std::string>& submodules) {
  return hex_of(object_id("tree", TreeHasher(folder, submodules).tree_of("")));
}

std::string git_commit_id(std::string_view content) {
  return hex_of(object_id("commit", content));
}

}  // namespace envlock::prefix
