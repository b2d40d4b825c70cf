#include "closure.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "envlock/core/parallel.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "name_loader.h"

namespace envlock::channel {
namespace {

/// What an Index needs to stay alive and to read whole records on demand.
struct IndexStorage {
  std::shared_ptr<const Opened> opened;
  std::vector<TextPool> pools;
  std::vector<conda::PackageRecord> kept;
  struct Origin {
    std::uint32_t source;
    std::uint32_t kept;
    std::uint32_t name;
    RecordPlace place;
  };
  std::vector<Origin> origins;  ///< by candidate
  std::vector<std::string_view> names;
};

class Closure {
 public:
  Closure(std::shared_ptr<const Opened> opened, const std::string& subdir,
          const std::vector<conda::PackageRecord>& kept)
      : opened_(std::move(opened)) {
    request_.opened = opened_.get();
    request_.subdir = subdir;
    request_.kept = &kept;
    for (std::uint32_t i = 0; i < kept.size(); ++i) {
      request_.kept_by_name[core::to_lower(kept[i].name)].push_back(i);
    }
    for (const bool noarch : {false, true}) {
      if (noarch && subdir == "noarch") break;
      for (std::uint32_t i = 0; i < opened_->sources.size(); ++i) {
        if (opened_->sources[i]->subdir == (noarch ? "noarch" : subdir)) request_.sources.push_back(i);
      }
    }
  }

  void run(const std::vector<std::string>& names) {
    std::vector<std::string> round;
    for (const std::string& name : names) {
      std::string lower = core::to_lower(name);
      if (!lower.starts_with("__")) round.push_back(std::move(lower));
    }
    while (true) {
      std::sort(round.begin(), round.end());
      round.erase(std::unique(round.begin(), round.end()), round.end());
      std::erase_if(round, [this](const std::string& name) { return loaded_.contains(name); });
      if (round.empty()) return;
      fetch(round);
      load(round);
      round.clear();
      for (const auto& loader : loaders_) {
        std::move(loader->found.begin(), loader->found.end(), std::back_inserter(round));
        loader->found.clear();
      }
    }
  }

  conda::Index finish(core::Notes& notes) {
    tell(notes);
    return assemble();
  }

 private:
  void fetch(const std::vector<std::string>& names) {
    std::vector<fetch::Download> downloads;
    std::vector<std::uint32_t> sources;
    for (const std::uint32_t source : request_.sources) {
      for (fetch::Download& download : opened_->sources[source]->downloads(names)) {
        downloads.push_back(std::move(download));
        sources.push_back(source);
      }
    }
    if (downloads.empty()) return;
    const std::vector<fetch::Fetched> fetched = opened_->fetcher->fetch(downloads);
    for (std::size_t i = 0; i < fetched.size(); ++i) {
      opened_->sources[sources[i]]->accept(downloads[i], fetched[i]);
    }
  }

  void load(const std::vector<std::string>& names) {
    constexpr std::size_t names_at_once = 8;
    const std::size_t chunks = (names.size() + names_at_once - 1) / names_at_once;
    std::vector<LoadedName> results(names.size());
    std::mutex mutex;
    std::vector<std::uint32_t> free;
    for (std::uint32_t i = 0; i < loaders_.size(); ++i) free.push_back(i);
    const auto borrow = [&] {
      const std::lock_guard lock(mutex);
      if (free.empty()) {
        free.push_back(static_cast<std::uint32_t>(loaders_.size()));
        loaders_.push_back(std::make_unique<NameLoader>(request_));
      }
      const std::uint32_t number = free.back();
      free.pop_back();
      return std::pair(number, loaders_[number].get());
    };
    core::parallel_for(chunks, chunks < 3 ? 1 : opened_->options.threads, [&](std::size_t chunk) {
      const auto [number, loader] = borrow();
      const std::size_t last = std::min(names.size(), (chunk + 1) * names_at_once);
      for (std::size_t i = chunk * names_at_once; i < last; ++i) {
        results[i] = loader->load(names[i]);
        results[i].loader = number;
      }
      const std::lock_guard lock(mutex);
      free.push_back(number);
    });
    for (std::size_t i = 0; i < names.size(); ++i) loaded_.emplace(names[i], results[i]);
  }

  void tell(core::Notes& notes) const {
    std::map<std::uint32_t, NoteGroups> flaws;
    std::vector<core::Note> kept_notes;
    for (const auto& loader : loaders_) {
      for (const auto& [source, groups] : loader->flaws) flaws[source].append(groups);
      kept_notes.insert(kept_notes.end(), loader->kept_notes.begin(), loader->kept_notes.end());
    }
    for (const auto& [source, groups] : flaws) groups.tell(opened_->sources[source]->label, notes);
    std::sort(kept_notes.begin(), kept_notes.end(), [](const core::Note& left, const core::Note& right) {
      return std::tie(left.diagnostic.code, left.diagnostic.what) <
             std::tie(right.diagnostic.code, right.diagnostic.what);
    });
    for (core::Note& note : kept_notes) notes.note(std::move(note.diagnostic));
  }

