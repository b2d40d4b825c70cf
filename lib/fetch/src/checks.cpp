#include "checks.h"

#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::fetch {

BodyHash::BodyHash(const Download& download) {
  if (download.md5) md5_.emplace();
}

void BodyHash::update(std::string_view bytes) {
  sha256_.update(bytes);
  if (md5_) md5_->update(bytes);
}

BodyDigests BodyHash::finish() {
  BodyDigests digests;
  digests.sha256 = sha256_.finish();
  if (md5_) digests.md5 = md5_->finish();
  return digests;
}

std::string content_key(const core::Sha256& sha256) {
  return "sha256-" + core::format(sha256);
}

std::string name_of(const Download& download) {
  std::string name = download.label;
  if (name.empty() && !download.urls.empty()) {
    const std::string shown = core::without_secrets(download.urls.front());
    const std::string plain = shown.substr(0, shown.find_first_of("?#"));
    name = plain.substr(plain.rfind('/') + 1);
    if (name.empty()) name = plain;
  }
  return "`" + core::printable(core::without_secrets(name)) + "`";
}

std::optional<core::Diagnostic> check_size(const Download& download, std::uint64_t size, const std::string& served_by) {
  core::Diagnostic found;
  const std::string bytes = std::to_string(size) + " bytes from " + core::printable(served_by, 400);
  if (download.size && *download.size != size) {
    found.code = "size-mismatch";
    found.what = name_of(download) + " has not the size that was stated for it";
    found.why = {"want " + std::to_string(*download.size) + " bytes", "have " + bytes};
    found.hints = {"do not use the file; the channel or a mirror of it is out of step: try again later or elsewhere"};
    return found;
  }
  if (size > download.max_bytes) {
    found.code = "download-too-large";
    found.what = name_of(download) + " is larger than is reasonable";
    found.why = {"at most " + std::to_string(download.max_bytes) + " bytes are accepted", "have " + bytes};
    found.hints = {"check that the channel's address leads to a conda channel"};
    return found;
  }
  return std::nullopt;
}

std::optional<core::Diagnostic> check_digests(const Download& download, const BodyDigests& digests, std::uint64_t size,
                                              const std::string& served_by) {
  core::Diagnostic found;
  found.code = "hash-mismatch";
  found.what = name_of(download) + " is not the file whose hash was stated";
  const std::string from = "   " + std::to_string(size) + " bytes from " + core::printable(served_by, 400);
  if (download.sha256 && *download.sha256 != digests.sha256) {
    found.why = {"want sha256 " + core::format(*download.sha256), "have sha256 " + core::format(digests.sha256) + from};
  } else if (download.md5 && digests.md5 && *download.md5 != *digests.md5) {
    found.why = {"want md5 " + core::format(*download.md5), "have md5 " + core::format(*digests.md5) + from};
  } else {
    return std::nullopt;
  }
  found.hints = {"do not use the file; the channel or a mirror of it is out of step: try again later or elsewhere"};
  return found;
}

}  // namespace envlock::fetch
