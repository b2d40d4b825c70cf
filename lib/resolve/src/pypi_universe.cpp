#include "pypi_universe.h"

#include <algorithm>

#include "envlock/core/parallel.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/project_folder.h"
#include "pypi_askers.h"
#include "pypi_releases.h"

namespace envlock::resolve {
namespace {

/// A version of conda's that PEP 440 does not know ("1.1.1w") is compared with nothing: only a need for any version is
/// met by it.
constexpr const char* kNoVersion = "0";

void add_failure(const Universe& universe, ProjectId project, core::Diagnostic failure,
                 std::vector<core::Diagnostic>& failures) {
  // A place of find-links fails for every name alike.
  if (failure.code != "find-links-unreadable") tell_who_asks(universe, project, failure);
  if (std::find(failures.begin(), failures.end(), failure) == failures.end()) failures.push_back(std::move(failure));
}

}  // namespace

Universe::Universe(const PypiProblem& problem, pypi::Source& source, core::Notes& notes)
    : problem_(problem), source_(source), notes_(notes) {
  start_with_facts();
  start_with_favored();
}

void Universe::start_with_facts() {
  for (const ProvidedDistribution& provided : problem_.provided) {
    Project& project = projects_[find(provided.name)];
    if (project.state == Project::State::provided) continue;
    project.state = Project::State::provided;
    project.provided = provided;
    Release release;
    release.version_text = provided.version;
    const auto version = pypi::Version::try_parse(provided.version);
    release.version = version ? *version : pypi::Version::parse(kNoVersion);
    release.state = Release::State::read;
    for (const ProvidedExtra& known : problem_.known_extras) {
      if (known.name != provided.name) continue;
      project.known_extras.push_back(known.extra);
      release.metadata.provides_extra.push_back(known.extra);
      for (const std::string& text : known.requires_dist) {
        if (auto requirement = pypi::Requirement::parse_leniently(text)) release.conditional.push_back(*requirement);
      }
    }
    project.releases.push_back(std::move(release));
  }
  for (const auto& [name, placed] : problem_.placed) {
    const ProjectId id = find(name);
    if (projects_[id].state == Project::State::provided) continue;
    projects_[id].state = Project::State::placed;
    Release release;
    release.version = pypi::Version::parse(placed.metadata.version);
    release.version_text = release.version.format();
    take_metadata(release, placed.metadata);
    projects_[id].releases.push_back(std::move(release));
  }
  for (const pypi::PipRequest& request : problem_.requests) find(request.requirement.name);
  const auto lets_in = [&](const pypi::PipRequest& request) {
    Project& project = projects_[find(request.requirement.name)];
    if (request.requirement.specifiers.names_prerelease()) project.pre = true;
    if (const auto exact = request.requirement.specifiers.exact()) project.pinned.push_back(*exact);
  };
  std::for_each(problem_.requests.begin(), problem_.requests.end(), lets_in);
  std::for_each(problem_.constraints.begin(), problem_.constraints.end(), lets_in);
  for (std::size_t i = 0; i < problem_.constraints.size(); ++i) {
    const pypi::Requirement& bound = problem_.constraints[i].requirement;
    if (bound.marker.holds(problem_.environment)) projects_[find(bound.name)].constraints.push_back(i);
  }
}

void Universe::start_with_favored() {
  // Where another version is favored as well, the indexes tell whether it is to be had.
  const auto has_rival = [&](const FavoredDistribution& favored) {
    return std::any_of(problem_.favored.begin(), problem_.favored.end(), [&](const FavoredDistribution& other) {
      return other.name == favored.name && other.version != favored.version;
    });
  };
  for (const FavoredDistribution& favored : problem_.favored) {
    const ProjectId id = find(favored.name);
    if (projects_[id].state != Project::State::unknown || !favored.metadata || favored.must_ask ||
        !is_acceptable(favored))
      continue;
    if (has_rival(favored)) continue;
    projects_[id].state = Project::State::partial;
    projects_[id].index = favored.index;
    Release release;
    release.version = pypi::Version::parse(favored.version);
    release.version_text = favored.version;
    release.file = favored.file;
    release.yanked = favored.file.yanked;
    release.favored = true;
    take_metadata(release, *favored.metadata);
    projects_[id].releases.push_back(std::move(release));
  }
}

/// A lock may have been made for another python or machine, or before a line, an option or a cut-off changed.
bool Universe::is_acceptable(const FavoredDistribution& favored) const {
  const auto wheel = pypi::parse_wheel_name(favored.file.file_name);
  if (wheel ? !problem_.tags->rank(*wheel) || !allows_wheels(problem_, favored.name)
            : !allows_sdists(problem_, favored.name)) {
    return false;
  }
  if (problem_.exclude_newer && favored.file.upload_time && *favored.file.upload_time > *problem_.exclude_newer) {
    return false;
  }
  for (const auto* lines : {&problem_.requests, &problem_.constraints}) {
    for (const pypi::PipRequest& line : *lines) {
      if (line.requirement.name != favored.name || line.hashes.empty()) continue;
      const auto& hashes = line.hashes;
      if (!favored.file.sha256 || std::find(hashes.begin(), hashes.end(), *favored.file.sha256) == hashes.end()) {
        return false;
      }
    }
  }
  // Whether a pre-release still counts shows beside the other versions.
  const auto version = pypi::Version::try_parse(favored.version);
  return version && (!version->is_prerelease() || problem_.pre);
}

std::vector<ProjectId> Universe::partial() const {
  std::vector<ProjectId> ids;
  for (ProjectId id = 0; id < projects_.size(); ++id) {
    if (projects_[id].state == Project::State::partial) ids.push_back(id);
  }
  return ids;
}

ProjectId Universe::find(const std::string& name) {
  const auto [found, added] = ids_.emplace(name, static_cast<ProjectId>(projects_.size()));
  if (added) {
    projects_.emplace_back();
    projects_.back().name = name;
    projects_.back().pre = problem_.pre;
  }
  return found->second;
}

ProjectId Universe::find_needed(const pypi::Requirement& requirement) {
  const ProjectId id = find(requirement.name);
  std::vector<pypi::Specifiers>& naming = projects_[id].naming;
  if (requirement.specifiers.names_prerelease() &&
      std::find(naming.begin(), naming.end(), requirement.specifiers) == naming.end()) {
    naming.push_back(requirement.specifiers);
  }
  return id;
}

void Universe::load(const std::vector<ProjectId>& ids) {
  std::vector<std::string> names;
  for (const ProjectId id : ids) names.push_back(projects_[id].name);
  std::vector<pypi::FoundProject> found = source_.projects(names);
  std::vector<core::Diagnostic> failures;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const bool failed = found[i].state == pypi::FoundProject::State::failed;
    if (failed && found[i].failure) add_failure(*this, ids[i], *found[i].failure, failures);
  }
  if (!failures.empty()) throw core::Error(std::move(failures));
  // Pages of thousands of files take milliseconds each; they have nothing to do with one another.
  core::parallel_for(ids.size(), 0, [&](std::size_t i) { take_page(projects_[ids[i]], std::move(found[i])); });
  for (const ProjectId id : ids) {
    for (const FavoredDistribution& favored : problem_.favored) {
      if (favored.name == projects_[id].name) take_favored(id, favored);
    }
  }
}

