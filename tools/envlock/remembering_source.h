#pragma once

#include <map>
#include <string>
#include <vector>

#include "envlock/pypi/source.h"

namespace envlock::tools {

/// Asks each question once: platforms share most of their projects, and must see the same of them.
class RememberingSource final : public pypi::Source {
 public:
  explicit RememberingSource(pypi::Source& source) : source_(source) {}

  std::vector<pypi::FoundProject> projects(const std::vector<std::string>& names) override;
  std::vector<pypi::FoundMetadata> metadata(const std::vector<pypi::MetadataWanted>& wanted) override;

 private:
  pypi::Source& source_;
  std::map<std::string, pypi::FoundProject> projects_;
  std::map<std::string, pypi::FoundMetadata> metadata_;  ///< by URL
};

}  // namespace envlock::tools
