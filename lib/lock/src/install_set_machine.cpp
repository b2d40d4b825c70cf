#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "envlock/conda/match_spec.h"
#include "envlock/conda/version.h"
#include "envlock/core/text.h"
#include "envlock/lock/install_set.h"
#include "microarchitectures.h"

// What a lock assumes of a machine, held against the machine.

namespace envlock::lock {
namespace {

using conda::VirtualPackage;

constexpr std::string_view kArchspec = "__archspec";
// So many names make a message long enough.
constexpr std::size_t kMostNamed = 3;

const VirtualPackage* find(const std::vector<VirtualPackage>& packages, std::string_view name) {
  const auto at =
      std::find_if(packages.begin(), packages.end(), [&](const VirtualPackage& each) { return each.name == name; });
  return at == packages.end() ? nullptr : &*at;
}

// "`__cuda 12.4`", and of an archspec its build, which is all that it says.
std::string shown(const VirtualPackage& package) {
  return core::printable("`" + package.name + " " + (package.name == kArchspec ? package.build : package.version) + "`",
                         80);
}

// True when a machine with `have` is one that `wanted` was assumed of.
bool holds(const VirtualPackage& wanted, const VirtualPackage& have) {
  if (wanted.name == kArchspec) return can_run(have.build, wanted.build);
  const auto low = conda::Version::try_parse(wanted.version);
  const auto high = conda::Version::try_parse(have.version);
  return low && high && *low <= *high;
}

std::vector<std::string> lacks(const conda::Platform& platform, const std::vector<VirtualPackage>& machine) {
  std::vector<std::string> all;
  for (const VirtualPackage& wanted : platform.virtual_packages) {
    const VirtualPackage* have = find(machine, wanted.name);
    if (have != nullptr && holds(wanted, *have)) continue;
    all.push_back("platform `" + core::printable(platform.name) + "` assumes " + shown(wanted) + ", the machine has " +
                  (have == nullptr ? "no `" + core::printable(wanted.name, 40) + "`" : shown(*have)));
  }
  return all;
}

// True when whatever meets `specific` meets `general` too.
bool covers(const conda::Platform& specific, const conda::Platform& general) {
  return std::all_of(general.virtual_packages.begin(), general.virtual_packages.end(), [&](const VirtualPackage& each) {
    const VirtualPackage* demanded = find(specific.virtual_packages, each.name);
    return demanded != nullptr && holds(each, *demanded);
  });
}

// Those that no other is more specific than. Several: none of them stands out.
std::vector<const InstallPlatform*> most_specific(const std::vector<const InstallPlatform*>& all) {
  std::vector<const InstallPlatform*> best;
  for (const InstallPlatform* each : all) {
    const bool beaten = std::any_of(all.begin(), all.end(), [&](const InstallPlatform* other) {
      return other != each && covers(other->platform, each->platform) && !covers(each->platform, other->platform);
    });
    if (!beaten) best.push_back(each);
  }
  return best;
}

std::string names_of(const std::vector<const InstallPlatform*>& platforms) {
  std::vector<std::string> names;
  for (const InstallPlatform* each : platforms) names.push_back("`" + core::printable(each->platform.name) + "`");
  return core::join(names, ", ");
}

std::vector<const InstallPlatform*> all_of(const InstallSet& set) {
  std::vector<const InstallPlatform*> all;
  for (const InstallPlatform& each : set.platforms) all.push_back(&each);
  return all;
}

const InstallPlatform& without_obstacles(const InstallPlatform& platform) {
  if (!platform.obstacles.empty()) throw core::Error(platform.obstacles);
  return platform;
}

[[noreturn]] void no_platform(const InstallSet& set, std::string_view subdir, const std::string& file) {
  std::string hint = "lock for this machine too: `envlock lock -p " + core::printable(subdir, 40) + "`";
  // One platform is all that such a file has room for, and the other formats are not ours to write.
  if (set.format == LockFormat::explicit_urls)
    hint = "take the list that was exported for " + core::printable(subdir, 40);
  if (set.format == LockFormat::conda_lock || set.format == LockFormat::pixi) {
    hint = "add the platform with the tool that wrote the file";
  }
  throw core::Error(
      core::Diagnostic{.code = "no-platform-fits",
                       .what = "`" + core::printable(file) + "` holds nothing for " + core::printable(subdir, 40),
                       .why = {set.platforms.empty() ? "it holds no platform" : "it holds " + names_of(all_of(set))},
                       .hints = {std::move(hint)}});
}

/// One wish of records: who has it.
struct Need {
  std::vector<std::string> wanted_by;  ///< "pytorch 2.5.1"
};

// True when the machine is what the spec asks for. A package for `x86_64_v3` runs on whatever descends from it.
bool meets(const conda::MatchSpec& spec, const VirtualPackage& have) {
  const auto version = conda::Version::try_parse(have.version);
  if (!version) return false;
  if (have.name != kArchspec) return spec.matches(have.name, *version, have.build, 0);
  // Version 1 says that the microarchitecture is known, as it is to us when a package names it.
  for (const std::string& each : microarchitecture_and_ancestors(have.build)) {
    if (spec.matches(have.name, *version, each, 0)) return true;
    if (spec.matches(have.name, conda::Version::parse("1"), each, 0)) return true;
  }
  return false;
}

class NeedsOfRecords {
 public:
  explicit NeedsOfRecords(const std::vector<VirtualPackage>& machine) : machine_(machine) {}

  void add(const conda::PackageRecord& record) {
    for (const std::string& text : record.depends) add(record, text, true);
    for (const std::string& text : record.constrains) add(record, text, false);
  }

