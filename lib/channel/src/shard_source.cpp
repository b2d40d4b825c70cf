#include "shard_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "record_msgpack.h"
#include "slicer.h"
#include "zstd_source.h"

namespace envlock::channel {
namespace {

using Kind = MsgpackReader::Kind;
using Value = MsgpackReader::Value;

constexpr std::uint64_t kMaxIndex = std::uint64_t{512} << 20;
constexpr std::uint64_t kMaxShard = std::uint64_t{512} << 20;

class IndexParser {
 public:
  IndexParser(ShardIndex& index, const std::string& label) : index_(index), label_(label), reader_(index.texts) {}

  void run() {
    map([this](std::string_view key) {
      if (key == "version") {
        const Value version = value();
        if (version.kind != Kind::integer || version.integer != 1) {
          fail(fmt::format("expected version 1 of a sharded index, found {}", version.integer));
        }
      } else if (key == "info") {
        map([this](std::string_view field) { info(field); });
      } else if (key == "shards") {
        map([this](std::string_view name) { shard(name); });
        has_shards_ = true;
      } else if (!reader_.skip()) {
        fail("not valid msgpack");
      }
    });
    if (!has_shards_) fail("`shards` is missing");
    sort();
  }

 private:
  [[noreturn]] void fail(const std::string& reason) { throw invalid_repodata(label_, reader_.offset(), reason); }

  Value value() {
    Value next = reader_.next();
    if (next.kind == Kind::broken) fail("not valid msgpack, or truncated");
    return next;
  }

  template <typename Member>
  void map(const Member& member) {
    const Value head = value();
    if (head.kind != Kind::map) fail("expected a map");
    for (std::uint64_t i = 0; i < head.count; ++i) {
      const Value key = value();
      if (key.kind != Kind::text) fail("expected a text as key");
      member(key.bytes);
    }
  }

  void info(std::string_view field) {
    const Value head = value();
    if (head.kind == Kind::text && field == "base_url") index_.base_url = head.bytes;
    if (head.kind == Kind::text && field == "shards_base_url") index_.shards_base_url = head.bytes;
    if (field == "channel_relations") return relations(head);
    if (!reader_.skip_rest(head)) fail("not valid msgpack");
  }

  /// Every text within, keys left out: a map of lists of channels.
  void relations(const Value& head) {
    std::vector<std::pair<std::uint64_t, bool>> open;  // items left, and whether the next one is a key
    const auto enter = [&open](const Value& entered) {
      if (entered.kind == Kind::map) open.emplace_back(entered.count * 2, true);
      if (entered.kind == Kind::array) open.emplace_back(entered.count, false);
    };
    enter(head);
    while (!open.empty()) {
      auto& [left, is_map] = open.back();
      if (left == 0) {
        open.pop_back();
        continue;
      }
      const bool is_key = is_map && left % 2 == 0;
      --left;
      const Value item = value();
      if (item.kind == Kind::text && !is_key && index_.relations.size() < 100)
        index_.relations.emplace_back(item.bytes);
      enter(item);
    }
  }

  void shard(std::string_view name) {
    const Value head = value();
    bool broken = false;
    const auto hash = read_digest<32>(reader_, head, broken);
    if (broken) fail("not valid msgpack");
    if (!hash) fail("the shard of `" + core::printable(name) + "` has no SHA-256 as its name");
    index_.entries.push_back({name, *hash});
  }

  void sort() {
    std::stable_sort(index_.entries.begin(), index_.entries.end(),
                     [](const auto& left, const auto& right) { return left.name < right.name; });
    // Of equal names the last counts, as in JSON.
    std::size_t kept = 0;
    for (std::size_t i = 0; i < index_.entries.size(); ++i) {
      if (i + 1 < index_.entries.size() && index_.entries[i].name == index_.entries[i + 1].name) continue;
      if (!conda::is_valid_name(index_.entries[i].name)) continue;
      index_.entries[kept++] = index_.entries[i];
    }
    index_.entries.resize(kept);
  }

