#include "name_loader.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "envlock/core/text.h"

namespace envlock::channel {
namespace {

bool has_suffix(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

bool is_conda_file(std::string_view file_name) {
  return has_suffix(file_name, ".conda");
}

std::string_view stem_of(std::string_view file_name) {
  for (const std::string_view extension : {std::string_view(".conda"), std::string_view(".tar.bz2")}) {
    if (has_suffix(file_name, extension)) return file_name.substr(0, file_name.size() - extension.size());
  }
  return file_name;
}

std::string place_of(const conda::PackageRecord& record) {
  return core::printable(record.subdir + "/" + record.file_name);
}

}  // namespace

std::string dependency_name(std::string_view spec) {
  const std::size_t bracket = std::min(spec.find('['), spec.size());
  std::string_view text = spec.substr(0, bracket);
  if (const std::size_t channel = text.rfind("::"); channel != std::string_view::npos) text.remove_prefix(channel + 2);
  text = core::trim(text);
  text = text.substr(0, std::min(text.find_first_of(" \t=<>!~;,@(|"), text.size()));
  std::string name = core::to_lower(text);
  if (name.starts_with("__") || !conda::is_valid_name(name)) return {};
  return name;
}

/// Tells the names that a candidate's dependencies reach. Only those of candidates that count: what was cut off or
/// removed pulls nothing in.
void NameLoader::reach(const conda::Candidate& candidate) {
  for (std::uint32_t i = 0; i < candidate.depend_count; ++i) {
    const std::uint32_t id = edges[candidate.first_depend + i];
    if (id >= reached_.size()) reached_.resize(std::size_t{id} + id / 2 + 64);
    if (reached_[id]) continue;
    reached_[id] = true;
    if (std::string name = dependency_name(pool.text(id)); !name.empty()) found.push_back(std::move(name));
  }
}

/// The parts that a solver needs. False when the record has more dependencies than a candidate can count.
bool NameLoader::fill(LoadedCandidate& loaded, const RecordView& record) {
  constexpr std::size_t most = std::numeric_limits<std::uint16_t>::max();
  if (record.depends.size() > most || record.constrains.size() > most) return false;
  conda::Candidate& candidate = loaded.candidate;
  candidate.name = pool.add(lower_name(*record.name, lower_));
  candidate.version = pool.add(*record.version);
  candidate.build = pool.add(*record.build);
  candidate.build_number = record.build_number;
  candidate.first_depend = static_cast<std::uint32_t>(edges.size());
  candidate.depend_count = static_cast<std::uint16_t>(record.depends.size());
  candidate.constrain_count = static_cast<std::uint16_t>(record.constrains.size());
  for (const std::string_view text : record.depends) edges.push_back(pool.add(text));
  for (const std::string_view text : record.constrains) edges.push_back(pool.add(text));
  if (!record.track_features.empty()) {
    const std::size_t count = split_features(record.track_features).size();
    candidate.track_features = static_cast<std::uint16_t>(std::min(count, most));
  }
  candidate.timestamp = record.timestamp.value_or(0);
  return true;
}

void NameLoader::add_entry(RecordView& record, const RecordPlace& place, std::uint32_t source) {
  if (const auto complaint = check(record)) {
    flaws[source].add(complaint->flaw, complaint->example);
    return;
  }
  if (lower_name(*record.name, lower_) != *current_) {
    // A shard may hold what it likes; a name has its own records and no others.
    flaws[source].add(Flaw::lying_file_name, core::printable(record.file_name) + ": lies among records of `" +
                                                 core::printable(*current_) + "`");
    return;
  }
  if (record.bad_hash) flaws[source].add(Flaw::bad_hash, record.file_name);
  Entry entry;
  if (!fill(entry.loaded, record)) {
    flaws[source].add(Flaw::wrong_type, core::printable(record.file_name) + ": more than 65535 dependencies");
    return;
  }
  entry.file_name_at = file_names_.size();
  entry.file_name_size = record.file_name.size();
  file_names_.append(record.file_name);
  entry.loaded.source = source;
  entry.loaded.place = place;
  entry.has_time = record.indexed_timestamp.has_value() || record.timestamp.has_value();
  entry.cutoff_time = record.indexed_timestamp.value_or(record.timestamp.value_or(0));
  entry.order = static_cast<std::uint32_t>(entries_.size());
  entries_.push_back(entry);
}

bool NameLoader::is_cut_off(const Entry& entry) const {
  const OpenOptions& options = request_.opened->options;
  if (!options.exclude_newer) return false;
  return entry.has_time ? entry.cutoff_time > *options.exclude_newer : options.exclude_newer_strict;
}

void NameLoader::compare_with_kept(const conda::PackageRecord& kept, const RecordView& record) {
  std::vector<std::string> changes;
  const auto same_texts = [](const std::vector<std::string>& left, const std::vector<std::string_view>& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end());
  };
  if (!same_texts(kept.depends, record.depends)) changes.emplace_back("`depends` changed");
  if (!same_texts(kept.constrains, record.constrains)) changes.emplace_back("`constrains` changed");
  if (kept.build_number != record.build_number) changes.emplace_back("`build_number` changed");
  if (kept.track_features != split_features(record.track_features)) changes.emplace_back("`track_features` changed");
  const auto sha256 = record.sha256 ? record.sha256 : core::parse_sha256(record.sha256_text);
  if (kept.sha256 && sha256 && *kept.sha256 != *sha256) {
    changes.push_back("its sha256 was " + core::format(*kept.sha256) + " and is " + core::format(*sha256));
  }
  if (changes.empty()) return;
  core::Diagnostic diagnostic;
  diagnostic.code = "record-patched";
  diagnostic.what = "`" + place_of(kept) + "` is not described as when it was locked; today's index counts";
  diagnostic.why = std::move(changes);
  kept_notes.push_back({core::Severity::note, std::move(diagnostic)});
}

void NameLoader::load_source(std::uint32_t source_number, const std::vector<std::uint32_t>& kept,
                             std::vector<bool>& kept_present) {
  const RecordSource& source = *request_.opened->sources[source_number];
  entries_.clear();
  file_names_.clear();
  removed_.clear();
  RecordVisitor visitor;
  visitor.record = [&](RecordView& record, const RecordPlace& place) {
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const conda::PackageRecord& locked = (*request_.kept)[kept[i]];
      if (locked.subdir == source.subdir && locked.file_name == record.file_name &&
          locked.channel == request_.opened->locations[source.channel].channel.base) {
        kept_present[i] = true;
        compare_with_kept(locked, record);
      }
    }
    add_entry(record, place, source_number);
  };
  visitor.removed = [this](std::string_view file) { removed_.emplace_back(file); };
  source.visit(*current_, scratch_, visitor);
}

