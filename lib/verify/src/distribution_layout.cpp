#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "distributions.h"

namespace envlock::verify {
namespace {

/// Hashes what a wheel puts into the prefix, file by file.
class WheelLayout : public prefix::WheelSink {
 public:
  WheelLayout(std::string dist_info, std::string executable)
      : dist_info_(std::move(dist_info)), executable_(std::move(executable)) {}
  void begin(const std::string& target, std::uint32_t mode) override {
    hasher_ = core::Sha256Hasher();
    wanted_ = {};
    wanted_.path = target;
    wanted_.mode = mode;
    script_.clear();
  }
  void data(std::string_view bytes) override {
    hasher_.update(bytes);
    wanted_.size = wanted_.size.value_or(0) + bytes.size();
    if (wanted_.path.compare(0, 4, "bin/") == 0 && script_.size() < kLargestScript) script_.append(bytes);
  }
  void end() override {
    wanted_.sha256 = hasher_.finish();
    add_other_names();
    // What the installer writes of itself differs from tool to tool.
    if (is_installers_own(wanted_.path)) wanted_.sha256.reset();
    by_path_[wanted_.path] = wanted_;
  }
  std::vector<WantedPath> paths() const {
    std::vector<WantedPath> paths;
    for (const auto& [path, wanted] : by_path_) paths.push_back(wanted);
    return paths;
  }
  bool is_installers_own(const std::string& path) const {
    for (const char* name : {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}) {
      if (path == dist_info_ + "/" + name) return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t kLargestScript = std::size_t{1} << 20;

  /// pip writes the name by which it was itself started: bin/python and bin/python3 are the same python.
  void add_other_names() {
    const std::string line = "#!" + executable_ + "\n";
    if (script_.size() >= kLargestScript || script_.compare(0, line.size(), line) != 0) return;
    const std::string folder = executable_.substr(0, executable_.rfind('/') + 1);
    for (const char* name : {"python", "python3"}) {
      wanted_.also.push_back(core::sha256("#!" + folder + name + "\n" + script_.substr(line.size())));
    }
  }

  std::string dist_info_;
  std::string executable_;
  std::string script_;
  core::Sha256Hasher hasher_;
  WantedPath wanted_;
  std::map<std::string, WantedPath> by_path_;
};

std::optional<PackageLayout> lay_out_wheel(const ForeignDistribution& foreign, const PrefixView& view,
                                           const VerifyOptions& options, std::string& reason) {
  if (foreign.wheel == nullptr || !foreign.wheel->sha256 || !view.python) return std::nullopt;
  const auto known = options.archives.find(*foreign.wheel->sha256);
  reason = "no wheel with SHA-256 " + core::format(*foreign.wheel->sha256);
  if (known == options.archives.end()) return std::nullopt;
  const prefix::WantedWheel wanted{.name = foreign.wheel->name,
                                   .version = foreign.wheel->version,
                                   .url = {},
                                   .sha256 = *foreign.wheel->sha256,
                                   .file = known->second};
  WheelLayout sink(foreign.distribution.folder, view.names.front() + "/" + view.python->executable);
  try {
    prefix::stream_wheel(wanted, view.names.front(), *view.python, sink);
  } catch (const core::Error& error) {
    reason = error.diagnostics().front().what;
    return std::nullopt;
  }
  PackageLayout layout;
  layout.proof = foreign.unhashed == nullptr ? Proof::archive : Proof::local;
  layout.archive = known->second.string();
  layout.archives_read = 1;
  std::error_code ignored;
  layout.archive_bytes = std::filesystem::file_size(known->second, ignored);
  layout.paths = sink.paths();
  // What pip makes beside a wheel's files.
  for (const char* name : {"INSTALLER", "REQUESTED", "direct_url.json", "RECORD"}) {
    WantedPath own;
    own.path = foreign.distribution.folder + "/" + name;
    const auto is_known = [&](const WantedPath& wanted_path) { return wanted_path.path == own.path; };
    if (view.tree->find(own.path) != nullptr && std::none_of(layout.paths.begin(), layout.paths.end(), is_known)) {
      layout.paths.push_back(own);
    }
  }
  return layout;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// Everything below the distribution's own folder: files that RECORD does not list, RECORD itself among them.
void add_own_folder(const prefix::Distribution& distribution, const Tree& tree, PackageLayout& layout) {
  std::set<std::string> known;
  for (const WantedPath& wanted : layout.paths) known.insert(wanted.path);
  const std::string begin = distribution.folder + "/";
  const auto first = std::lower_bound(tree.nodes.begin(), tree.nodes.end(), distribution.folder,
                                      [](const Node& node, const std::string& path) { return node.path < path; });
  // "x.dist-info-old" sorts between the folder and what is in it.
  for (auto at = first; at != tree.nodes.end() && at->path.compare(0, begin.size() - 1, distribution.folder) == 0;
       ++at) {
    const Node& node = *at;
    if (node.path != distribution.folder && node.path.compare(0, begin.size(), begin) != 0) continue;
    if (node.kind == NodeKind::directory || known.count(node.path) != 0) continue;
    WantedPath wanted;
    wanted.path = node.path;
    wanted.kind = node.kind == NodeKind::symlink ? WantedKind::symlink : WantedKind::file;
    layout.paths.push_back(wanted);
  }
}

PackageLayout lay_out_record(const prefix::Distribution& distribution, const Tree& tree) {
  PackageLayout layout;
  layout.proof = distribution.has_record ? Proof::record : Proof::none;
  for (const prefix::RecordLine& line : distribution.record) {
    // What lies outside of the prefix is not ours to judge; compiled files are judged by their source.
    if (line.path.empty() || line.path.front() == '/' || line.path.substr(0, 2) == "..") continue;
    if (ends_with(line.path, ".pyc")) continue;
    WantedPath wanted;
    wanted.path = line.path;
    wanted.sha256 = line.sha256;
    wanted.size = line.size;
    layout.paths.push_back(std::move(wanted));
  }
  add_own_folder(distribution, tree, layout);
  return layout;
}

}  // namespace

PackageLayout lay_out(const ForeignDistribution& foreign, const PrefixView& view, const VerifyOptions& options) {
  std::string reason = foreign.wheel == nullptr ? "the lock does not name its wheel" : "the lock has no SHA-256 of it";
  if (foreign.unhashed != nullptr) {
    reason = (foreign.unhashed->is_folder ? "its folder cannot be read as it was locked: "
                                          : "it was built here, or its commit is not in the cache: ") +
             core::printable(foreign.unhashed->place);
  }
  std::optional<PackageLayout> layout = lay_out_wheel(foreign, view, options, reason);
  if (!layout) {
    layout = lay_out_record(foreign.distribution, *view.tree);
    layout->weak_reason = reason;
  }
  std::sort(layout->paths.begin(), layout->paths.end(),
            [](const WantedPath& left, const WantedPath& right) { return left.path < right.path; });
  return *std::move(layout);
}

}  // namespace envlock::verify
