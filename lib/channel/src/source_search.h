#pragma once

#include <memory>
#include <string>
#include <vector>

#include "closure.h"
#include "envlock/core/progress.h"

namespace envlock::channel {

/// The forms in which a channel can tell what it holds, best first.
enum class IndexForm { shards, json_zst, json };

/// The index of one subdir of one channel, on disk.
struct FoundIndex {
  std::size_t channel = 0;
  std::string subdir;
  IndexForm form = IndexForm::json;
  std::vector<std::string> places;  ///< folders that hold the subdir, transport, the one that answered first
  fetch::Download download;         ///< how it was asked for
  fetch::Fetched fetched;
};

/// Gets the index of every subdir of every channel, all at once: shards, else .json.zst, else .json, from the first
/// place that has any. Sorted by channel, then subdir. A subdir that a channel lacks is left out.
/// Throws: core::Error "channel-not-found", "repodata-missing", or why it could not be got.
std::vector<FoundIndex> find_indexes(const std::vector<Location>& locations, const std::vector<std::string>& subdirs,
                                     fetch::Fetcher& fetcher, core::Notes& notes);

/// What cannot be decoded (a captive portal's page, say) is not kept: the fetcher forgets it, and when it came out of
/// the cache it is fetched once more. Throws: core::Error "repodata-invalid", or why it could not be fetched again.
std::unique_ptr<RecordSource> open_index(FoundIndex found, const std::vector<Location>& locations,
                                         const OpenOptions& options, fetch::Fetcher& fetcher, core::Progress& progress,
                                         core::Notes& notes);

/// Says which CEP 42 relations are not followed.
void tell_relations(const std::vector<std::unique_ptr<RecordSource>>& sources, core::Notes& notes);

}  // namespace envlock::channel
