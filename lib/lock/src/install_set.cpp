#include "envlock/lock/install_set.h"

#include <algorithm>
#include <set>
#include <utility>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "import_formats.h"
#include "install_set_formats.h"
#include "requests.h"

namespace envlock::lock {
namespace {

// As for the locks of --like: more is a mistake that would only take long to be found out.
constexpr std::uint64_t kLargest = 64u << 20;

// The lines that ask for a package on a platform; what other lines imply was asked for by nobody.
std::map<std::string, std::vector<std::string>> lines_on(const Lock& lock, const std::string& subdir) {
  std::map<std::string, std::vector<std::string>> all;
  for (const conda::Request* request : requests_on(lock.requests, subdir)) {
    if (!request->implied_by) all[request->spec.name].push_back(request->text);
  }
  return all;
}

/// A merge that was left unfinished from the first line on, so that the text does not look like what it is.
[[noreturn]] void refuse_conflict(const std::string& text, const std::string& file) {
  const std::string_view inside = core::trim(std::string_view(text).substr(std::min(text.find('\n'), text.size())));
  if (inside.starts_with('{') || inside.starts_with('"')) (void)parse(text, file);
  throw core::Error(
      core::Diagnostic{.code = "lock-conflict-markers",
                       .what = "`" + core::printable(file) + "` holds the conflict markers of an unfinished merge",
                       .hints = {"finish the merge, or write the file anew with the tool that made it"}});
}

InstallSet read_text(const std::string& text, const std::string& file, const PathBases& bases,
                     const std::string& environment, core::Notes& notes) {
  if (core::trim(text).starts_with('{')) return install_set_of_lock(parse(text, file));
  if (text.starts_with("<<<<<<< ")) refuse_conflict(text, file);
  if (is_explicit(text)) return install_set_of_explicit(text, file, bases, notes);
  const YamlTree tree(text, file, "lock-invalid");
  if (is_pixi_lock(tree)) return install_set_of_pixi_lock(tree, file, bases, environment, notes);
  if (is_conda_lock(tree)) return install_set_of_conda_lock(tree, file, bases, notes);
  throw core::Error(core::Diagnostic{.code = "lock-unknown-format",
                                     .what = "`" + core::printable(file) + "` is none of the locks that can be read",
                                     .hints = {"these are: envlock.lock, @EXPLICIT lists, conda-lock.yml, pixi.lock"}});
}

}  // namespace

InstallSet install_set_of_lock(const Lock& lock) {
  InstallSet set;
  set.variables = lock.variables;
  if (lock.pip) set.pip = PipSection{*lock.pip, lock.pip_lines};
  for (const LockedPlatform& each : lock.platforms) {
    InstallPlatform platform;
    platform.platform = each.platform;
    const auto lines = lines_on(lock, each.platform.subdir);
    for (const PlatformPackage& use : each.packages) {
      InstallPackage package{.record = lock.packages[use.package].record, .categories = use.categories};
      if (const auto asked = lines.find(package.record.name); asked != lines.end()) {
        package.requested_specs = asked->second;
      }
      platform.packages.push_back(std::move(package));
    }
    add_distributions(lock, each, platform);
    set.platforms.push_back(std::move(platform));
  }
  return set;
}

InstallSet parse_install_set(std::string_view text, const std::string& file, const std::filesystem::path& folder,
                             core::Notes& notes, const std::string& environment) {
  const std::optional<std::string> decoded = core::decode_text(text);
  if (!decoded) {
    throw core::Error(
        core::Diagnostic{.code = "lock-unknown-format", .what = "`" + core::printable(file) + "` is no text file"});
  }
  std::error_code ignored;
  const PathBases bases{.lock_folder = folder, .working_directory = std::filesystem::current_path(ignored)};
  InstallSet set = read_text(*decoded, file, bases, environment, notes);
  set.bytes = text;
  return set;
}

InstallSet read_install_set(const std::filesystem::path& file, core::Notes& notes, const std::string& environment) {
  return parse_install_set(core::read_file(file, kLargest), file.string(), file.parent_path(), notes, environment);
}

InstallPlatform only_categories(const InstallPlatform& platform, const std::vector<std::string>& categories) {
  if (categories.empty()) return platform;
  std::set<std::string> known;
  for (const InstallPackage& package : platform.packages) {
    known.insert(package.categories.begin(), package.categories.end());
  }
  for (const LockedWheel& wheel : platform.wheels) known.insert(wheel.categories.begin(), wheel.categories.end());
  for (const LockedSource& source : platform.sources) known.insert(source.categories.begin(), source.categories.end());
  for (const std::string& category : categories) {
    if (known.count(category) > 0) continue;
    throw core::Error(core::Diagnostic{
        .code = "unknown-category",
        .what = "no package of platform `" + core::printable(platform.platform.name) + "` is in category `" +
                core::printable(category) + "`",
        .hints = {known.empty() ? "the platform is empty"
                                : "these are there: " +
                                      core::printable(core::join(std::vector(known.begin(), known.end()), ", "))}});
  }
  const auto unwanted = [&](const auto& item) {
    return std::none_of(item.categories.begin(), item.categories.end(), [&](const std::string& category) {
      return std::find(categories.begin(), categories.end(), category) != categories.end();
    });
  };
  InstallPlatform kept = platform;
  std::erase_if(kept.packages, unwanted);
  std::erase_if(kept.wheels, unwanted);
  std::erase_if(kept.sources, unwanted);
  return kept;
}

}  // namespace envlock::lock
