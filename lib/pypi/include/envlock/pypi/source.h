#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/pypi/metadata.h"
#include "envlock/pypi/project.h"

namespace envlock::pypi {

/// A project as the indexes know it: the page of the first index that has it.
struct FoundProject {
  enum class State { found, absent, failed };
  State state = State::absent;
  std::string index;  ///< which index: its canonical URL without credentials; "" for find-links and absent ones
  ProjectPage page;
  std::vector<std::string> also_on;         ///< other indexes, in order, that have the name too (dependency confusion)
  std::optional<core::Diagnostic> failure;  ///< when failed
};

/// The metadata of one file.
struct FoundMetadata {
  std::optional<Metadata> metadata;
  std::optional<core::Diagnostic> failure;  ///< unless metadata
};

struct MetadataWanted {
  std::string name;     ///< normalized
  std::string version;  ///< of the candidate, to check what comes
  std::string index;    ///< FoundProject::index
  IndexFile file;
};

/// Where a resolver learns of projects: the network, a recorded index, or a test's own universe.
class Source {
 public:
  virtual ~Source() = default;
  /// All at once, in parallel; results in order. `names` are normalized.
  virtual std::vector<FoundProject> projects(const std::vector<std::string>& names) = 0;
  virtual std::vector<FoundMetadata> metadata(const std::vector<MetadataWanted>& wanted) = 0;
};

}  // namespace envlock::pypi