LoadedName NameLoader::load(const std::string& name) {
  current_ = &name;
  LoadedName loaded;
  loaded.first = static_cast<std::uint32_t>(candidates.size());
  std::vector<std::uint32_t> kept;
  if (const auto found_kept = request_.kept_by_name.find(name); found_kept != request_.kept_by_name.end()) {
    kept = found_kept->second;
  }
  std::vector<bool> kept_present(kept.size());
  const std::size_t first_channel = request_.opened->first_channel(name);
  const bool strict = request_.opened->options.priority == conda::ChannelPriority::strict;
  for (const std::uint32_t source_number : request_.sources) {
    const RecordSource& source = *request_.opened->sources[source_number];
    load_source(source_number, kept, kept_present);
    keep_usable(source_number, kept);
    for (const Entry& entry : entries_) {
      LoadedCandidate candidate = entry.loaded;
      candidate.candidate.channel = static_cast<std::uint16_t>(source.channel);
      candidate.candidate.noarch_subdir = source.subdir == "noarch" && request_.subdir != "noarch";
      candidate.candidate.shadowed = strict && source.channel > first_channel;
      candidates.push_back(candidate);
      reach(candidate.candidate);
    }
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const conda::PackageRecord& locked = (*request_.kept)[kept[i]];
      const bool removed = std::binary_search(removed_.begin(), removed_.end(), locked.file_name);
      if ((!kept_present[i] || removed) && locked.subdir == source.subdir &&
          locked.channel == request_.opened->locations[source.channel].channel.base) {
        add_kept(kept[i], source, strict && source.channel > first_channel);
      }
    }
  }
  loaded.last = static_cast<std::uint32_t>(candidates.size());
  return loaded;
}

