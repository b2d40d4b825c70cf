#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "derived_cache.h"
#include "envlock/pypi/source.h"
#include "transports.h"
#include "wheel_reader.h"

namespace envlock::pypi {

/// Finds the metadata of files by the cheapest way that each has: a metadata file beside it, parts of it, all of it.
class MetadataFinder {
 public:
  MetadataFinder(fetch::Fetcher& fetcher, const Transports& transports, const IndexSettings& settings);

  std::vector<FoundMetadata> find(const std::vector<MetadataWanted>& wanted);

 private:
  /// Whether a server has metadata files that its index does not announce.
  enum class Beside { unknown, yes, no };
  enum class Form { wheel, zipped_sdist, packed_sdist, unknown };
  /// One file on its way.
  struct Task {
    const MetadataWanted* wanted = nullptr;
    FoundMetadata* result = nullptr;
    Form form = Form::unknown;
    bool done = false;
    bool whole = false;  ///< ranges do not lead to it
    std::unique_ptr<WheelReader> reader;
  };
  using Tasks = std::vector<Task*>;

  void take_announced(const Tasks& tasks);
  void take_cached(const Tasks& tasks);
  void take_beside(const Tasks& tasks);
  void try_beside(const Tasks& tasks);
  void take_parts(const Tasks& tasks);
  void take_part(Task& task, const fetch::Download& download, const fetch::Fetched& fetched);
  std::optional<fetch::ByteRange> next_part(Task& task);
  void take_whole(const Tasks& tasks);
  void read_whole(Task& task, const fetch::Fetched& fetched);
  void read_packed_sdist(Task& task, std::string_view bytes);

  fetch::Download metadata_download(const Task& task) const;
  fetch::Download file_download(const Task& task) const;
  void finish(Task& task, const std::string& text, bool keep);
  void fail(Task& task, core::Diagnostic diagnostic);
  void fail_fetch(Task& task, fetch::Fetched fetched);
  static std::string key_of(const Task& task);

  fetch::Fetcher& fetcher_;
  const Transports& transports_;
  DerivedCache cache_;
  std::map<std::string, Beside> beside_;  ///< by origin; for the run
};

}  // namespace envlock::pypi
