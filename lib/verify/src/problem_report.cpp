#include <algorithm>
#include <map>

#include "file_findings.h"

namespace envlock::verify {
namespace {

struct Words {
  const char* code;
  const char* what;  ///< after the path's name
};

Words words_of(Problem::Kind kind) {
  switch (kind) {
    case Problem::Kind::missing:
      return {"file-missing", " is missing"};
    case Problem::Kind::bytes:
      return {"file-differs", " is not the file of its package"};
    case Problem::Kind::mode:
      return {"file-mode-differs", " has another mode"};
    case Problem::Kind::type:
      return {"file-type-differs", " is of another kind"};
    case Problem::Kind::target:
      return {"link-differs", " points elsewhere"};
    case Problem::Kind::not_read:
      return {"file-not-read", " could not be read"};
    case Problem::Kind::unseen:
    case Problem::Kind::moved:
    case Problem::Kind::loose_mode:
      break;
  }
  return {"", ""};
}

std::string label(const conda::PackageRecord& record) {
  return core::printable(record.name) + " " + core::printable(record.version) + " " + core::printable(record.build);
}

class Reporter {
 public:
  Reporter(const PrefixView& view, const Advice& advice, std::vector<Finding>& findings)
      : view_(view), advice_(advice), findings_(findings) {}

  void report(const CheckedPackage& package) {
    for (const std::string& text : package.layout.inconsistencies) {
      add(package, "", Weight::note,
          {.code = "package-inconsistent",
           .what = label(package.subject.record) + ": " + text,
           .where = {},
           .why = {},
           .hints = {"tell whoever built the package"}});
    }
    // A package that is not there at all is one finding, not one for each file.
    if (package.subject.role == Role::missing && package.checked.present == 0) return;
    for (const Problem& problem : package.checked.problems) report(package, problem);
    say_unseen(package.layout, package.checked.problems, Group::files, package.subject.record.name,
               label(package.subject.record), findings_);
  }

  void finish() {
    for (const auto& [elsewhere, files] : moved_) {
      findings_.push_back(
          {.weight = Weight::fault,
           .group = Group::files,
           .package = {},
           .path = files.front(),
           .diagnostic = {.code = "prefix-moved",
                          .what = count_of(files.size(), "file") + " were installed to another place, " +
                                  in_quotes(elsewhere),
                          .where = {},
                          .why = {"want " + view_.names.front(), "have " + core::printable(elsewhere),
                                  "programs of this prefix use what is there", "such are " + few_of(files)},
                          .hints = {"if the prefix was copied or moved from there: " +
                                        advice_.again("--installed-at " + core::printable(elsewhere)),
                                    "install it anew where it is to be used"}},
           .count = files.size()});
    }
    if (loose_.empty()) return;
    findings_.push_back({.weight = Weight::note,
                         .group = Group::files,
                         .package = {},
                         .path = {},
                         .diagnostic = {.code = "file-mode-loose",
                                        .what = count_of(loose_.size(), "file") +
                                                " may be written by their group, and not so in their packages",
                                        .where = {},
                                        .why = {"such are " + few_of(loose_)},
                                        .hints = {}},
                         .count = loose_.size()});
  }

 private:
  void add(const CheckedPackage& package, const std::string& path, Weight weight, core::Diagnostic diagnostic) {
    findings_.push_back({.weight = weight,
                         .group = Group::files,
                         .package = package.subject.record.name,
                         .path = path,
                         .diagnostic = std::move(diagnostic)});
  }

  void report(const CheckedPackage& package, const Problem& problem) {
    const WantedPath& wanted = package.layout.paths[problem.path];
    if (problem.kind == Problem::Kind::unseen) return;
    if (problem.kind == Problem::Kind::moved) {
      moved_[problem.why.front()].push_back(wanted.path);
      return;
    }
    if (problem.kind == Problem::Kind::loose_mode) {
      loose_.push_back(wanted.path);
      return;
    }
    const Words words = words_of(problem.kind);
    std::vector<std::string> why{label(package.subject.record)};
    why.insert(why.end(), problem.why.begin(), problem.why.end());
    const bool may_be_script = problem.kind == Problem::Kind::bytes || problem.kind == Problem::Kind::missing;
    if (may_be_script && has_link_script(package.layout)) {
      why.push_back("the package has a post-link script, " + few_of(package.layout.link_scripts) +
                    ", which may have changed it");
    }
    const bool unread = problem.kind == Problem::Kind::not_read;
    add(package, wanted.path, unread ? Weight::unknown : Weight::fault,
        {.code = words.code,
         .what = in_quotes(wanted.path) + words.what,
         .where = {},
         .why = std::move(why),
         .hints = unread ? std::vector<std::string>{} : advice_.reinstall(package.subject.record.name)});
  }

  const PrefixView& view_;
  const Advice& advice_;
  std::vector<Finding>& findings_;
  std::map<std::string, std::vector<std::string>> moved_;
  std::vector<std::string> loose_;
};

}  // namespace

void say_unseen(const PackageLayout& layout, const std::vector<Problem>& problems, Group group,
                const std::string& package, const std::string& label, std::vector<Finding>& findings) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> hidden;
  for (const Problem& problem : problems) {
    if (problem.kind != Problem::Kind::unseen) continue;
    hidden[{problem.why.at(0), problem.why.at(1)}].push_back(layout.paths[problem.path].path);
  }
  for (const auto& [place, paths] : hidden) {
    findings.push_back(
        {.weight = Weight::unknown,
         .group = group,
         .package = package,
         .path = place.first,
         .diagnostic = {.code = "file-not-read",
                        .what = count_of(paths.size(), "file") + " could not be looked at",
                        .where = {},
                        .why = {label, "at " + in_quotes(place.first) + " the system says: " + place.second,
                                "such are " + few_of(paths)},
                        .hints = {}},
         .count = paths.size()});
  }
}

void report_problems(const std::vector<CheckedPackage>& packages, const PrefixView& view, const Advice& advice,
                     std::vector<Finding>& findings) {
  Reporter reporter(view, advice, findings);
  for (const CheckedPackage& package : packages) reporter.report(package);
  reporter.finish();
}

}  // namespace envlock::verify
