#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/fetch/fetcher.h"

namespace envlock::fetch {

struct BodyDigests {
  core::Sha256 sha256;
  std::optional<core::Md5> md5;  ///< only when the download asks for it
};

/// Hashes a body while it passes.
class BodyHash {
 public:
  explicit BodyHash(const Download& download);
  void update(std::string_view bytes);
  BodyDigests finish();

 private:
  core::Sha256Hasher sha256_;
  std::optional<core::Md5Hasher> md5_;
};

/// "sha256-HEX": fit for a file name.
std::string content_key(const core::Sha256& sha256);

/// Absent when the size is what the download wants.
std::optional<core::Diagnostic> check_size(const Download& download, std::uint64_t size, const std::string& served_by);
/// Absent when the digests are what the download wants.
std::optional<core::Diagnostic> check_digests(const Download& download, const BodyDigests& digests, std::uint64_t size,
                                              const std::string& served_by);

/// "`conda-forge/linux-64`" or, without a label, the URL's last part; for the first sentence of a message.
std::string name_of(const Download& download);

}  // namespace envlock::fetch
