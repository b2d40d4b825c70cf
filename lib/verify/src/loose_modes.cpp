#include "loose_modes.h"

#include <string>
#include <unordered_set>

namespace envlock::verify {
namespace {

constexpr std::uint32_t kWorldWrite = 0002;
constexpr std::uint32_t kSticky = 01000;

/// Those whose mode an archive tells: file_check has looked at them.
std::unordered_set<const Node*> judged_nodes(const Tree& tree, const std::vector<CheckedPackage>& packages) {
  std::unordered_set<const Node*> judged;
  for (const CheckedPackage& package : packages) {
    for (const WantedPath& wanted : package.layout.paths) {
      if (wanted.mode) judged.insert(tree.resolve(wanted.path));
    }
  }
  return judged;
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

void report_loose_modes(const PrefixView& view, const std::vector<CheckedPackage>& packages, const Ownership& ownership,
                        std::vector<Finding>& findings) {
  const Tree& tree = *view.tree;
  std::vector<std::string> open, untold;
  std::vector<const Node*> files;
  const auto look_at_folder = [&](std::uint32_t mode, const std::string& name) {
    if ((mode & kWorldWrite) != 0) ((mode & kSticky) != 0 ? untold : open).push_back(name);
  };
  look_at_folder(tree.prefix_mode, ".");
  for (const Node& node : tree.nodes) {
    if (node.kind == NodeKind::directory) look_at_folder(node.mode, node.path);
    if (node.kind == NodeKind::file && (node.mode & kWorldWrite) != 0) files.push_back(&node);
  }
  if (!files.empty()) {
    const std::unordered_set<const Node*> judged = judged_nodes(tree, packages);
    for (const Node* node : files) {
      if (judged.count(node) != 0) continue;
      if (is_made_here(*node)) {
        open.push_back(node->path);
      } else if (ownership.is_owned(*node)) {
        untold.push_back(node->path);
      }
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
