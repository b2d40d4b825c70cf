#include "pip_match.h"

#include <algorithm>

#include "check.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/project_folder.h"

namespace envlock::lock {
namespace {

bool allows(const pypi::Specifiers& specifiers, const std::string& version) {
  if (specifiers.empty()) return true;
  const auto parsed = pypi::Version::try_parse(version);
  return parsed && specifiers.contains(*parsed, pypi::Prereleases::include);
}

/// A folder or a repository whose version only a build would tell meets every need.
bool allows(const pypi::Specifiers& specifiers, const LockedDistribution& distribution) {
  const bool by_place = distribution.source == LockedDistribution::Source::directory ||
                        distribution.source == LockedDistribution::Source::vcs;
  return (by_place && distribution.version == pypi::kUnknownVersion) || allows(specifiers, distribution.version);
}

bool has_hash(const LockedDistribution& distribution, const std::vector<std::string>& hashes) {
  const auto listed = [&](const core::Sha256& hash) {
    return std::find(hashes.begin(), hashes.end(), "sha256:" + core::format(hash)) != hashes.end();
  };
  return distribution.sha256 && listed(*distribution.sha256);
}

bool is_whole_commit(const std::string& revision) {
  return revision.size() == 40 && std::all_of(revision.begin(), revision.end(),
                                              [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string shown(const LockedDistribution& distribution) {
  return core::printable(distribution.name + " " + distribution.version);
}

std::string PipMatch::fault(const std::string& name, const pypi::Specifiers& specifiers) const {
  if (const auto index = view_.find(name)) {
    const LockedDistribution& distribution = catalog_.distribution(*index);
    return allows(specifiers, distribution) ? std::string() : "locks " + shown(distribution);
  }
  if (const ProvidedDistribution* provided = view_.find_provided(name)) {
    if (allows(specifiers, provided->version)) return {};
    return "has " + core::printable(provided->conda_name + " " + provided->version) + " from the conda part";
  }
  return "locks no " + quoted(name);
}

std::string PipMatch::fault(const PipLine& line, const PipAsk& ask) const {
  const auto index = view_.find(line, ask);
  // A constraint bounds what is there, and asks for nothing.
  if (line.constraint && !index && view_.find_provided(ask.name) == nullptr) return {};
  if (!index && line.kind != PipLine::Kind::named) return "locks nothing from there";
  if (!index) return fault(ask.name, ask.specifiers);
  const LockedDistribution& distribution = catalog_.distribution(*index);
  if (!allows(ask.specifiers, distribution)) return "locks " + shown(distribution);
  if (!line.hashes.empty() && !has_hash(distribution, line.hashes)) {
    return "locks a file of " + shown(distribution) + " with another hash";
  }
  return line.kind == PipLine::Kind::named ? std::string() : fault_of_place(line, ask, distribution);
}

std::string PipMatch::fault_of_place(const PipLine& line, const PipAsk& ask,
                                     const LockedDistribution& distribution) const {
  using Source = LockedDistribution::Source;
  const bool folder = distribution.source == Source::directory;
  const bool repository = distribution.source == Source::vcs;
  const bool right_kind =
      (line.kind == PipLine::Kind::directory) == folder && (line.kind == PipLine::Kind::vcs) == repository;
  // An absolute path stands relative to the lock there, which this room knows nothing of.
  const bool comparable = !ask.location.starts_with('/') && !ask.location.starts_with("file:");
  const bool moved = comparable && !is_same_location(distribution.url, ask.location);
  if (!right_kind || moved || distribution.subdirectory != ask.subdirectory) {
    return "locks " + shown(distribution) + " from " +
           quoted(core::without_secrets(distribution.url.empty() ? distribution.index : distribution.url));
  }
  if (repository && is_whole_commit(ask.revision) && ask.revision != distribution.commit) {
    return "locks commit " + quoted(distribution.commit);
  }
  if (folder && ask.editable != distribution.editable) {
    return ask.editable ? "locks it without `-e`" : "locks it with `-e`";
  }
  return {};
}

}  // namespace envlock::lock
