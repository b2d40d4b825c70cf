#include "pypi_absence.h"

#include <algorithm>

#include "conda_wish.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::resolve {
namespace {

std::string number(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

void tell_constraints(const Universe& universe, const Project& project, Absence& absence) {
  for (const std::size_t index : project.constraints) {
    const pypi::PipRequest& bound = universe.problem().constraints[index];
    std::string place = bound.where.file;
    if (bound.where.line > 0) place += ":" + std::to_string(bound.where.line);
    absence.why.push_back("the constraint `" + core::printable(bound.text, 80) + "`" +
                          (place.empty() ? "" : " (" + place + ")") + " bounds it");
  }
}

Absence explain_provided(const Project& project, const pypi::Requirement& requirement) {
  const ProvidedDistribution& provided = *project.provided;
  Absence absence{.code = "conda-conflict"};
  absence.why.push_back("the conda part brings `" + provided.conda_name + " " + provided.version + "`" +
                        (provided.conda_name == project.name ? "" : ", which is `" + project.name + "` on PyPI") +
                        ", and pip never replaces what conda installs");
  if (!pypi::Version::try_parse(provided.version)) {
    absence.why.push_back("`" + core::printable(provided.version) +
                          "` is no version of PEP 440, so it meets only a need for any version");
  }
  absence.wish = make_conda_wish(provided, requirement.specifiers);
  absence.hints.push_back(absence.wish->hint);
  return absence;
}

/// Versions that the platform could take and that do not meet the requirement, or do and are refused. True: some
/// version is what the requirement allows.
bool tell_releases(const Universe& universe, const Project& project, const pypi::Requirement& requirement,
                   Absence& absence) {
  const ProjectId id = universe.known(project.name);
  bool any = false;
  const Release* newest = nullptr;
  const Release* newest_prerelease = nullptr;
  const Release* newest_yanked = nullptr;
  std::size_t refused = 0;
  std::string refusal;
  for (const Release& release : project.releases) {
    const bool allowed = requirement.specifiers.contains(release.version);
    any |= allowed;
    const bool matches = allowed && universe.meets_constraints(id, release);
    if (release.state == Release::State::refused) {
      if (matches && refused++ == 0) refusal = release.version_text + ": " + release.refusal;
    } else if (release.yanked) {
      if (newest_yanked == nullptr && matches) newest_yanked = &release;
    } else if (release.version.is_prerelease()) {
      if (newest_prerelease == nullptr && matches) newest_prerelease = &release;
    } else if (newest == nullptr) {
      newest = &release;
    }
  }
  if (refused > 0) absence.why.push_back(number(refused, "version") + " cannot be had, such as " + refusal);
  if (newest_yanked != nullptr) {
    absence.why.push_back(newest_yanked->version_text + " was yanked from the index");
    absence.hints.push_back("a yanked version is taken only by name: `" + project.name +
                            "==" + newest_yanked->version_text + "`");
  }
  if (newest_prerelease != nullptr) {
    absence.why.push_back(newest_prerelease->version_text + " is a pre-release");
    absence.hints.push_back("let it in with `" + project.name + ">=" + newest_prerelease->version_text +
                            "`, or all pre-releases with `--pre`");
  }
  if (newest != nullptr)
    absence.why.push_back("the newest version that the platform can take is " + newest->version_text);
  return any;
}

/// Versions that the requirement allows and that do not count on the platform, cause by cause.
std::size_t tell_left_out(const Universe& universe, const Project& project, const pypi::Requirement& requirement,
                          Absence& absence) {
  using Cause = LeftOut::Cause;
  const std::string python = universe.problem().environment.python_full_version;
  std::size_t told = 0;
  const auto tell = [&](Cause cause, const std::string& words, const std::string& hint) {
    std::size_t count = 0;
    std::string newest;
    for (const LeftOut& each : project.left_out) {
      if (each.cause != cause || !requirement.specifiers.contains(each.version)) continue;
      if (count++ == 0) newest = each.words;
    }
    if (count == 0) return;
    told += count;
    absence.why.push_back(number(count, "version") + " " + words + ", the newest " + newest);
    if (!hint.empty()) absence.hints.push_back(hint);
  };
  tell(Cause::other_python, "not for python " + python, "ask conda for another `python`");
  tell(Cause::other_platform, "without a wheel that fits the platform and python " + python,
       "limit the line to the platforms that have one, with a marker such as `; sys_platform == \"win32\"`");
  tell(Cause::only_sdist, "as source only", "`--allow-build` builds a wheel here, which runs the project's own code");
  tell(Cause::too_new, "newer than `--exclude-newer`", "");
  tell(Cause::other_hash, "without a file that has a hash of the line", "check the `--hash` of the line");
  return told;
}

void tell_other_indexes(const Project& project, Absence& absence) {
  if (project.also_on.empty()) return;
  std::vector<std::string> others;
  for (const std::string& index : project.also_on) others.push_back(core::without_secrets(index));
  absence.why.push_back("only " + core::without_secrets(project.index) +
                        " counts, the first index that has the name; " + core::join(others, " and ") +
                        (others.size() == 1 ? " has it too" : " have it too"));
  absence.hints.push_back("take it from there: `--pypi-index " + project.name + "=" + others.front() + "`");
}

}  // namespace

Absence explain_absence(const Universe& universe, const Project& project, const pypi::Requirement& requirement) {
  if (project.provided) {
    Absence absence = explain_provided(project, requirement);
    tell_constraints(universe, project, absence);
    return absence;
  }
  Absence absence;
  if (project.absent) {
    absence.code = "no-such-project";
    absence.why.push_back("no index has a project `" + project.name + "`");
    absence.hints.push_back(
        "check how it is spelled, or name where it is: `--extra-index-url`, in place of `--no-index` if that is given");
    return absence;
  }
  absence.code = "no-fitting-version";
  if (project.state == Project::State::placed && project.releases.front().state == Release::State::read) {
    absence.why.push_back("a line of its own says where `" + project.name + "` is, and there it is " +
                          project.releases.front().version_text);
    absence.hints.push_back("leave the choice to one of the two lines");
    tell_constraints(universe, project, absence);
    return absence;
  }
  if (project.status == "quarantined") {
    absence.why.push_back("the index has put `" + project.name + "` under quarantine");
    absence.hints.push_back("do without it until the index has looked at it");
    return absence;
  }
  tell_constraints(universe, project, absence);
  const bool any = tell_releases(universe, project, requirement, absence);
  const std::size_t left_out = tell_left_out(universe, project, requirement, absence);
  if (!any && left_out == 0 && !requirement.specifiers.empty()) {
    absence.why.insert(absence.why.begin(), "the index has no version `" + requirement.specifiers.format() + "`");
  }
  tell_other_indexes(project, absence);
  if (absence.why.empty()) absence.why.push_back("`" + project.name + "` has no files on the index");
  return absence;
}

}  // namespace envlock::resolve