  ShardIndex& index_;
  const std::string& label_;
  MsgpackReader reader_;
  bool has_shards_ = false;
};

}  // namespace

std::unique_ptr<ShardIndex> parse_shard_index(std::string_view packed, const std::string& label) {
  auto index = std::make_unique<ShardIndex>();
  unpack_zstd(packed, label, kMaxIndex, index->texts);
  IndexParser(*index, label).run();
  return index;
}

ShardSource::ShardSource(std::unique_ptr<ShardIndex> index, std::vector<std::string> shard_folders)
    : index_(std::move(index)), shard_folders_(std::move(shard_folders)) {}

const core::Sha256* ShardSource::find(std::string_view name) const {
  const auto place = std::lower_bound(index_->entries.begin(), index_->entries.end(), name,
                                      [](const auto& entry, std::string_view wanted) { return entry.name < wanted; });
  return place != index_->entries.end() && place->name == name ? &place->hash : nullptr;
}

void ShardSource::append_names(std::vector<std::string>& names) const {
  for (const ShardIndex::Entry& entry : index_->entries) names.emplace_back(entry.name);
}

std::vector<fetch::Download> ShardSource::downloads(std::span<const std::string> names) const {
  std::vector<fetch::Download> downloads;
  const std::lock_guard lock(mutex_);
  for (const std::string& name : names) {
    const core::Sha256* hash = find(name);
    if (hash == nullptr || files_.contains(*hash)) continue;
    fetch::Download download;
    for (const std::string& folder : shard_folders_) {
      download.urls.push_back(folder + "/" + core::format(*hash) + ".msgpack.zst");
    }
    download.label = label + "/" + name;
    download.sha256 = *hash;
    download.caching = fetch::Caching::immutable;
    download.max_bytes = kMaxShard;
    downloads.push_back(std::move(download));
  }
  return downloads;
}

void ShardSource::accept(const fetch::Download& download, const fetch::Fetched& fetched) const {
  if (fetched.status == fetch::Status::failed && fetched.failure) throw core::Error(*fetched.failure);
  if (fetched.status != fetch::Status::ok) {
    core::Diagnostic diagnostic;
    diagnostic.code = "shard-missing";
    diagnostic.what = "the channel lacks the shard `" + core::printable(download.label) + "` that its index names";
    diagnostic.hints = {"try again: the channel may have been changing just now"};
    throw core::Error(std::move(diagnostic));
  }
  const std::lock_guard lock(mutex_);
  files_[*download.sha256] = fetched.path;
}

void ShardSource::unpack(std::string_view name, const core::Sha256& hash, std::string& packed,
                         std::string& unpacked) const {
  std::filesystem::path path;
  {
    const std::lock_guard lock(mutex_);
    const auto file = files_.find(hash);
    if (file != files_.end()) path = file->second;
  }
  packed = core::read_file(path, kMaxShard);
  unpack_zstd(packed, label + "/" + std::string(name), kMaxShard, unpacked);
}

void ShardSource::visit(std::string_view name, ReadScratch& scratch, const RecordVisitor& visitor) const {
  const core::Sha256* hash = find(name);
  if (hash == nullptr) return;
  unpack(name, *hash, scratch.packed, scratch.unpacked);
  std::uint64_t error_at = 0;
  if (!read_shard(scratch.unpacked, scratch.record, visitor.record, visitor.removed, error_at)) {
    throw invalid_repodata(label + "/" + std::string(name), error_at, "the shard is not what CEP 16 describes");
  }
}

conda::PackageRecord ShardSource::read(std::string_view name, const RecordPlace& place) const {
  std::string packed;
  std::string unpacked;
  RecordView view;
  const core::Sha256* hash = find(name);
  if (hash != nullptr) unpack(name, *hash, packed, unpacked);
  if (hash == nullptr || !read_shard_record(unpacked, place, view)) {
    throw invalid_repodata(label + "/" + std::string(name), place.offset, "the shard changed while it was read");
  }
  return to_package_record(view);
}

}  // namespace envlock::channel
