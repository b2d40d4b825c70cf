#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "entry.h"
#include "envlock/core/digest.h"
#include "part_file.h"

namespace envlock::fetch {

/// Bodies up to this size are hashed whenever they are used, and therefore never synced; larger ones are synced when
/// they are written, and only their size is checked later.
inline constexpr std::uint64_t kHashedOnUse = std::uint64_t{4} << 20;

/// One folder of the content-addressed cache. Many processes may use it at once.
/// Source: docs/formats/cache.md.
class Store {
 public:
  explicit Store(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }
  /// The file with this content when it is there and whole. `size` is absent when nobody knows it.
  std::optional<std::filesystem::path> body(const core::Sha256& sha256, std::optional<std::uint64_t> size) const;
  /// What is known of a URL, when its body is there and whole.
  std::optional<Entry> entry(const std::string& url) const;

  /// Makes the folders when they are missing. Absent: `error` gets errno.
  std::optional<PartFile> begin(int& error);
  /// Publishes a part as the body of this hash. Gives 0 or errno.
  int keep(PartFile& part, const core::Sha256& sha256, std::uint64_t size);
  /// Gives 0 or errno; what stood there stays when it fails.
  int remember(const std::string& url, const Entry& entry);
  void forget(const std::string& url);
  std::filesystem::path body_path(const core::Sha256& sha256) const;

 private:
  std::filesystem::path entry_path(const std::string& url) const;
  std::filesystem::path parts() const { return folder_ / "parts"; }
  int prepare();

  std::filesystem::path folder_;
  bool prepared_ = false;
};

/// The URL with what must never reach the disk taken out: credentials, token and fragment. It names the entry.
std::string cache_key(const std::string& url);

}  // namespace envlock::fetch