/// Of the entries of one source leaves those that count, in the order of candidates.
void NameLoader::keep_usable(std::uint32_t source, const std::vector<std::uint32_t>& kept) {
  const auto by_file_name = [this](const Entry& left, const Entry& right) {
    const std::string_view left_name = file_name(left);
    const std::string_view right_name = file_name(right);
    return std::tuple(!is_conda_file(left_name), left_name, left.order) <
           std::tuple(!is_conda_file(right_name), right_name, right.order);
  };
  std::sort(entries_.begin(), entries_.end(), by_file_name);
  for (std::size_t i = 0; i + 1 < entries_.size(); ++i) {
    if (file_name(entries_[i]) == file_name(entries_[i + 1])) {
      entries_[i].dropped = true;
      flaws[source].add(Flaw::duplicate_key, file_name(entries_[i]));
    }
  }
  std::sort(removed_.begin(), removed_.end());
  for (Entry& entry : entries_) {
    if (is_cut_off(entry)) entry.dropped = true;
    if (std::binary_search(removed_.begin(), removed_.end(), file_name(entry))) entry.dropped = true;
  }
  std::erase_if(entries_, [](const Entry& entry) { return entry.dropped; });
  // A .tar.bz2 gives way to the .conda of the same stem, unless it is what was locked.
  const auto first_old = std::find_if(entries_.begin(), entries_.end(),
                                      [this](const Entry& entry) { return !is_conda_file(file_name(entry)); });
  if (first_old == entries_.begin() || first_old == entries_.end()) return;
  const auto condas_end = first_old - entries_.begin();
  const RecordSource& from = *request_.opened->sources[source];
  for (auto entry = first_old; entry != entries_.end(); ++entry) {
    const std::string twin = std::string(stem_of(file_name(*entry))) + ".conda";
    const bool has_twin =
        std::binary_search(entries_.begin(), entries_.begin() + condas_end, twin,
                           [this](const auto& left, const auto& right) { return name_in(left) < name_in(right); });
    const bool locked = std::any_of(kept.begin(), kept.end(), [&](std::uint32_t i) {
      const conda::PackageRecord& record = (*request_.kept)[i];
      return record.file_name == file_name(*entry) && record.subdir == from.subdir &&
             record.channel == request_.opened->locations[from.channel].channel.base;
    });
    entry->dropped = has_twin && !locked;
  }
  std::erase_if(entries_, [](const Entry& entry) { return entry.dropped; });
}

void NameLoader::add_kept(std::uint32_t number, const RecordSource& source, bool shadowed) {
  const conda::PackageRecord& record = (*request_.kept)[number];
  const OpenOptions& options = request_.opened->options;
  if (options.exclude_newer) {
    const auto time = record.indexed_timestamp ? record.indexed_timestamp : record.timestamp;
    if (time ? *time > *options.exclude_newer : options.exclude_newer_strict) return;
  }
  RecordView view;
  view.name = record.name;
  view.version = record.version;
  view.build = record.build;
  view.build_number = record.build_number;
  view.depends.assign(record.depends.begin(), record.depends.end());
  view.constrains.assign(record.constrains.begin(), record.constrains.end());
  view.track_features.assign(record.track_features.begin(), record.track_features.end());
  view.timestamp = record.timestamp;
  LoadedCandidate loaded;
  if (!fill(loaded, view)) return;
  loaded.source = LoadedCandidate::kKept;
  loaded.kept = number;
  loaded.candidate.channel = static_cast<std::uint16_t>(source.channel);
  loaded.candidate.noarch_subdir = source.subdir == "noarch" && request_.subdir != "noarch";
  loaded.candidate.shadowed = shadowed;
  candidates.push_back(loaded);
  reach(loaded.candidate);
  core::Diagnostic diagnostic;
  diagnostic.code = "record-gone";
  diagnostic.what = "`" + place_of(record) + "` was locked and is gone from the index of `" +
                    core::printable(source.label) + "`; it stays a candidate";
  kept_notes.push_back({core::Severity::note, std::move(diagnostic)});
}

}  // namespace envlock::channel
