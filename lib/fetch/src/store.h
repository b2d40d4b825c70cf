#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "entry.h"
#include "envlock/core/digest.h"
#include "envlock/fetch/fetcher.h"
#include "part_file.h"

namespace envlock::fetch {

/// Bodies up to this size are hashed whenever they are used, and therefore never synced; larger ones are synced when
/// they are written, and only their size is checked later.
inline constexpr std::uint64_t kHashedOnUse = std::uint64_t{4} << 20;

/// How sure a body must be that is about to be used.
enum class Check { size, hash };

/// A URL's entry and the file that it leads to.
struct Copy {
  Entry entry;
  std::filesystem::path body;
};

/// One folder of the content-addressed cache. Many processes may use it at once.
/// Source: docs/formats/cache.md.
class Store {
 public:
  explicit Store(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }
  /// The file with this content when it is there and whole. `size` is absent when nobody knows it.
  std::optional<std::filesystem::path> body(const core::Sha256& sha256, std::optional<std::uint64_t> size,
                                            Check check) const;
  /// What is known under a cache_key, when its body is there and whole.
  std::optional<Copy> copy(const std::string& key, Check check) const;

  /// Makes the folders when they are missing. Absent: `error` gets errno.
  std::optional<PartFile> begin(int& error);
  /// Publishes a part as the body of this hash. Gives 0 or errno.
  int keep(PartFile& part, const core::Sha256& sha256, std::uint64_t size);
  /// Gives 0 or errno; what stood there stays when it fails.
  int remember(const std::string& key, const Entry& entry);
  void forget(const std::string& key);
  std::filesystem::path body_path(const core::Sha256& sha256) const;

 private:
  std::filesystem::path entry_path(const std::string& key) const;
  std::filesystem::path parts() const { return folder_ / "parts"; }
  int prepare();

  std::filesystem::path folder_;
  bool prepared_ = false;
};

/// Names an entry: the URL with what must never reach the disk taken out (credentials, token and fragment), and which
/// form or part of the file is asked for.
std::string cache_key(const std::string& url, const Download& download);
/// "0-99" or "-100", as HTTP writes it.
std::string format(const ByteRange& range);

}  // namespace envlock::fetch
