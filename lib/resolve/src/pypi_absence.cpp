#include "pypi_absence.h"

#include <algorithm>

#include "envlock/core/text.h"

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
  absence.hints.push_back("let conda bring the version that is needed: `" + provided.conda_name + " " +
                          requirement.specifiers.format() + "` under `dependencies:`");
  return absence;
}

/// Versions of the platform's releases that could be had but do not meet the requirement.
void tell_releases(const Project& project, const pypi::Requirement& requirement, Absence& absence) {
  const Release* newest = nullptr;
  const Release* newest_prerelease = nullptr;
  const Release* newest_yanked = nullptr;
  std::size_t refused = 0;
  std::string refusal;
  for (const Release& release : project.releases) {
    const bool matches = requirement.specifiers.contains(release.version);
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
}

void tell_left_out(const Universe& universe, const Project& project, Absence& absence) {
  const LeftOut& left_out = project.left_out;
  const std::string python = universe.problem().environment.python_full_version;
  if (left_out.other_python > 0) {
    absence.why.push_back(number(left_out.other_python, "version") + " not for python " + python + ", the newest " +
                          left_out.newest_other_python);
    absence.hints.push_back("ask conda for another `python`");
  }
  if (left_out.other_platform > 0) {
    absence.why.push_back(number(left_out.other_platform, "version") + " without a wheel for " +
                          universe.problem().platform + " and python " + python + ", the newest " +
                          left_out.newest_other_platform);
  }
  if (left_out.only_sdist > 0) {
    absence.why.push_back(number(left_out.only_sdist, "version") + " as source only, the newest " +
                          left_out.newest_sdist);
    absence.hints.push_back("`--allow-build` builds a wheel here, which runs the project's own code");
  }
  if (left_out.too_new > 0) {
    absence.why.push_back(number(left_out.too_new, "version") + " newer than `--exclude-newer`");
  }
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
    absence.hints.push_back("check how it is spelled, or name its index with `--extra-index-url`");
    return absence;
  }
  absence.code = "no-fitting-version";
  if (project.status == "quarantined") {
    absence.why.push_back("the index has put `" + project.name + "` under quarantine");
    absence.hints.push_back("do without it until the index has looked at it");
    return absence;
  }
  tell_constraints(universe, project, absence);
  tell_releases(project, requirement, absence);
  tell_left_out(universe, project, absence);
  if (absence.why.empty()) absence.why.push_back("`" + project.name + "` has no files on the index");
  return absence;
}

}  // namespace envlock::resolve
