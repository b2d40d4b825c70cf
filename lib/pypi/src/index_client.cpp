#include "envlock/pypi/index_client.h"

#include "metadata_finder.h"
#include "project_finder.h"
#include "transports.h"

namespace envlock::pypi {
namespace {

class IndexClient : public Source {
 public:
  IndexClient(fetch::Fetcher& fetcher, IndexSettings settings, core::Notes& notes)
      : settings_(std::move(settings)),
        transports_(settings_),
        projects_(fetcher, transports_, settings_, notes),
        metadata_(fetcher, transports_, settings_) {}

  std::vector<FoundProject> projects(const std::vector<std::string>& names) override { return projects_.find(names); }
  std::vector<FoundMetadata> metadata(const std::vector<MetadataWanted>& wanted) override {
    return metadata_.find(wanted);
  }

 private:
  IndexSettings settings_;
  Transports transports_;
  ProjectFinder projects_;
  MetadataFinder metadata_;
};

}  // namespace

std::unique_ptr<Source> make_index_client(fetch::Fetcher& fetcher, IndexSettings settings, core::Notes& notes) {
  return std::make_unique<IndexClient>(fetcher, std::move(settings), notes);
}

}  // namespace envlock::pypi
