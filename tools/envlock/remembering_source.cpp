#include "remembering_source.h"

#include <algorithm>
#include <utility>

namespace envlock::tools {

std::vector<pypi::FoundProject> RememberingSource::projects(const std::vector<std::string>& names) {
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    if (!projects_.contains(name) && std::find(missing.begin(), missing.end(), name) == missing.end()) {
      missing.push_back(name);
    }
  }
  std::vector<pypi::FoundProject> found =
      missing.empty() ? std::vector<pypi::FoundProject>{} : source_.projects(missing);
  for (std::size_t i = 0; i < missing.size(); ++i) projects_[missing[i]] = std::move(found[i]);
  std::vector<pypi::FoundProject> result;
  for (const std::string& name : names) result.push_back(projects_.at(name));
  return result;
}

std::vector<pypi::FoundMetadata> RememberingSource::metadata(const std::vector<pypi::MetadataWanted>& wanted) {
  std::vector<pypi::MetadataWanted> missing;
  for (const pypi::MetadataWanted& each : wanted) {
    if (!metadata_.contains(each.file.url)) missing.push_back(each);
  }
  std::vector<pypi::FoundMetadata> found =
      missing.empty() ? std::vector<pypi::FoundMetadata>{} : source_.metadata(missing);
  for (std::size_t i = 0; i < missing.size(); ++i) metadata_[missing[i].file.url] = std::move(found[i]);
  std::vector<pypi::FoundMetadata> result;
  for (const pypi::MetadataWanted& each : wanted) result.push_back(metadata_.at(each.file.url));
  return result;
}

}  // namespace envlock::tools
