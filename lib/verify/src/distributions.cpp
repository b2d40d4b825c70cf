#include "distributions.h"

#include <algorithm>
#include <map>
#include <set>

#include "envlock/pypi/name.h"

namespace envlock::verify {
namespace {

std::string label(const prefix::Distribution& distribution) {
  return core::printable(distribution.name) + " " + core::printable(distribution.version);
}

std::string installer_of(const prefix::Distribution& distribution) {
  return distribution.installer.empty() ? "an installer that did not say its name"
                                        : core::printable(distribution.installer);
}

/// A conda package brought it: a file of its dist-info (or egg-info) folder is the package's.
bool is_condas(const prefix::Distribution& distribution, const PrefixView& view, const Ownership& ownership) {
  for (const char* name : {"", "/METADATA", "/PKG-INFO"}) {
    const Node* node = view.tree->resolve(distribution.folder + name);
    if (node != nullptr && node->kind != NodeKind::directory && ownership.is_owned(*node)) return true;
  }
  return false;
}

/// "requests" of ".../requests-2.31.0.dist-info/METADATA"; "" for other paths.
std::string distribution_of(const std::string& path) {
  for (const std::string_view end : {".dist-info/METADATA", ".egg-info/PKG-INFO"}) {
    if (path.size() <= end.size() || path.compare(path.size() - end.size(), end.size(), end) != 0) continue;
    const std::string stem = path.substr(0, path.size() - end.size());
    const std::size_t slash = stem.rfind('/');
    const std::string title = slash == std::string::npos ? stem : stem.substr(slash + 1);
    return pypi::normalize_name(title.substr(0, title.find('-')));
  }
  return {};
}

bool has_bytes_problem(const CheckedPackage& package, const std::set<std::string>& paths) {
  return std::any_of(package.checked.problems.begin(), package.checked.problems.end(), [&](const Problem& problem) {
    return problem.kind == Problem::Kind::bytes && paths.count(package.layout.paths[problem.path].path) != 0;
  });
}

/// The conda package whose files `distribution` was put over: one of the same name that lost its own dist-info, or one
/// with files that are not its own and that RECORD lists.
std::string replaced_package(const prefix::Distribution& distribution, const std::vector<CheckedPackage>& packages) {
  std::set<std::string> recorded;
  for (const prefix::RecordLine& line : distribution.record) recorded.insert(line.path);
  for (const CheckedPackage& package : packages) {
    if (package.subject.role == Role::owner_only) continue;
    for (const WantedPath& wanted : package.layout.paths) {
      if (distribution_of(wanted.path) == distribution.name) return package.subject.record.name;
    }
  }
  for (const CheckedPackage& package : packages) {
    if (package.subject.role != Role::owner_only && has_bytes_problem(package, recorded)) {
      return package.subject.record.name;
    }
  }
  return {};
}

}  // namespace

std::vector<ForeignDistribution> find_foreign(const std::vector<prefix::Distribution>& all,
                                              const std::vector<CheckedPackage>& packages, const PrefixView& view,
                                              const Ownership& ownership, const Expected* expected,
                                              std::vector<Finding>& findings) {
  std::vector<ForeignDistribution> foreign;
  std::set<std::string> there;
  for (const prefix::Distribution& distribution : all) {
    there.insert(distribution.name);
    // Whose it is, and which files it lists, cannot be told.
    if (view.tree->find_unseen(distribution.folder + "/METADATA") != nullptr) continue;
    if (is_condas(distribution, view, ownership)) continue;
    ForeignDistribution one;
    one.distribution = distribution;
    one.replaces = replaced_package(distribution, packages);
    if (expected != nullptr) {
      const auto& names = expected->pip_names;
      one.is_expected = std::find(names.begin(), names.end(), distribution.name) != names.end();
      for (const lock::LockedWheel& wheel : expected->wheels) {
        if (wheel.name == distribution.name) one.wheel = &wheel;
      }
      for (const UnhashedDistribution& unhashed : expected->unhashed) {
        if (unhashed.name == distribution.name) one.unhashed = &unhashed;
      }
      one.is_expected = one.is_expected || one.wheel != nullptr || one.unhashed != nullptr;
    }
    foreign.push_back(std::move(one));
  }
  if (expected == nullptr) return foreign;
  for (const UnhashedDistribution& unhashed : expected->unhashed) {
    if (!unhashed.trouble) continue;
    findings.push_back({.weight = Weight::fault,
                        .group = Group::distributions,
                        .package = unhashed.name,
                        .path = {},
                        .diagnostic = *unhashed.trouble});
  }
  std::set<std::string> wanted(expected->pip_names.begin(), expected->pip_names.end());
  for (const lock::LockedWheel& wheel : expected->wheels) wanted.insert(wheel.name);
  for (const std::string& name : wanted) {
    if (there.count(name) != 0) continue;
    if (view.python && view.tree->find_unseen(view.python->site_packages + "/x") != nullptr) continue;
    findings.push_back({.weight = Weight::fault,
                        .group = Group::distributions,
                        .package = name,
                        .path = {},
                        .diagnostic = {.code = "distribution-missing",
                                       .what = "the distribution " + in_quotes(name) + " of the lock is not installed",
                                       .where = {},
                                       .why = {},
                                       .hints = {"`envlock install` installs it"}}});
  }
  return foreign;
}

namespace {

class DistributionCheck {
 public:
  DistributionCheck(std::vector<CheckedPackage>& packages, const PrefixView& view, const HashStore& hashes,
                    bool against_lock, const Advice& advice, std::vector<Finding>& findings)
      : packages_(packages),
        view_(view),
        hashes_(hashes),
        against_lock_(against_lock),
        advice_(advice),
        findings_(findings) {}

