#include "settings.h"

#include <filesystem>
#include <string>

#include "content.h"
#include "places.h"

namespace envlock::verify {
namespace {

constexpr const char* kHistory = "conda-meta/history";
/// A file of conda's with one block for each command; more than this is not looked at.
constexpr std::uint64_t kLargestHistory = std::uint64_t{64} << 20;

bool is_setting(std::string_view path) {
  for (const char* name : {"conda-meta/pinned", "conda-meta/frozen", ".condarc", "condarc", ".mambarc", "pip.conf",
                           "etc/pip.conf", "etc/npmrc", "etc/gitconfig"}) {
    if (path == name) return true;
  }
  return folder_of(path) == "condarc.d" || folder_of(path) == ".condarc.d";
}

Finding note_of(const std::string& path, core::Diagnostic diagnostic, std::size_t count) {
  return {.weight = Weight::note,
          .group = Group::metadata,
          .package = {},
          .path = path,
          .diagnostic = std::move(diagnostic),
          .count = count};
}

/// Why conda would stop at it; "" when it would not. Source: conda's History.parse, which wants a line "==> TIME <=="
/// before any other.
std::string fault_of_history(const Folder& folder, const Node& node) {
  if (node.kind == NodeKind::symlink) return "";
  if (node.kind != NodeKind::file) return "it is no file";
  if (node.stamp.size > kLargestHistory) return "it is larger than any history";
  DiskFile file(folder, node);
  const std::string text = file.read(0, static_cast<std::size_t>(node.stamp.size));
  if (!file.failure().empty()) return "it could not be read: " + file.failure();
  if (!core::is_valid_utf8(text)) return "it is no UTF-8";
  for (const std::string_view line : core::split(text, '\n')) {
    const std::string_view words = core::trim(line);
    if (words.substr(0, 4) == "==> ") return "";
    if (!words.empty() && words.front() == '#') return "it has no line `==> TIME <==` before the first `#`";
  }
  return "";
}

void report_history(const Folder& folder, const Tree& tree, std::vector<Finding>& findings) {
  const Node* node = tree.find(kHistory);
  if (node == nullptr && tree.find_unseen(kHistory) != nullptr) return;
  const std::string fault = node == nullptr ? "there is none, and conda takes such a folder for no environment"
                                            : fault_of_history(folder, *node);
  if (fault.empty()) return;
  findings.push_back(
      note_of(kHistory,
              {.code = "history-broken",
               .what = "conda cannot read `conda-meta/history`, in which it looks for what was asked for",
               .where = {},
               .why = {fault},
               .hints = {}},
              1));
}

/// What conda-meta holds is written there by every tool; a link leads to what others may change.
void report_links(const Tree& tree, std::vector<Finding>& findings) {
  for (const Node& node : tree.nodes) {
    const bool is_folder = node.path == "conda-meta";
    const bool is_record =
        folder_of(node.path) == "conda-meta" && (node.path == "conda-meta/state" || node.path == kHistory ||
                                                 std::filesystem::path(node.path).extension() == ".json");
    if (node.kind != NodeKind::symlink || !(is_folder || is_record)) continue;
    Finding finding = note_of(node.path,
                              {.code = "conda-meta-invalid",
                               .what = in_quotes(node.path) + " is a symlink, and no tool makes it one",
                               .where = {},
                               .why = {"it leads to " + in_quotes(node.target)},
                               .hints = {"put what it leads to in its place"}},
                              1);
    finding.weight = Weight::fault;
    findings.push_back(std::move(finding));
  }
}

}  // namespace

void report_settings(const Folder& folder, const Tree& tree, const Ownership& ownership,
                     std::vector<Finding>& findings) {
  report_links(tree, findings);
  const Node* metas = tree.find("conda-meta");
  if (metas != nullptr && metas->kind == NodeKind::directory) report_history(folder, tree, findings);
  std::vector<std::string> settings;
  for (const Node& node : tree.nodes) {
    if (node.kind != NodeKind::directory && is_setting(node.path) && !ownership.is_owned(node)) {
      settings.push_back(node.path);
    }
  }
  if (settings.empty()) return;
  findings.push_back(
      note_of(settings.front(),
              {.code = "settings-found",
               .what = count_of(settings.size(), "file") + " in the prefix " +
                       (settings.size() == 1 ? "changes" : "change") + " what conda, pip and their kin do in it later",
               .where = {},
               .why = {few_of(settings)},
               .hints = {}},
              settings.size()));
}

}  // namespace envlock::verify
