#include "loose_modes.h"

#include <sys/xattr.h>

#include <string>
#include <unordered_set>

namespace envlock::verify {
namespace {

constexpr std::uint32_t kWorldWrite = 0002;
constexpr std::uint32_t kSticky = 01000;
constexpr std::uint32_t kSetId = 06000;

/// What became of each node while layouts were checked.
struct Judged {
  std::unordered_set<const Node*> all;
  std::unordered_set<const Node*> with_mode;  ///< an archive tells their mode
};

Judged judged_nodes(const Tree& tree, const std::vector<const PackageLayout*>& checked) {
  Judged judged;
  for (const PackageLayout* layout : checked) {
    for (const WantedPath& wanted : layout->paths) {
      const Node* node = tree.resolve(wanted.path);
      judged.all.insert(node);
      if (wanted.mode) judged.with_mode.insert(node);
    }
  }
  return judged;
}

/// Rights that the kernel gives to whoever runs the file.
bool has_capabilities(const std::filesystem::path& prefix, const Node& node) {
  constexpr std::uint32_t kAnyExecute = 0111;
  if ((node.mode & kAnyExecute) == 0) return false;
  return lgetxattr((prefix / node.path).c_str(), "security.capability", nullptr, 0) > 0;
}

Finding other_rights(const Node& node, const std::string& why) {
  return {.weight = Weight::fault,
          .group = Group::files,
          .package = {},
          .path = node.path,
          .diagnostic = {.code = "file-privileged",
                         .what = in_quotes(node.path) + " runs with other rights than those of whoever runs it",
                         .where = {},
                         .why = {why},
                         .hints = {"look at it, and take that away: `chmod ug-s`, `setcap -r`"}}};
}

bool has_end(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// Written by installers, or by python: never by a package that may want it so.
bool is_made_here(const Node& node) {
  return node.path.compare(0, 11, "conda-meta/") == 0 || has_end(node.path, ".pyc");
}

Finding finding_of(Weight weight, const std::vector<std::string>& paths, core::Diagnostic diagnostic) {
  diagnostic.why.insert(diagnostic.why.begin(), "such are " + few_of(paths));
  return {.weight = weight,
          .group = Group::files,
          .package = {},
          .path = weight == Weight::fault ? paths.front() : std::string(),
          .diagnostic = std::move(diagnostic),
          .count = paths.size()};
}

}  // namespace

void report_loose_modes(const std::filesystem::path& prefix, const Tree& tree,
                        const std::vector<const PackageLayout*>& checked, const Ownership& ownership,
                        std::vector<Finding>& findings) {
  std::vector<std::string> open, untold;
  std::vector<const Node*> files, special;
  const auto look_at_folder = [&](std::uint32_t mode, const std::string& name) {
    if ((mode & kWorldWrite) != 0) ((mode & kSticky) != 0 ? untold : open).push_back(name);
  };
  look_at_folder(tree.prefix_mode, ".");
  for (const Node& node : tree.nodes) {
    if (node.kind == NodeKind::directory) look_at_folder(node.mode, node.path);
    if (node.kind != NodeKind::file) continue;
    if ((node.mode & kWorldWrite) != 0) files.push_back(&node);
    if ((node.mode & kSetId) != 0) special.push_back(&node);
    if (has_capabilities(prefix, node))
      findings.push_back(other_rights(node, "it has capabilities, which no package has"));
  }
  if (!files.empty() || !special.empty()) {
    const Judged judged = judged_nodes(tree, checked);
    for (const Node* node : files) {
      if (judged.with_mode.count(node) != 0) continue;
      if (is_made_here(*node)) {
        open.push_back(node->path);
      } else if (ownership.is_owned(*node)) {
        untold.push_back(node->path);
      }
    }
    for (const Node* node : special) {
      if (judged.all.count(node) == 0)
        findings.push_back(other_rights(*node, "its set-user-id or set-group-id bit is set"));
    }
  }
  if (!open.empty()) {
    findings.push_back(finding_of(
        Weight::fault, open,
        {.code = "writable-by-all",
         .what = std::to_string(open.size()) + (open.size() == 1 ? " folder or record" : " folders or records") +
                 " may be written by everybody",
         .where = {},
         .why = {"every user of this machine may put other files there, now or later"},
         .hints = {"`chmod -R o-w` on the prefix"}}));
  }
  if (untold.empty()) return;
  findings.push_back(
      finding_of(Weight::note, untold,
                 {.code = "file-mode-loose",
                  .what = std::to_string(untold.size()) +
                          (untold.size() == 1 ? " file or sticky folder" : " files or sticky folders") +
                          " may be written by everybody, and no archive tells whether their packages want that",
                  .where = {},
                  .why = {},
                  .hints = {}}));
}

}  // namespace envlock::verify
