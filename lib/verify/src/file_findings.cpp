#include "file_findings.h"

#include <algorithm>
#include <map>
#include <set>

#include "envlock/core/parallel.h"

namespace envlock::verify {
namespace {

struct Claim {
  std::size_t package = 0;
  std::size_t path = 0;
};

bool is_held(const CheckedPackage& package) {
  return package.subject.role != Role::owner_only;
}

/// Paths that more than one package ships, with their claimants in order of package.
std::map<std::string, std::vector<Claim>> shared_paths(const std::vector<CheckedPackage>& packages) {
  std::map<std::string, std::vector<Claim>> claims;
  for (std::size_t package = 0; package < packages.size(); ++package) {
    if (!is_held(packages[package])) continue;
    const std::vector<WantedPath>& paths = packages[package].layout.paths;
    for (std::size_t path = 0; path < paths.size(); ++path) {
      if (paths[path].kind != WantedKind::directory) claims[paths[path].path].push_back({package, path});
    }
  }
  for (auto claim = claims.begin(); claim != claims.end();) {
    claim = claim->second.size() < 2 ? claims.erase(claim) : std::next(claim);
  }
  return claims;
}

bool has_problem(const CheckedPackage& package, std::size_t path) {
  return std::any_of(package.checked.problems.begin(), package.checked.problems.end(), [&](const Problem& problem) {
    return problem.path == path && problem.kind != Problem::Kind::loose_mode;
  });
}

void drop_problems(CheckedPackage& package, std::size_t path) {
  std::vector<Problem>& problems = package.checked.problems;
  problems.erase(
      std::remove_if(problems.begin(), problems.end(), [&](const Problem& problem) { return problem.path == path; }),
      problems.end());
}

/// rattler keeps the losers' files beside the winner's, under this name.
std::string set_aside(const std::string& path, const std::string& package) {
  return path + "__clobber-from-" + package;
}

bool is_owned_copy(const WantedPath& wanted, const Node* node, HashStore& hashes) {
  if (node == nullptr) return false;
  if (wanted.kind == WantedKind::symlink) return node->kind == NodeKind::symlink && wanted.target == node->target;
  if (node->kind != NodeKind::file || !wanted.sha256 || is_far_too_large(wanted, *node)) return false;
  hashes.hash(*node);
  return hashes.find(*node)->sha256 == wanted.sha256;
}

Finding finding_of(const CheckedPackage& package, Group group, const std::string& path, core::Diagnostic diagnostic,
                   Weight weight = Weight::fault) {
  return {.weight = weight,
          .group = group,
          .package = package.subject.record.name,
          .path = path,
          .diagnostic = std::move(diagnostic)};
}

}  // namespace

void settle_clobbers(std::vector<CheckedPackage>& packages, const PrefixView& view, HashStore& hashes,
                     std::vector<std::string>& owned_copies, std::vector<Finding>& findings) {
  for (const auto& [path, claims] : shared_paths(packages)) {
    std::vector<std::string> right, wrong;
    for (const Claim& claim : claims) {
      const CheckedPackage& package = packages[claim.package];
      (has_problem(package, claim.path) ? wrong : right).push_back(package.subject.record.name);
      const std::string copy = set_aside(path, package.subject.record.name);
      if (is_owned_copy(package.layout.paths[claim.path], view.tree->find(copy), hashes)) owned_copies.push_back(copy);
    }
    if (wrong.empty()) continue;
    bool is_first = true;
    for (const Claim& claim : claims) {
      // Of a path that is nobody's the first claimant's complaint is enough.
      if (!right.empty() || !is_first) drop_problems(packages[claim.package], claim.path);
      is_first = false;
    }
    if (right.empty()) continue;
    findings.push_back({.weight = Weight::note,
                        .group = Group::files,
                        .package = right.front(),
                        .path = path,
                        .diagnostic = {.code = "clobbered-file",
                                       .what = in_quotes(path) + " is shipped by " + few_of(wrong) + " too, and is " +
                                               in_quotes(right.front()) + "'s",
                                       .where = {},
                                       .why = {"the package that was linked last wins"},
                                       .hints = {}}});
  }
}

void locate_differences(std::vector<CheckedPackage>& packages, const PrefixView& view, std::size_t threads,
                        std::vector<Finding>& findings) {
  constexpr std::size_t kMostFiles = 1000;
  std::vector<std::vector<Difference>> differences(packages.size());
  core::parallel_for(packages.size(), threads, [&](std::size_t i) {
    CheckedPackage& package = packages[i];
    std::vector<Problem*> problems;
    for (Problem& problem : package.checked.problems) {
      if (!problem.at_archive || differences[i].size() >= kMostFiles) continue;
      differences[i].push_back({package.layout.paths[problem.path].package_path, problem.node, false, std::nullopt});
      problems.push_back(&problem);
    }
    if (problems.empty()) return;
    find_differences(package.layout.archive, view, differences[i]);
    for (std::size_t k = 0; k < problems.size(); ++k) {
      if (differences[i][k].offset) {
        problems[k]->why.push_back("the first difference is at byte " + std::to_string(*differences[i][k].offset));
      }
    }
  });
  // What is equal to the archive's own bytes is right, whatever the archive's manifest says.
  for (std::size_t i = 0; i < packages.size(); ++i) {
    std::set<std::string> equal;
    for (const Difference& difference : differences[i]) {
      if (difference.compared && !difference.offset) equal.insert(difference.package_path);
    }
    if (equal.empty()) continue;
    CheckedPackage& package = packages[i];
    std::vector<Problem>& problems = package.checked.problems;
    const auto is_equal = [&](const Problem& problem) {
      return problem.kind == Problem::Kind::bytes && equal.count(package.layout.paths[problem.path].package_path) != 0;
    };
    problems.erase(std::remove_if(problems.begin(), problems.end(), is_equal), problems.end());
    for (const std::string& path : equal) {
      findings.push_back(finding_of(
          package, Group::files, path,
          {.code = "package-inconsistent",
           .what = "the package's own list has another hash for " + in_quotes(path) + " than the package's content",
           .where = {},
           .why = {"the file on disk is the one in the package"},
           .hints = {"tell whoever built the package"}},
          Weight::note));
    }
  }
}

bool has_link_script(const PackageLayout& layout) {
  return std::any_of(layout.link_scripts.begin(), layout.link_scripts.end(),
                     [](const std::string& script) { return script.find("-post-link.") != std::string::npos; });
}

}  // namespace envlock::verify