void Universe::take_page(Project& project, pypi::FoundProject found) const {
  project.state = Project::State::loaded;
  project.releases.clear();
  project.absent = found.state == pypi::FoundProject::State::absent;
  project.index = found.index;
  project.also_on = found.also_on;
  project.status = found.page.status;
  project.status_reason = found.page.status_reason;
  if (project.status != "quarantined") make_releases(problem_, std::move(found.page), project);
}

void Universe::take_favored(ProjectId id, const FavoredDistribution& favored) {
  if (!is_acceptable(favored) && favored.metadata) {
    const auto version = pypi::Version::try_parse(favored.version);
    if (!version || !version->is_prerelease()) return;
  }
  std::vector<Release>& releases = projects_[id].releases;
  const auto wanted = pypi::Version::try_parse(favored.version);
  const auto same = std::find_if(releases.begin(), releases.end(),
                                 [&](const Release& release) { return wanted && release.version == *wanted; });
  if (same == releases.end()) {
    if (!favored.metadata || favored.must_ask) return;
    // What was locked and is served no longer stays a candidate; whether it can still be had is for the install to say.
    Release release;
    release.version = pypi::Version::parse(favored.version);
    release.version_text = favored.version;
    release.file = favored.file;
    release.yanked = favored.file.yanked;
    release.favored = true;
    take_metadata(release, *favored.metadata);
    std::vector<Release>& now = projects_[id].releases;
    const auto place =
        std::find_if(now.begin(), now.end(), [&](const Release& other) { return other.version < release.version; });
    now.insert(place, std::move(release));
    return;
  }
  same->favored = true;
  const auto other = std::find_if(same->others.begin(), same->others.end(), [&](const pypi::IndexFile& file) {
    return file.file_name == favored.file.file_name;
  });
  if (other != same->others.end()) std::swap(same->file, *other);
  if (!favored.metadata || same->file.sha256 != favored.file.sha256) return;
  const auto index = static_cast<std::size_t>(same - releases.begin());
  Release known = std::move(*same);
  take_metadata(known, *favored.metadata);
  projects_[id].releases[index] = std::move(known);
}

