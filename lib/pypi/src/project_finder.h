#pragma once

#include <string>
#include <vector>

#include "derived_cache.h"
#include "envlock/pypi/source.h"
#include "find_links.h"
#include "transports.h"

namespace envlock::pypi {

/// Finds the pages of projects on the indexes, and merges what find-links have.
class ProjectFinder {
 public:
  ProjectFinder(fetch::Fetcher& fetcher, const Transports& transports, const IndexSettings& settings,
                core::Notes& notes);

  std::vector<FoundProject> find(const std::vector<std::string>& names);

 private:
  /// The page of one name on one index.
  struct Ask {
    std::size_t name = 0, index = 0;
    fetch::Download download;
    FoundProject::State state = FoundProject::State::absent;
    ProjectPage page;
    std::optional<core::Diagnostic> failure;
    core::Notes notes;
    bool again = false;         ///< the cached copy was damaged: fetch it once more
    bool known_absent = false;  ///< it was asked for lately, and was not there
  };

  std::vector<Ask> make_asks(const std::vector<std::string>& names) const;
  void fetch_all(std::vector<Ask*> asks, const std::vector<std::string>& names);
  /// When the index last said that it has not the name, in seconds since 1970.
  std::optional<std::int64_t> absent_since(const Ask& ask, const std::string& name) const;
  void remember_absence(const Ask& ask, const std::string& name) const;
  void read(Ask& ask, const fetch::Fetched& fetched, const std::string& name) const;
  ProjectPage page_of(Ask& ask, const fetch::Fetched& fetched, const std::string& name) const;
  FoundProject settle(const std::string& name, const std::vector<Ask*>& asks);
  void warn_of(const Ask& ask, const std::string& name);
  void add_links(FoundProject& project, const std::string& name) const;

  fetch::Fetcher& fetcher_;
  const Transports& transports_;
  const IndexSettings& settings_;
  core::Notes& notes_;
  DerivedCache cache_;
  FindLinks links_;
  std::vector<std::string> warned_;  ///< indexes
};

}  // namespace envlock::pypi
