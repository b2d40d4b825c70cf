// conda-meta/envlock-scripts: a line "scripted-1.0-0 bin/.scripted-post-link.sh" for every script that was not run,
// sorted. It names those that were not, so that an environment whose scripts were run later is the one in which they
// were run at once. What it says is believed only of packages that are there and own such a script.
#include "post_links.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_set>

#include "envlock/core/text.h"
#include "link_order.h"
#include "records.h"

namespace envlock::prefix {
namespace {

constexpr const char* kFile = "conda-meta/envlock-scripts";

std::string script_of(const conda::PackageRecord& record) {
  return "bin/." + record.name + "-post-link.sh";
}

std::string line_of(std::string_view meta_file, const std::string& script) {
  return std::string(meta_file.substr(0, meta_file.rfind(".json"))) + " " + script;
}

const InstalledPath* find_path(const InstalledPackage& package, const std::string& path) {
  const auto found = std::find_if(package.paths.begin(), package.paths.end(),
                                  [&path](const InstalledPath& each) { return each.path == path; });
  return found == package.paths.end() ? nullptr : &*found;
}

std::set<std::string> listed_lines(Cursor& cursor) {
  std::set<std::string> lines;
  const std::string text = read_in_prefix(cursor, kFile).value_or("");
  for (const std::string_view line : core::split(text, '\n')) lines.emplace(line);
  return lines;
}

class Gatherer {
 public:
  Gatherer(const PostLinksInput& input, core::Notes& notes)
      : input_(input), notes_(notes), cursor_(input.prefix), order_(link_order(input.target.packages)) {}

  PostLinks run() {
    for (const PackageToLink& package : input_.packages) {
      const std::vector<std::string>& scripts = package.manifest.link_scripts;
      const std::string script = script_of(package.wanted->record);
      if (std::find(scripts.begin(), scripts.end(), script) == scripts.end()) continue;
      add(script, package.wanted->record, package.installed.meta_file, input_.scripts);
    }
    add_those_that_stay();
    for (std::vector<PostLink>* all : {&links_.to_run, &links_.to_list}) {
      std::sort(all->begin(), all->end(), [](const PostLink& left, const PostLink& right) {
        return std::tie(left.rank, left.meta_file) < std::tie(right.rank, right.meta_file);
      });
    }
    return std::move(links_);
  }

 private:
  void add(const std::string& script, const conda::PackageRecord& record, const std::string& meta_file, Scripts what) {
    const auto rank = order_.find(record.name);
    std::vector<PostLink>& all = what == Scripts::run ? links_.to_run : links_.to_list;
    all.push_back({script, record, meta_file, rank == order_.end() ? order_.size() : rank->second});
  }

  void add_those_that_stay() {
    const std::set<std::string> listed = listed_lines(cursor_);
    std::unordered_set<std::string_view> leaving;  // looked up only
    for (const InstalledPackage& package : input_.difference.to_remove) leaving.insert(package.meta_file);
    for (const InstalledPackage& package : input_.installed.packages) {
      const std::string script = script_of(package.record);
      const InstalledPath* path = find_path(package, script);
      if (path == nullptr || leaving.contains(package.meta_file)) continue;
      if (!listed.contains(line_of(package.meta_file, script))) continue;
      const bool run = input_.scripts == Scripts::run && is_as_linked(*path, package.record);
      add(script, package.record, package.meta_file, run ? Scripts::run : Scripts::list);
    }
  }

  bool is_as_linked(const InstalledPath& path, const conda::PackageRecord& record) {
    const KnownHashes known = hashes_of(path);
    const std::optional<core::Sha256> hash = hash_in_prefix(cursor_, path.path);
    if (hash && std::find(known.begin(), known.end(), *hash) != known.end()) return true;
    notes_.warning({.code = "link-script-changed",
                    .what = "the script `" + core::printable(path.path) + "` of `" + core::printable(record.name) +
                            "` was not run, because it is not what the package put there",
                    .hints = {"`envlock install --repair` puts it back"}});
    return false;
  }

  const PostLinksInput& input_;
  core::Notes& notes_;
  Cursor cursor_;
  std::map<std::string, std::size_t> order_;
  PostLinks links_;
};

}  // namespace

std::string PostLinks::text() const {
  std::set<std::string> lines;
  for (const PostLink& link : to_list) lines.insert(line_of(link.meta_file, link.script) + "\n");
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

PostLinks plan_post_links(const PostLinksInput& input, core::Notes& notes) {
  return Gatherer(input, notes).run();
}

}  // namespace envlock::prefix
