#pragma once

#include <filesystem>
#include <map>
#include <mutex>

#include "record_source.h"

namespace envlock::channel {

/// The index of a sharded channel (CEP 16): for each name the hash of its shard.
struct ShardIndex {
  std::string base_url;
  std::string shards_base_url;
  std::vector<std::string> relations;
  std::string texts;  ///< the unpacked index; names are views into it
  struct Entry {
    std::string_view name;
    core::Sha256 hash;
  };
  std::vector<Entry> entries;  ///< sorted by name
};

/// Throws: core::Error "repodata-invalid".
std::unique_ptr<ShardIndex> parse_shard_index(std::string_view packed, const std::string& label);

/// A channel's subdir whose records lie in one file for each name. Shards arrive through downloads() and accept().
class ShardSource final : public RecordSource {
 public:
  /// `shard_folders`: transport folders (URLs or paths) that hold the shards, in order.
  ShardSource(std::unique_ptr<ShardIndex> index, std::vector<std::string> shard_folders);
  bool contains(std::string_view name) const override { return find(name) != nullptr; }
  void append_names(std::vector<std::string>& names) const override;
  std::vector<fetch::Download> downloads(std::span<const std::string> names) const override;
  void accept(const fetch::Download& download, const fetch::Fetched& fetched) const override;
  void visit(std::string_view name, ReadScratch& scratch, const RecordVisitor& visitor) const override;
  conda::PackageRecord read(std::string_view name, const RecordPlace& place) const override;

 private:
  const core::Sha256* find(std::string_view name) const;
  void unpack(std::string_view name, const core::Sha256& hash, std::string& packed, std::string& unpacked) const;

  std::unique_ptr<ShardIndex> index_;
  std::vector<std::string> shard_folders_;
  mutable std::mutex mutex_;
  mutable std::map<core::Sha256, std::filesystem::path> files_;
};

}  // namespace envlock::channel
