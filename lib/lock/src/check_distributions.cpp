#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "check.h"
#include "envlock/core/text.h"
#include "envlock/core/time.h"
#include "envlock/pypi/tags.h"
#include "pip_match.h"
#include "platform_findings.h"

namespace envlock::lock {
namespace {

using Source = LockedDistribution::Source;

std::string quoted_list(const std::set<std::string>& names) {
  return "`" + core::printable(core::join(std::vector<std::string>(names.begin(), names.end()), "`, `")) + "`";
}

std::string version_of(const conda::Platform& platform, std::string_view name) {
  for (const conda::VirtualPackage& each : platform.virtual_packages) {
    if (each.name == name) return each.version;
  }
  return {};
}

class DistributionCheck {
 public:
  DistributionCheck(const PipCatalog& catalog, const LockedPlatform& platform, PlatformFindings& findings)
      : catalog_(catalog), platform_(platform), view_(catalog, platform), match_(catalog, view_), findings_(findings) {}

  void run() {
    if (!view_.has_python()) return check_python_is_there();
    tags_.emplace(view_.tag_python(), pypi::TagPlatform{.subdir = platform_.platform.subdir,
                                                        .glibc_version = version_of(platform_.platform, "__glibc"),
                                                        .musl_version = version_of(platform_.platform, "__musl"),
                                                        .osx_version = version_of(platform_.platform, "__osx")});
    const PipReach reach = view_.reach();
    for (const PlatformDistribution& each : platform_.distributions) {
      const LockedDistribution& distribution = catalog_.distribution(each.distribution);
      const auto use = reach.distributions.find(each.distribution);
      if (use == reach.distributions.end()) {
        add("unreachable-package", shown(distribution) + " is locked, but no line of `pip:` asks for it");
      } else {
        check_use(each, distribution, use->second);
      }
      check_requires(each);
      check_fit(distribution);
      check_cut_off(distribution);
    }
    check_provided_extras(reach);
  }

 private:
  void add(const char* code, std::string what, std::vector<std::string> why = {}) {
    findings_.add(platform_.platform.name, {.code = code, .what = std::move(what), .why = std::move(why)});
  }

  void check_python_is_there() {
    const std::vector<PipLine>& lines = catalog_.lock().pip_lines;
    const bool asked = std::any_of(lines.begin(), lines.end(), [&](const PipLine& line) {
      return !line.constraint &&
             (line.selector.empty() || spec::selector_holds(line.selector, platform_.platform.subdir));
    });
    if (!asked && platform_.distributions.empty()) return;
    add("pip-without-python", "the lines of `pip:` need a python, and the conda part locks none");
  }

  void check_use(const PlatformDistribution& each, const LockedDistribution& distribution, const PipReach::Use& use) {
    const auto differs = [](const std::set<std::string>& wanted, const std::vector<std::string>& locked) {
      return !std::equal(wanted.begin(), wanted.end(), locked.begin(), locked.end());
    };
    if (differs(use.categories, each.categories)) {
      add("wrong-category", shown(distribution) + " stands in the wrong category",
          {"lines of " + quoted_list(use.categories) + " reach it"});
    }
    if (differs(use.extras, each.extras)) {
      add("wrong-extras", shown(distribution) + " stands with the wrong extras",
          {use.extras.empty() ? "none is asked for" : quoted_list(use.extras) + " is asked for"});
    }
    if (const ProvidedDistribution* provided = view_.find_provided(distribution.name)) {
      add("provided-twice", shown(distribution) + " is locked, and the conda part brings it too",
          {core::printable(provided->conda_name + " " + provided->version) + " is it"});
    }
  }

  void check_requires(const PlatformDistribution& each) {
    const LockedDistribution& distribution = catalog_.distribution(each.distribution);
    std::vector<std::string> extras = each.extras;
    extras.insert(extras.begin(), "");
    const auto& all = catalog_.requires_of(each.distribution);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!all[i]) continue;
      const bool counts = std::any_of(extras.begin(), extras.end(),
                                      [&](const std::string& extra) { return view_.holds(*all[i], extra); });
      // A requirement by URL is met by whatever has the name.
      const std::string fault = counts ? match_.fault(all[i]->name, all[i]->specifiers) : std::string();
      if (fault.empty()) continue;
      add("unmet-depend", shown(distribution) + " needs " + quoted(distribution.requires_dist[i]),
          {"the platform " + fault});
    }
  }

  // What extras add of what the conda part brings was asked for one version, and is met like any other need.
  void check_provided_extras(const PipReach& reach) {
    for (const auto& [name, extra] : reach.provided_extras) {
      const std::string title = quoted(name + "[" + extra + "]");
      const ProvidedExtra* added = view_.find_provided_extra(name, extra);
      const ProvidedDistribution* provided = view_.find_provided(name);
      if (added == nullptr || added->version != provided->version) {
        add("extra-unknown", "the lock does not hold what " + title + " adds",
            {core::printable(provided->conda_name + " " + provided->version) + " is what the conda part brings"});
        continue;
      }
      for (const std::string& text : added->requires_dist) {
        const auto requirement = pypi::Requirement::parse_leniently(text);
        if (!requirement || !view_.holds(*requirement, extra)) continue;
        const std::string fault = match_.fault(requirement->name, requirement->specifiers);
        if (!fault.empty()) add("unmet-depend", title + " needs " + quoted(text), {"the platform " + fault});
      }
    }
  }

  // The python and the machine that the file is for.
  void check_fit(const LockedDistribution& distribution) {
    const auto python = pypi::Version::try_parse(view_.python());
    const auto wanted = pypi::Specifiers::parse_leniently(distribution.requires_python);
    if (python && wanted && !wanted->contains(*python, pypi::Prereleases::include)) {
      add("unmet-depend", shown(distribution) + " needs python " + quoted(distribution.requires_python),
          {"python " + core::printable(view_.python()) + " is locked"});
    }
    const std::string& file = distribution.source == Source::built ? distribution.built_file : distribution.file;
    const auto wheel = pypi::parse_wheel_name(file);
    if (wheel && !tags_->rank(*wheel)) {
      add("wheel-unfit", quoted(file) + " is not for this platform and its python",
          {"python " + core::printable(view_.python()) + " is locked"});
    }
  }

  void check_cut_off(const LockedDistribution& distribution) {
    const Options& options = catalog_.lock().options;
    const bool of_index = distribution.source == Source::index || distribution.source == Source::built;
    if (!options.exclude_newer || !of_index) return;
    const auto& time = distribution.upload_time;
    if (time ? *time <= *options.exclude_newer : !options.exclude_newer_strict) return;
    add("newer-than-cut-off",
        shown(distribution) + (time ? " is newer than the lock's cut-off date" : " carries no time"),
        {"the cut-off is " + core::format_time(*options.exclude_newer) +
         (time ? ", the file is of " + core::format_time(*time) : ", and files without a time are dropped")});
  }

  const PipCatalog& catalog_;
  const LockedPlatform& platform_;
  PipView view_;
  PipMatch match_;
  PlatformFindings& findings_;
  std::optional<pypi::Tags> tags_;
};

}  // namespace

void check_distributions(const PipCatalog& pip, Findings& findings) {
  if (!pip.lock().pip) return;
  PlatformFindings all;
  for (const LockedPlatform& platform : pip.lock().platforms) DistributionCheck(pip, platform, all).run();
  all.append_to(findings);
}

}  // namespace envlock::lock