  PackageVerdict check(const ForeignDistribution& foreign) {
    const prefix::Distribution& distribution = foreign.distribution;
    const CheckedLayout checked = check_layout(foreign.layout, view_, hashes_);
    const std::size_t before = findings_.size();
    if (!foreign.replaces.empty()) {
      say_replaced(foreign);
    } else if (against_lock_ && !foreign.is_expected) {
      say_extra(foreign);
    } else {
      say_other_version(foreign);
    }
    if (foreign.unhashed != nullptr) {
      say_unhashed(foreign);
    } else if (distribution.editable) {
      say_editable(foreign);
    }
    report_files(foreign, checked);
    PackageVerdict verdict;
    verdict.kind = PackageKind::pypi;
    verdict.name = distribution.name;
    verdict.version = distribution.version;
    verdict.proof = foreign.layout.proof;
    verdict.archive = foreign.layout.archive;
    verdict.weak_reason = foreign.layout.weak_reason;
    verdict.files = foreign.layout.paths.size();
    for (std::size_t i = before; i < findings_.size(); ++i)
      verdict.faults += findings_[i].weight == Weight::fault ? 1 : 0;
    return verdict;
  }

 private:
  void add(const ForeignDistribution& foreign, Weight weight, const std::string& path, core::Diagnostic diagnostic) {
    findings_.push_back({.weight = weight,
                         .group = Group::distributions,
                         .package = foreign.distribution.name,
                         .path = path,
                         .diagnostic = std::move(diagnostic)});
  }

  void say_extra(const ForeignDistribution& foreign) {
    const prefix::Distribution& distribution = foreign.distribution;
    std::vector<std::string> why{"installed by " + installer_of(distribution) + ", " +
                                 count_of(foreign.layout.paths.size(), "file")};
    if (!distribution.direct_url.empty()) why.push_back("from " + core::printable(distribution.direct_url));
    if (foreign.may_be_condas) why.push_back("a record of conda-meta that could not be read may name it");
    add(foreign, foreign.may_be_condas ? Weight::unknown : Weight::fault, distribution.folder,
        {.code = "distribution-extra",
         .what = label(distribution) + " is installed, and is not in the lock",
         .where = {},
         .why = std::move(why),
         .hints = {"`python -m pip uninstall " + core::printable(distribution.name) + "` removes it",
                   "to keep it, ask for its conda package in environment.yml, and run `envlock lock`"}});
  }

  void say_other_version(const ForeignDistribution& foreign) {
    if (foreign.wheel == nullptr || foreign.wheel->version == foreign.distribution.version) return;
    add(foreign, Weight::fault, foreign.distribution.folder,
        {.code = "distribution-differs",
         .what = in_quotes(foreign.distribution.name) + " is installed in another version",
         .where = {},
         .why = {"want " + core::printable(foreign.wheel->version),
                 "have " + core::printable(foreign.distribution.version)},
         .hints = advice_.reinstall(foreign.distribution.name)});
  }

  /// What the lock itself says it has no hash of.
  void say_unhashed(const ForeignDistribution& foreign) {
    const UnhashedDistribution& unhashed = *foreign.unhashed;
    const bool is_folder = unhashed.is_folder;
    add(foreign, Weight::note, foreign.distribution.folder,
        {.code = "distribution-not-hashed",
         .what = label(foreign.distribution) + (is_folder ? " is linked to a folder, whose content nothing fixes"
                                                          : " is pinned by its commit, not by a hash of the lock"),
         .where = {},
         .why = {core::printable(unhashed.place)},
         .hints = {}});
  }

  void say_editable(const ForeignDistribution& foreign) {
    std::vector<std::string> why{"python imports it from a folder outside of the prefix, whose content nothing fixes"};
    if (!foreign.distribution.direct_url.empty()) why.push_back(core::printable(foreign.distribution.direct_url));
    add(foreign, against_lock_ ? Weight::fault : Weight::note, foreign.distribution.folder,
        {.code = "distribution-editable",
         .what = label(foreign.distribution) + " is an editable install",
         .where = {},
         .why = std::move(why),
         .hints = {"install a wheel of it instead"}});
  }

