#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "envlock/channel/condarc.h"
#include "envlock/conda/index.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/progress.h"
#include "envlock/fetch/fetcher.h"

namespace envlock::channel {

struct OpenOptions {
  std::vector<std::string> subdirs;  ///< of all platforms to be locked; "noarch" is added
  conda::ChannelPriority priority = conda::ChannelPriority::strict;
  /// Records newer than this do not exist: indexed_timestamp, else timestamp, compared in milliseconds.
  std::optional<core::Milliseconds> exclude_newer;
  bool exclude_newer_strict = false;  ///< also drop records that carry no time
  std::filesystem::path cache;        ///< for the slices of indexes; empty: none
  std::size_t threads = 0;
};

/// The channels of one run, opened: for each channel and subdir the names it holds and a way to their records.
/// Sharded repodata (CEP 16) first, then repodata.json.zst, then repodata.json. Memory follows what is loaded, not the
/// size of the index.
class Repository {
 public:
  /// Throws: core::Error "repodata-missing", "repodata-invalid", "cache-miss" (offline), network failures.
  static Repository open(std::vector<Location> locations, OpenOptions options, fetch::Fetcher& fetcher,
                         core::Progress& progress, core::Notes& notes);
  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;
  ~Repository();

  /// The closure of `names` over depends and constrains-free edges for one of the opened subdirs. `kept` are locked
  /// records that stay candidates: one that the index lacks is added with the note "record-gone", one whose metadata
  /// the index has patched is replaced by the index's with the note "record-patched". Thread-safe.
  conda::Index load(const std::string& subdir, const std::vector<std::string>& names,
                    const std::vector<conda::PackageRecord>& kept, core::Notes& notes) const;

  /// Every name in the opened subdirs, sorted.
  std::vector<std::string> all_names() const;
  /// Where a record's file can be downloaded: the channel's transport locations in order, then its canonical URL.
  std::vector<std::string> download_urls(const conda::PackageRecord& record) const;
  const std::vector<Location>& locations() const;

 private:
  struct State;
  explicit Repository(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace envlock::channel