void Universe::read(const std::vector<ReleaseRef>& releases) {
  std::vector<pypi::MetadataWanted> wanted;
  for (const auto& [id, index] : releases) {
    const Release& release = projects_[id].releases[index];
    ++projects_[id].reads;
    wanted.push_back({projects_[id].name, release.version_text, projects_[id].index, release.file});
  }
  std::vector<pypi::FoundMetadata> found = source_.metadata(wanted);
  std::vector<core::Diagnostic> failures;
  for (std::size_t i = 0; i < releases.size(); ++i) {
    const auto& [id, index] = releases[i];
    Release& release = projects_[id].releases[index];
    if (found[i].metadata) {
      // Adding needs may move projects_, and with it the release.
      Release read = std::move(release);
      take_metadata(read, std::move(*found[i].metadata));
      projects_[id].releases[index] = std::move(read);
      continue;
    }
    const core::Diagnostic failure = found[i].failure.value_or(core::Diagnostic{.code = "metadata-unavailable"});
    // Bytes that are not the index's own are no version to pass over: somebody meddles, or a mirror is out of step.
    if (failure.code == "index-unreachable" || failure.code == "offline-miss" || failure.code == "hash-mismatch") {
      add_failure(*this, id, failure, failures);
      continue;
    }
    release.state = Release::State::refused;
    release.refusal = failure.what;
    if (failure.code != "sdist-needs-build") notes_.warning(failure);
  }
  if (!failures.empty()) throw core::Error(std::move(failures));
}

void Universe::take_metadata(Release& release, pypi::Metadata metadata) {
  release.state = Release::State::read;
  release.metadata = std::move(metadata);
  if (!release.metadata.requires_python.empty()) {
    const auto specifiers = pypi::Specifiers::parse_leniently(release.metadata.requires_python);
    const auto python = pypi::Version::try_parse(problem_.environment.python_full_version);
    if (specifiers && python && !specifiers->contains(*python)) {
      release.state = Release::State::refused;
      release.refusal = "it needs python " + release.metadata.requires_python;
      return;
    }
  }
  for (const std::string& text : release.metadata.requires_dist) {
    auto requirement = pypi::Requirement::parse_leniently(text);
    if (!requirement) {
      release.state = Release::State::refused;
      release.refusal = "its metadata asks for `" + core::printable(text, 80) + "`, which is no requirement";
      return;
    }
    const bool always = requirement->marker.holds(problem_.environment);
    // An index does not decide what is fetched from elsewhere; a line of the user's may.
    if (always && !requirement->url.empty() && !problem_.placed.contains(requirement->name)) {
      release.state = Release::State::refused;
      release.refusal = "it asks for `" + core::printable(core::without_secrets(text), 80) +
                        "`, which no index has: it takes a line of its own under `pip:`";
      return;
    }
    if (always) {
      const ProjectId needed = find_needed(*requirement);
      release.needs.push_back({needed, std::move(*requirement)});
    } else {
      release.conditional.push_back(std::move(*requirement));
    }
  }
}

const std::vector<Need>& Universe::needs(ProjectId id, std::size_t index, const std::string& extra) {
  if (extra.empty()) return projects_[id].releases[index].needs;
  static const std::vector<Need> kNone;
  if (projects_[id].releases[index].state != Release::State::read) return kNone;
  const auto known = projects_[id].releases[index].by_extra.find(extra);
  if (known != projects_[id].releases[index].by_extra.end()) return known->second;
  std::vector<Need> added;
  // Not a reference: finding a project may move all of them.
  const std::vector<pypi::Requirement> conditional = projects_[id].releases[index].conditional;
  for (const pypi::Requirement& requirement : conditional) {
    if (requirement.marker.holds(problem_.environment, {&extra, 1}))
      added.push_back({find_needed(requirement), requirement});
  }
  return projects_[id].releases[index].by_extra[extra] = std::move(added);
}

