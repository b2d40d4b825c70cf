#include "pypi_universe.h"

#include <functional>
#include <set>

#include "envlock/core/time.h"

namespace envlock::resolve::test {

std::vector<pypi::FoundProject> MemorySource::projects(const std::vector<std::string>& names) {
  std::vector<pypi::FoundProject> found;
  for (const std::string& name : names) {
    asked_pages.push_back(name);
    pypi::FoundProject project;
    project.page.name = name;
    if (silent.contains(name)) {
      project.state = pypi::FoundProject::State::failed;
      project.failure = core::Diagnostic{.code = "index-unreachable", .what = "no answer"};
    }
    const auto known = releases.find(name);
    if (known != releases.end()) {
      project.state = pypi::FoundProject::State::found;
      project.index = "https://index.example/simple";
      if (const auto others = also_on.find(name); others != also_on.end()) project.also_on = others->second;
      if (const auto said = status.find(name); said != status.end()) project.page.status = said->second;
      for (const TestRelease& release : known->second) {
        pypi::IndexFile file;
        file.file_name = release.tag == "sdist" ? name + "-" + release.version + ".tar.gz"
                                                : name + "-" + release.version + "-" + release.tag + ".whl";
        file.url = "https://files.example/" + file.file_name;
        file.sha256 = core::sha256(file.file_name);
        file.requires_python = release.requires_python;
        file.yanked = release.yanked;
        if (!release.upload_time.empty()) file.upload_time = core::parse_time(release.upload_time);
        project.page.files.push_back(std::move(file));
      }
    }
    found.push_back(std::move(project));
  }
  return found;
}

std::vector<pypi::FoundMetadata> MemorySource::metadata(const std::vector<pypi::MetadataWanted>& wanted) {
  batches.push_back(wanted.size());
  std::vector<pypi::FoundMetadata> found;
  for (const pypi::MetadataWanted& each : wanted) {
    asked_metadata.push_back(each.name + " " + each.version);
    pypi::FoundMetadata result;
    for (const TestRelease& release : releases.at(each.name)) {
      if (pypi::Version::parse(release.version).format() != each.version) continue;
      result.metadata =
          pypi::Metadata{.metadata_version = "2.1",
                         .name = each.name,
                         .version = release.version,
                         .requires_python = release.metadata_requires_python.empty() ? release.requires_python
                                                                                     : release.metadata_requires_python,
                         .requires_dist = release.requires_dist,
                         .provides_extra = release.extras};
    }
    found.push_back(std::move(result));
  }
  return found;
}

pypi::PipRequest line(const std::string& text, int number) {
  pypi::PipRequest request;
  request.requirement = pypi::Requirement::parse(text);
  request.text = text;
  request.where = {.file = "environment.yml", .line = number, .column = 0, .length = 0, .text = text};
  return request;
}

TestProblem::TestProblem(const std::vector<std::string>& lines)
    : tags("3.12", {.subdir = "linux-64", .glibc_version = "2.28", .musl_version = "", .osx_version = ""}) {
  problem.platform = "linux-64";
  problem.environment = pypi::make_marker_environment("linux-64", "3.12.7");
  problem.tags = &tags;
  int number = 1;
  for (const std::string& text : lines) problem.requests.push_back(line(text, number++));
}

std::string show(const PypiOutcome& outcome) {
  if (const auto* conflict = std::get_if<PypiConflict>(&outcome)) return "no: " + conflict->diagnostic.code;
  std::string text;
  for (const PypiPick& pick : std::get<PypiSolution>(outcome).picks) {
    text += (text.empty() ? "" : ", ") + pick.name + " " + pick.version;
    for (const std::string& extra : pick.extras) text += " [" + extra + "]";
  }
  return text;
}

bool has_answer(const MemorySource& source, const PypiProblem& problem) {
  std::map<std::string, std::string> chosen;
  for (const ProvidedDistribution& provided : problem.provided) chosen[provided.name] = provided.version;
  using Open = std::vector<std::pair<std::string, std::string>>;  // project, requirement text
  std::function<bool(Open, std::set<std::string>)> meet = [&](Open open, std::set<std::string> done) -> bool {
    if (open.empty()) return true;
    const auto [asker, text] = open.back();
    open.pop_back();
    const auto requirement = pypi::Requirement::parse(text);
    const auto go_on = [&](const std::string& version) {
      Open next = open;
      std::set<std::string> seen = done;
      const auto known = source.releases.find(requirement.name);
      bool from_conda = false;
      for (const auto& provided : problem.provided) from_conda |= provided.name == requirement.name;
      if (known == source.releases.end() || from_conda) return meet(next, seen);
      std::vector<std::string> extras{""};
      extras.insert(extras.end(), requirement.extras.begin(), requirement.extras.end());
      for (const std::string& extra : extras) {
        if (!seen.insert(requirement.name + "[" + extra + "]").second) continue;
        for (const TestRelease& release : known->second) {
          if (release.version != version) continue;
          for (const std::string& each : release.requires_dist) {
            const auto need = pypi::Requirement::parse(each);
            const std::vector<std::string> on{extra};
            if (need.marker.holds(problem.environment, on)) next.emplace_back(requirement.name, each);
          }
        }
      }
      return meet(next, seen);
    };
    const auto has = chosen.find(requirement.name);
    if (has != chosen.end()) {
      if (!requirement.specifiers.contains(pypi::Version::parse(has->second))) return false;
      return go_on(has->second);
    }
    const auto known = source.releases.find(requirement.name);
    if (known == source.releases.end()) return false;
    for (const TestRelease& release : known->second) {
      if (!requirement.specifiers.contains(pypi::Version::parse(release.version))) continue;
      chosen[requirement.name] = release.version;
      if (go_on(release.version)) return true;
      chosen.erase(requirement.name);
    }
    return false;
  };
  Open open;
  for (const pypi::PipRequest& request : problem.requests) {
    if (request.requirement.marker.holds(problem.environment)) open.emplace_back("", request.text);
  }
  return meet(open, {});
}

}  // namespace envlock::resolve::test