  std::vector<core::Diagnostic> diagnostics() const {
    std::vector<core::Diagnostic> all;
    for (const auto& [name, needs] : unmet_) all.push_back(diagnostic(name, needs));
    return all;
  }

 private:
  void add(const conda::PackageRecord& record, const std::string& text, bool must_be_there) {
    const std::string_view trimmed = core::trim(text);
    if (!trimmed.starts_with("__")) return;
    const auto [known, is_new] = verdicts_.try_emplace(std::pair(std::string(trimmed), must_be_there));
    if (is_new) known->second = judge(trimmed, must_be_there);
    if (!known->second.empty()) {
      unmet_[known->second][std::string(trimmed)].wanted_by.push_back(record.name + " " + record.version);
    }
  }

  // The name of the virtual package that is not as it is asked for; "" when all is well.
  std::string judge(std::string_view text, bool must_be_there) const {
    try {
      const conda::MatchSpec spec = conda::MatchSpec::parse(text);
      const VirtualPackage* have = find(machine_, spec.name);
      if (have == nullptr) return must_be_there ? spec.name : "";
      return meets(spec, *have) ? "" : spec.name;
    } catch (const core::Error&) {
      return {};  // whoever made the lock could not read it either
    }
  }

  core::Diagnostic diagnostic(const std::string& name, const std::map<std::string, Need>& needs) const {
    const VirtualPackage* have = find(machine_, name);
    core::Diagnostic result{.code = "machine-lacks"};
    const std::string printed = core::printable(name, 40);
    result.what = have == nullptr ? "this machine has no `" + printed + "`, and packages of the lock need it"
                                  : "this machine's `" + printed + "` is not what packages of the lock need";
    for (const auto& [text, need] : needs) {
      if (result.why.size() == kMostNamed && needs.size() > kMostNamed) {
        result.why.push_back("and " + std::to_string(needs.size() - kMostNamed) + " other conditions");
        break;
      }
      result.why.push_back("want `" + core::printable(text, 80) + "` for " + packages_of(need));
    }
    result.why.push_back("have " + (have == nullptr ? "nothing" : shown(*have)));
    result.hints.push_back(hint(name));
    return result;
  }

  static std::string packages_of(const Need& need) {
    std::vector<std::string> names(need.wanted_by);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kMostNamed); ++i) {
      text += (i == 0 ? "`" : ", `") + core::printable(names[i], 80) + "`";
    }
    if (names.size() > kMostNamed) text += " and " + std::to_string(names.size() - kMostNamed) + " more";
    return text;
  }

  static std::string hint(const std::string& name) {
    if (name == "__cuda" || name == "__cuda_arch") {
      return "update the NVIDIA driver, or lock a platform that assumes what this machine has";
    }
    return "lock a platform that assumes what this machine has: `envlock lock --virtual-package " +
           core::printable(name, 40) + "=VERSION`";
  }

  const std::vector<VirtualPackage>& machine_;
  std::map<std::pair<std::string, bool>, std::string> verdicts_;
  std::map<std::string, std::map<std::string, Need>> unmet_;
};

}  // namespace

const InstallPlatform& choose_platform(const InstallSet& set, std::string_view subdir,
                                       const std::vector<VirtualPackage>& machine, const std::string& file) {
  std::vector<const InstallPlatform*> fitting;
  std::vector<std::string> why;
  bool any = false;
  for (const InstallPlatform& each : set.platforms) {
    if (each.platform.subdir != subdir && each.platform.subdir != "noarch") continue;
    any = true;
    const std::vector<std::string> missing = lacks(each.platform, machine);
    if (missing.empty()) fitting.push_back(&each);
    why.insert(why.end(), missing.begin(), missing.end());
  }
  if (!any) no_platform(set, subdir, file);
  if (fitting.empty()) {
    throw core::Error(core::Diagnostic{
        .code = "no-platform-fits",
        .what = "this machine is not what `" + core::printable(file) + "` was locked for",
        .why = std::move(why),
        .hints = {"add a platform to the lock that assumes what this machine has; `envlock snapshot` tells it"}});
  }
  const std::vector<const InstallPlatform*> best = most_specific(fitting);
  if (best.size() > 1) {
    throw core::Error(
        core::Diagnostic{.code = "platform-tie",
                         .what = "several platforms of `" + core::printable(file) +
                                 "` fit this machine, and none demands more than the others",
                         .why = {"these fit: " + names_of(best)},
                         .hints = {"choose one: `--platform " + core::printable(best.front()->platform.name) + "`"}});
  }
  return without_obstacles(*best.front());
}

const InstallPlatform& platform_named(const InstallSet& set, std::string_view name, const std::string& file) {
  std::vector<std::string> names;
  for (const InstallPlatform& each : set.platforms) {
    if (each.platform.name == name) return without_obstacles(each);
    names.push_back(each.platform.name);
  }
  core::Diagnostic unknown{.code = "unknown-platform",
                           .what = "`" + core::printable(file) + "` has no platform `" + core::printable(name) + "`"};
  if (const auto near = core::closest_match(name, names)) {
    unknown.hints.push_back("did you mean `" + core::printable(*near) + "`?");
  } else {
    unknown.hints.push_back("it has " + (names.empty() ? "none" : names_of(all_of(set))));
  }
  throw core::Error(std::move(unknown));
}

std::vector<core::Diagnostic> unmet_machine_needs(const std::vector<conda::PackageRecord>& records,
                                                  const std::vector<VirtualPackage>& machine) {
  NeedsOfRecords needs(machine);
  for (const conda::PackageRecord& record : records) needs.add(record);
  return needs.diagnostics();
}

}  // namespace envlock::lock