const std::vector<Need>& Universe::known_needs(ProjectId id, std::size_t index, const std::string& extra) const {
  static const std::vector<Need> kNone;
  const Release& release = projects_[id].releases[index];
  if (extra.empty()) return release.needs;
  const auto known = release.by_extra.find(extra);
  return known == release.by_extra.end() ? kNone : known->second;
}

void Universe::read_provided(const std::vector<ProjectId>& ids) {
  std::vector<std::string> names;
  for (const ProjectId id : ids) {
    projects_[id].extras_known = true;
    names.push_back(projects_[id].name);
  }
  const std::vector<pypi::FoundProject> found = source_.projects(names);
  std::vector<ProjectId> readable;
  std::vector<pypi::MetadataWanted> wanted;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    // Any file of the version will do: what an extra needs is the same in all of them.
    for (const pypi::IndexFile& file : found[i].page.files) {
      const auto wheel = pypi::parse_wheel_name(file.file_name);
      const auto version = wheel ? pypi::Version::try_parse(wheel->version) : std::nullopt;
      if (!version || *version != projects_[ids[i]].releases.front().version) continue;
      readable.push_back(ids[i]);
      wanted.push_back({names[i], version->format(), found[i].index, file});
      break;
    }
  }
  const std::vector<pypi::FoundMetadata> metadata = source_.metadata(wanted);
  for (std::size_t i = 0; i < readable.size(); ++i) {
    if (!metadata[i].metadata) continue;
    Release& fact = projects_[readable[i]].releases.front();
    fact.by_extra.clear();
    fact.conditional.clear();
    fact.metadata.provides_extra = metadata[i].metadata->provides_extra;
    for (const std::string& text : metadata[i].metadata->requires_dist) {
      auto requirement = pypi::Requirement::parse_leniently(text);
      if (requirement && !requirement->marker.holds(problem_.environment)) {
        fact.conditional.push_back(std::move(*requirement));
      }
    }
  }
}

bool Universe::meets_constraints(ProjectId id, const Release& release) const {
  const std::vector<std::size_t>& bounds = projects_[id].constraints;
  return std::all_of(bounds.begin(), bounds.end(), [&](std::size_t bound) {
    return problem_.constraints[bound].requirement.specifiers.contains(release.version);
  });
}

bool Universe::needs_prerelease(ProjectId id, const pypi::Requirement& requirement) const {
  if (requirement.specifiers.names_prerelease()) return true;
  const std::vector<std::size_t> meeting = matching(id, requirement);
  return std::all_of(meeting.begin(), meeting.end(),
                     [&](std::size_t release) { return projects_[id].releases[release].version.is_prerelease(); });
}

std::vector<std::size_t> Universe::matching(ProjectId id, const pypi::Requirement& requirement) const {
  const Project& project = projects_[id];
  // What an extra asks for at an address is not whatever an index has of that name.
  if (!requirement.url.empty() && project.state != Project::State::placed) return {};
  std::vector<std::size_t> let_in;
  std::vector<std::size_t> all;
  bool has_final = false;
  const bool is_exact = requirement.specifiers.exact().has_value();
  const bool has_local_choice = project.state == Project::State::provided || project.state == Project::State::placed;
  for (std::size_t i = 0; i < project.releases.size(); ++i) {
    const Release& release = project.releases[i];
    if (release.state == Release::State::refused) continue;
    if (!meets_constraints(id, release)) continue;
    const bool is_unknown = project.state == Project::State::placed && release.version_text == pypi::kUnknownVersion;
    if (has_local_choice && (requirement.specifiers.empty() || is_unknown)) return {0};
    if (project.provided && !pypi::Version::try_parse(project.provided->version)) continue;
    const bool is_pinned =
        is_exact || std::find(project.pinned.begin(), project.pinned.end(), release.version) != project.pinned.end();
    if (release.yanked && !is_pinned) continue;
    if (!requirement.specifiers.contains(release.version, pypi::Prereleases::include)) continue;
    all.push_back(i);
    const bool is_let_in = !release.version.is_prerelease() ||
                           (!project.naming_closed &&
                            std::any_of(project.naming.begin(), project.naming.end(),
                                        [&](const auto& specifiers) { return specifiers.contains(release.version); }));
    if (!is_let_in) continue;
    let_in.push_back(i);
    has_final |= !release.version.is_prerelease();
  }
  const bool lets_in = project.pre || has_local_choice || requirement.specifiers.names_prerelease() || !has_final;
  return lets_in ? all : let_in;
}

}  // namespace envlock::resolve