  /// The conda package's complaints about what the other installer removed or wrote over become this finding's.
  void say_replaced(const ForeignDistribution& foreign) {
    std::set<std::string> recorded;
    for (const WantedPath& wanted : foreign.layout.paths) recorded.insert(wanted.path);
    std::vector<std::string> missing, other;
    std::string version;
    for (CheckedPackage& package : packages_) {
      if (package.subject.record.name != foreign.replaces) continue;
      version = package.subject.record.version;
      std::vector<Problem>& problems = package.checked.problems;
      const auto takes_over = [&](const Problem& problem) {
        const std::string& path = package.layout.paths[problem.path].path;
        const bool is_recorded = recorded.count(path) != 0;
        if (problem.kind == Problem::Kind::unseen) return false;
        if (problem.kind == Problem::Kind::missing && !is_recorded) missing.push_back(path);
        if (problem.kind != Problem::Kind::missing && is_recorded) other.push_back(path);
        return (problem.kind == Problem::Kind::missing) != is_recorded;
      };
      std::vector<Problem> kept;
      for (Problem& problem : problems) {
        if (!takes_over(problem)) kept.push_back(std::move(problem));
      }
      problems = std::move(kept);
    }
    const prefix::Distribution& distribution = foreign.distribution;
    std::vector<std::string> why{
        "want " + core::printable(foreign.replaces) + " " + core::printable(version) + " of conda",
        "have " + label(distribution) + " of " + installer_of(distribution)};
    if (!other.empty()) why.push_back(count_of(other.size(), "file") + " written over: " + few_of(other));
    if (!missing.empty()) why.push_back(count_of(missing.size(), "file") + " removed: " + few_of(missing));
    add(foreign, Weight::fault, distribution.folder,
        {.code = "distribution-replaces-conda",
         .what = installer_of(distribution) + " put " + label(distribution) + " in place of conda's package " +
                 in_quotes(foreign.replaces),
         .where = {},
         .why = std::move(why),
         .hints = advice_.reinstall(foreign.replaces)});
    findings_.back().count = other.size() + missing.size();
  }

  void report_files(const ForeignDistribution& foreign, const CheckedLayout& checked) {
    const bool by_wheel = foreign.layout.proof == Proof::archive || foreign.layout.proof == Proof::local;
    say_unseen(foreign.layout, checked.problems, Group::distributions, foreign.distribution.name,
               label(foreign.distribution), findings_);
    for (const Problem& problem : checked.problems) {
      const WantedPath& wanted = foreign.layout.paths[problem.path];
      if (problem.kind == Problem::Kind::loose_mode || problem.kind == Problem::Kind::unseen) continue;
      if (problem.kind == Problem::Kind::not_read) {
        add(foreign, Weight::unknown, wanted.path,
            {.code = "file-not-read",
             .what = in_quotes(wanted.path) + " could not be read",
             .where = {},
             .why = problem.why,
             .hints = {}});
        continue;
      }
      const bool is_missing = problem.kind == Problem::Kind::missing;
      std::vector<std::string> why{label(foreign.distribution) + ", installed by " +
                                   installer_of(foreign.distribution)};
      why.insert(why.end(), problem.why.begin(), problem.why.end());
      const std::string by = by_wheel ? " of its wheel" : " that its RECORD lists";
      add(foreign, Weight::fault, wanted.path,
          {.code = is_missing ? "distribution-file-missing" : "distribution-file-differs",
           .what = in_quotes(wanted.path) + (is_missing ? " is missing" : " is not the file" + by),
           .where = {},
           .why = std::move(why),
           .hints = put_back(foreign)});
    }
  }

  /// What the lock names comes from where the lock says, and not from whatever index pip would ask.
  std::vector<std::string> put_back(const ForeignDistribution& foreign) const {
    if (against_lock_ && foreign.is_expected) return advice_.reinstall(foreign.distribution.name);
    return {"`python -m pip install --force-reinstall --no-deps " + core::printable(foreign.distribution.name) +
            "` puts it back"};
  }

  std::vector<CheckedPackage>& packages_;
  const PrefixView& view_;
  const HashStore& hashes_;
  bool against_lock_;
  const Advice& advice_;
  std::vector<Finding>& findings_;
};

}  // namespace

void check_distributions(std::vector<ForeignDistribution>& foreign, std::vector<CheckedPackage>& packages,
                         const PrefixView& view, const HashStore& hashes, bool against_lock, const Advice& advice,
                         Ownership& ownership, std::vector<Finding>& findings, std::vector<PackageVerdict>& verdicts) {
  DistributionCheck check(packages, view, hashes, against_lock, advice, findings);
  for (const ForeignDistribution& one : foreign) {
    verdicts.push_back(check.check(one));
    ownership.own(one.layout, Ownership::Kind::proved);
  }
}

}  // namespace envlock::verify
