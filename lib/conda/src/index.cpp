#include "envlock/conda/index.h"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <unordered_map>

#include "envlock/core/diagnostic.h"
#include "envlock/core/text.h"

namespace envlock::conda {
namespace {

/// A record with its place in the order.
struct Ranked {
  PackageRecord record;
  std::uint16_t channel = 0;
  bool noarch = false;
  bool is_tarball = false;
};

/// What an Index made of records keeps alive.
struct Storage {
  std::vector<PackageRecord> records;
  std::vector<std::string> texts;
  std::vector<std::string> names;
};

bool comes_before(const Ranked& left, const Ranked& right) {
  const auto key = [](const Ranked& ranked) {
    return std::tie(ranked.record.name, ranked.noarch, ranked.channel, ranked.is_tarball, ranked.record.file_name);
  };
  return key(left) < key(right);
}

/// Where the same file stands twice, the one that says more is kept, whatever came first.
bool says_more(const PackageRecord& left, const PackageRecord& right) {
  const auto key = [](const PackageRecord& record) {
    return std::tie(record.sha256, record.md5, record.timestamp, record.indexed_timestamp, record.size, record.depends,
                    record.constrains, record.version, record.build, record.build_number, record.url, record.license,
                    record.track_features, record.noarch, record.python_site_packages_path);
  };
  return key(left) > key(right);
}

std::vector<Ranked> rank(std::string_view subdir, const std::vector<Channel>& channels,
                         std::vector<PackageRecord> records) {
  std::map<std::string_view, std::uint16_t> positions;
  for (std::size_t i = 0; i < channels.size(); ++i) positions.emplace(channels[i].base, static_cast<std::uint16_t>(i));
  std::vector<Ranked> ranked;
  ranked.reserve(records.size());
  for (PackageRecord& record : records) {
    const bool noarch = record.subdir == "noarch";
    if (!noarch && record.subdir != subdir) continue;
    const auto channel = positions.find(record.channel);
    if (channel == positions.end()) {
      throw core::Error(
          core::Diagnostic{"record-without-channel",
                           "`" + core::printable(record.file_name) + "` is of a channel that is not listed",
                           std::nullopt,
                           {"its channel is `" + core::printable(record.channel) + "`"},
                           {}});
    }
    const bool is_tarball = !record.file_name.ends_with(".conda");
    const std::uint16_t position = channel->second;
    ranked.push_back({std::move(record), position, noarch, is_tarball});
  }
  return ranked;
}

/// A .tar.bz2 goes where the .conda of the same stem is in the same folder; a file goes where it is there already.
void drop_twins(std::vector<Ranked>& ranked) {
  std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& left, const Ranked& right) {
    const auto key = [](const Ranked& one) {
      return std::make_tuple(std::cref(one.record.name), one.noarch, one.channel, stem(one.record), one.is_tarball);
    };
    const auto a = key(left);
    const auto b = key(right);
    if (a != b) return a < b;
    return says_more(left.record, right.record);
  });
  const auto same_stem = [](const Ranked& left, const Ranked& right) {
    return left.noarch == right.noarch && left.channel == right.channel && left.record.name == right.record.name &&
           stem(left.record) == stem(right.record);
  };
  ranked.erase(std::unique(ranked.begin(), ranked.end(), same_stem), ranked.end());
}

class Interner {
 public:
  explicit Interner(Storage& storage) : storage_(storage) {}
  TextId id(const std::string& text) {
    const auto [place, is_new] = ids_.try_emplace(text, static_cast<TextId>(storage_.texts.size()));
    if (is_new) storage_.texts.push_back(text);
    return place->second;
  }

 private:
  Storage& storage_;
  std::unordered_map<std::string, TextId> ids_;
};

/// A name of a higher channel hides that name in all lower ones, in both subdirs, whatever could be satisfied.
void shadow(std::span<Candidate> same_name) {
  const auto best =
      std::min_element(same_name.begin(), same_name.end(),
                       [](const Candidate& left, const Candidate& right) { return left.channel < right.channel; });
  if (best == same_name.end()) return;
  const std::uint16_t channel = best->channel;
  for (Candidate& candidate : same_name) candidate.shadowed = candidate.channel != channel;
}

}  // namespace

std::span<const Candidate> Index::find(std::string_view name) const {
  const auto place =
      std::lower_bound(names.begin(), names.end(), name,
                       [&](const Name& entry, std::string_view wanted) { return text(entry.text) < wanted; });
  if (place == names.end() || text(place->text) != name) return {};
  return {candidates.data() + place->first, place->last - place->first};
}

Index make_index(std::string subdir, std::vector<Channel> channels, std::vector<PackageRecord> records,
                 ChannelPriority priority) {
  std::stable_sort(channels.begin(), channels.end(),
                   [](const Channel& left, const Channel& right) { return left.rank < right.rank; });
  std::vector<Ranked> ranked = rank(subdir, channels, std::move(records));
  drop_twins(ranked);
  std::sort(ranked.begin(), ranked.end(), comes_before);

  auto storage = std::make_shared<Storage>();
  Interner interner(*storage);
  Index index;
  index.subdir = std::move(subdir);
  index.channels = std::move(channels);
  storage->records.reserve(ranked.size());
  index.candidates.reserve(ranked.size());
  for (Ranked& one : ranked) {
    const PackageRecord& record = one.record;
    Candidate candidate;
    candidate.name = interner.id(record.name);
    candidate.version = interner.id(record.version);
    candidate.build = interner.id(record.build);
    candidate.build_number = record.build_number;
    candidate.first_depend = static_cast<std::uint32_t>(index.edges.size());
    candidate.depend_count = static_cast<std::uint16_t>(record.depends.size());
    candidate.constrain_count = static_cast<std::uint16_t>(record.constrains.size());
    for (const std::string& edge : record.depends) index.edges.push_back(interner.id(edge));
    for (const std::string& edge : record.constrains) index.edges.push_back(interner.id(edge));
    candidate.channel = one.channel;
    candidate.track_features = static_cast<std::uint16_t>(record.track_features.size());
    candidate.noarch_subdir = one.noarch;
    candidate.conda_format = !one.is_tarball;
    candidate.timestamp = record.timestamp.value_or(0);

    const auto id = static_cast<CandidateId>(index.candidates.size());
    if (index.names.empty() || index.names.back().text != candidate.name) {
      index.names.push_back({candidate.name, id, id});
      storage->names.push_back(record.name);
    }
    index.names.back().last = id + 1;
    index.candidates.push_back(candidate);
    storage->records.push_back(std::move(one.record));
  }
  if (priority == ChannelPriority::strict) {
    for (const Index::Name& name : index.names) {
      shadow({index.candidates.data() + name.first, name.last - name.first});
    }
  }

  index.texts.assign(storage->texts.begin(), storage->texts.end());
  index.record = [storage](CandidateId id) { return storage->records.at(id); };
  index.all_names = [storage] { return storage->names; };
  index.owner = storage;
  return index;
}

}  // namespace envlock::conda