  /// Texts get their numbers by first use in the order of candidates, so that nothing depends on who loaded what.
  conda::Index assemble() {
    auto storage = std::make_shared<IndexStorage>();
    conda::Index index;
    index.subdir = request_.subdir;
    for (const Location& location : opened_->locations) index.channels.push_back(location.channel);

    TextPool texts;
    std::vector<std::vector<std::uint32_t>> numbers;  // by loader, by its text number
    for (const auto& loader : loaders_) numbers.emplace_back(loader->pool.size(), TextPool::kAbsent);
    std::size_t edge_count = 0;
    std::size_t candidate_count = 0;
    for (const auto& loader : loaders_) {
      edge_count += loader->edges.size();
      candidate_count += loader->candidates.size();
    }
    index.candidates.reserve(candidate_count);
    index.edges.reserve(edge_count);
    storage->origins.reserve(candidate_count);
    for (const auto& [name, loaded] : loaded_) {
      conda::Index::Name entry;
      entry.text = texts.add(name);
      entry.first = static_cast<conda::CandidateId>(index.candidates.size());
      if (loaded.first != loaded.last) {
        const NameLoader& loader = *loaders_[loaded.loader];
        std::vector<std::uint32_t>& known = numbers[loaded.loader];
        const auto number = [&](std::uint32_t id) {
          if (known[id] == TextPool::kAbsent) known[id] = texts.add(loader.pool.text(id), loader.pool.hash(id));
          return known[id];
        };
        for (std::uint32_t i = loaded.first; i < loaded.last; ++i) {
          const LoadedCandidate& from = loader.candidates[i];
          conda::Candidate candidate = from.candidate;
          candidate.name = entry.text;
          candidate.version = number(candidate.version);
          candidate.build = number(candidate.build);
          candidate.first_depend = static_cast<std::uint32_t>(index.edges.size());
          const std::size_t count = std::size_t{candidate.depend_count} + candidate.constrain_count;
          for (std::size_t edge = 0; edge < count; ++edge) {
            index.edges.push_back(number(loader.edges[from.candidate.first_depend + edge]));
          }
          index.candidates.push_back(candidate);
          storage->origins.push_back({from.source, from.kept, entry.text, from.place});
        }
      }
      entry.last = static_cast<conda::CandidateId>(index.candidates.size());
      index.names.push_back(entry);
    }
    for (std::uint32_t id = 0; id < texts.size(); ++id) index.texts.push_back(texts.text(id));
    storage->names = index.texts;
    storage->pools.push_back(std::move(texts));
    storage->kept = *request_.kept;
    storage->opened = opened_;
    index.record = [storage](conda::CandidateId id) {
      const IndexStorage::Origin& origin = storage->origins.at(id);
      if (origin.source == LoadedCandidate::kKept) return storage->kept[origin.kept];
      const RecordSource& source = *storage->opened->sources[origin.source];
      return storage->opened->complete(source, source.read(storage->names[origin.name], origin.place));
    };
    index.all_names = [storage] { return storage->opened->all_names(); };
    index.owner = storage;
    return index;
  }

  std::shared_ptr<const Opened> opened_;
  ClosureRequest request_;
  std::vector<std::unique_ptr<NameLoader>> loaders_;
  std::map<std::string, LoadedName> loaded_;
};

}  // namespace

std::size_t Opened::first_channel(std::string_view name) const {
  std::size_t first = locations.size();
  for (const auto& source : sources) {
    if (source->channel < first && source->contains(name)) first = source->channel;
  }
  return first;
}

std::vector<std::string> Opened::all_names() const {
  std::vector<std::string> names;
  for (const auto& source : sources) source->append_names(names);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

conda::PackageRecord Opened::complete(const RecordSource& source, conda::PackageRecord record) const {
  record.channel = locations[source.channel].channel.base;
  record.subdir = source.subdir;
  if (!source.base_url.empty()) {
    std::string url = source.base_url + "/" + record.file_name;
    if (url != conda::package_url(record)) record.url = std::move(url);
  }
  return record;
}

conda::Index load_closure(std::shared_ptr<const Opened> opened, const std::string& subdir,
                          const std::vector<std::string>& names, const std::vector<conda::PackageRecord>& kept,
                          core::Notes& notes) {
  Closure closure(std::move(opened), subdir, kept);
  closure.run(names);
  return closure.finish(notes);
}

}  // namespace envlock::channel
