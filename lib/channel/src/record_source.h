#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/package_record.h"
#include "envlock/fetch/fetcher.h"
#include "record_json.h"
#include "record_view.h"

namespace envlock::channel {

/// Buffers for reading records, one set per thread.
struct ReadScratch {
  JsonRecordReader json{false};
  std::string packed;    ///< a compressed shard
  std::string unpacked;  ///< and what it holds
  RecordView record;
};

/// What a source calls for each record of a name, and for each file name in the `removed` list.
struct RecordVisitor {
  std::function<void(RecordView&, const RecordPlace&)> record;
  std::function<void(std::string_view file_name)> removed;
};

/// One subdir of one channel, opened: its names, and a way to the records of a name. Thread-safe after opening.
class RecordSource {
 public:
  std::string label;        ///< "conda-forge/linux-64"
  std::size_t channel = 0;  ///< index into the repository's locations
  std::string subdir;
  std::string base_url;  ///< CEP 15, resolved; empty: beside the index
  std::vector<std::string> relations;
  NoteGroups flaws;  ///< found while opening

  virtual ~RecordSource() = default;
  virtual bool contains(std::string_view name) const = 0;
  virtual void append_names(std::vector<std::string>& names) const = 0;
  /// Files that must be there before `visit` of these names.
  virtual std::vector<fetch::Download> downloads(std::span<const std::string> names) const {
    (void)names;
    return {};
  }
  virtual void accept(const fetch::Download& download, const fetch::Fetched& fetched) const {
    (void)download, (void)fetched;
  }
  /// Throws: core::Error "repodata-invalid".
  virtual void visit(std::string_view name, ReadScratch& scratch, const RecordVisitor& visitor) const = 0;
  /// The record at a place that visit told. Throws: core::Error.
  virtual conda::PackageRecord read(std::string_view name, const RecordPlace& place) const = 0;
};

}  // namespace envlock::channel
