#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/channel.h"
#include "envlock/conda/package_record.h"

namespace envlock::conda {

using TextId = std::uint32_t;       ///< an index into Index::texts
using CandidateId = std::uint32_t;  ///< an index into Index::candidates

/// One record as a solver sees it; the rest of it is fetched with Index::record when it has been chosen.
/// All strings are interned: equal text has an equal id.
struct Candidate {
  TextId name = 0;
  TextId version = 0;
  TextId build = 0;
  std::uint64_t build_number = 0;
  std::uint32_t first_depend = 0;  ///< depends are Index::edges[first_depend, +depend_count), then the constrains
  std::uint16_t depend_count = 0;
  std::uint16_t constrain_count = 0;
  std::uint16_t channel = 0;         ///< index into Index::channels
  std::uint16_t track_features = 0;  ///< how many
  bool noarch_subdir = false;        ///< lies in "noarch", not in the platform's own subdir
  bool shadowed = false;             ///< strict priority hides it; only a `channel::name` request may choose it
  bool conda_format = true;          ///< a .conda file, not .tar.bz2: the solver's Ids go by it
  std::int64_t timestamp = 0;        ///< milliseconds, 0 when unknown
};

/// The records that the requests of one platform can reach, as a plain value.
/// Order: candidates are grouped by name in order of names; within a name: the platform's subdir before noarch, then
/// channel rank, then ".conda" before ".tar.bz2", then file name. The solver's Ids follow it, so it is part of the
/// result: the same records give the same Index from JSON, zst, shards, cache, or in another order.
struct Index {
  std::string subdir;
  std::vector<Channel> channels;        ///< in rank order
  std::vector<std::string_view> texts;  ///< views into storage that `owner` keeps alive
  std::vector<TextId> edges;            ///< MatchSpec texts
  std::vector<Candidate> candidates;

  /// Every name reached by the closure, sorted, with its candidates [first, last); empty range: no such package.
  struct Name {
    TextId text = 0;
    CandidateId first = 0;
    CandidateId last = 0;
  };
  std::vector<Name> names;

  /// The whole record of a candidate. May parse on demand; thread-safe.
  std::function<PackageRecord(CandidateId)> record;
  /// Names that exist in the channels, for "did you mean": sorted, without duplicates. May be long; made on demand.
  std::function<std::vector<std::string>()> all_names;
  /// Keeps the storage behind `texts` and `record` alive.
  std::shared_ptr<const void> owner;

  std::string_view text(TextId id) const { return texts[id]; }
  std::span<const TextId> depends(const Candidate& candidate) const {
    return {edges.data() + candidate.first_depend, candidate.depend_count};
  }
  std::span<const TextId> constrains(const Candidate& candidate) const {
    return {edges.data() + candidate.first_depend + candidate.depend_count, candidate.constrain_count};
  }
  /// Candidates [first, last) of a name, empty when it is not there. Binary search.
  std::span<const Candidate> find(std::string_view name) const;
};

/// An Index of records in memory: for replay, locks used as candidates, and tests. Records of other subdirs than
/// `subdir` and noarch are left out. Channels are those of the records' `channel` fields, which must all stand in
/// `channels`. Applies the order above, drops a .tar.bz2 whose .conda twin is there, and marks shadowed candidates when
/// `priority` is strict.
Index make_index(std::string subdir, std::vector<Channel> channels, std::vector<PackageRecord> records,
                 ChannelPriority priority);

}  // namespace envlock::conda
