#include "envlock/channel/repository.h"

#include <algorithm>
#include <set>

#include "closure.h"
#include "envlock/core/parallel.h"
#include "envlock/core/text.h"
#include "open_source.h"
#include "source_search.h"

namespace envlock::channel {

struct Repository::State {
  std::shared_ptr<const Opened> opened;
};

Repository::Repository(std::unique_ptr<State> state) : state_(std::move(state)) {}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

Repository Repository::open(std::vector<Location> locations, OpenOptions options, fetch::Fetcher& fetcher,
                            core::Progress& progress, core::Notes& notes) {
  std::sort(options.subdirs.begin(), options.subdirs.end());
  std::erase(options.subdirs, "noarch");
  options.subdirs.erase(std::unique(options.subdirs.begin(), options.subdirs.end()), options.subdirs.end());
  options.subdirs.emplace_back("noarch");

  auto opened = std::make_shared<Opened>();
  opened->locations = std::move(locations);
  opened->options = std::move(options);
  opened->fetcher = &fetcher;

  std::vector<FoundIndex> found = find_indexes(opened->locations, opened->options.subdirs, fetcher, notes);
  std::vector<std::unique_ptr<RecordSource>> sources(found.size());
  std::vector<core::Notes> told(found.size());
  core::parallel_for(found.size(), opened->options.threads, [&](std::size_t i) {
    sources[i] = open_index(found[i], opened->locations, opened->options, fetcher, progress, told[i]);
  });
  for (std::size_t i = 0; i < found.size(); ++i) {
    notes.append(told[i]);
    sources[i]->flaws.tell(sources[i]->label, notes);
    opened->sources.push_back(std::move(sources[i]));
  }
  tell_relations(opened->sources, notes);
  auto state = std::make_unique<State>();
  state->opened = std::move(opened);
  return Repository(std::move(state));
}

conda::Index Repository::load(const std::string& subdir, const std::vector<std::string>& names,
                              const std::vector<conda::PackageRecord>& kept, core::Notes& notes) const {
  return load_closure(state_->opened, subdir, names, kept, notes);
}

std::vector<std::string> Repository::all_names() const {
  return state_->opened->all_names();
}

std::vector<std::string> Repository::download_urls(const conda::PackageRecord& record) const {
  return channel::download_urls(state_->opened->locations, record);
}

const std::vector<Location>& Repository::locations() const {
  return state_->opened->locations;
}

}  // namespace envlock::channel
