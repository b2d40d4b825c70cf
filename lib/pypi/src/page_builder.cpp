#include "page_builder.h"

#include <algorithm>
#include <unordered_set>

#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::pypi {
namespace {

constexpr std::size_t kLongestName = 255;  // what file systems take
constexpr std::size_t kLongestUrl = 4096;
constexpr std::size_t kShownReasons = 3;

bool is_control_or_space(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7f;
}

/// A name that is safe as the name of a file in any folder.
bool is_file_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName || name.front() == '.') return false;
  const auto wrong = [](char c) { return c == '/' || c == '\\' || c == ':' || is_control_or_space(c); };
  return std::none_of(name.begin(), name.end(), wrong) && core::is_valid_utf8(name);
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

/// The URL's folder: all up to its last slash.
std::string folder_of(std::string_view url) {
  const std::string_view plain = url.substr(0, url.find_first_of("?#"));
  const std::size_t scheme = plain.find("://");
  const std::size_t authority = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t slash = plain.rfind('/');
  if (slash == std::string_view::npos || slash < authority) return std::string(plain) + "/";
  return std::string(plain.substr(0, slash + 1));
}

/// "javascript:x" is no path: what stands before the first ":" is a scheme unless a "/" or "?" comes earlier.
bool has_scheme(std::string_view link) {
  const std::size_t end = link.find_first_of(":/?");
  return end != std::string_view::npos && end > 0 && link[end] == ':';
}

bool has_user(std::string_view url) {
  const std::size_t authority = url.find("://") + 3;
  const std::size_t at = url.find('@', authority);
  return at != std::string_view::npos && at < url.find('/', authority);
}

}  // namespace

PageBuilder::PageBuilder(std::string_view page_url, std::string_view name)
    : shown_url_(core::printable(core::without_secrets(page_url), 400)),
      base_(folder_of(page_url)),
      https_(starts_with(page_url, "https:")),
      local_(starts_with(page_url, "file:")) {
  page_.name = std::string(name);
}

void PageBuilder::set_base(std::string_view url) {
  base_ = folder_of(absolute(url));
}

std::string PageBuilder::absolute(std::string_view link) const {
  if (has_scheme(link)) return std::string(link);
  return core::join_url(base_, link);
}

/// What is wrong with the file; null: nothing, and its URL is set.
const char* PageBuilder::complete(IndexFile& file, std::string_view link) const {
  if (!is_file_name(file.file_name)) return "its name is no file name";
  link = link.substr(0, link.find('#'));
  if (link.empty() || link.size() > kLongestUrl || std::any_of(link.begin(), link.end(), is_control_or_space)) {
    return "its address is none";
  }
  file.url = absolute(link);
  const bool http = starts_with(file.url, "http://");
  if (!http && !starts_with(file.url, "https://") && !(local_ && starts_with(file.url, "file://"))) {
    return "its address leads to neither http nor https";
  }
  if (http && https_ && !file.sha256) return "a page of https gives it by http and without a SHA-256";
  if (has_user(file.url)) file.url = core::strip_credentials(file.url);
  return nullptr;
}

void PageBuilder::add(IndexFile file, std::string_view link) {
  if (const char* reason = complete(file, link)) return ignore(file.file_name, reason);
  page_.files.push_back(std::move(file));
}

void PageBuilder::ignore(std::string_view file_name, std::string_view reason) {
  if (ignored_++ < kShownReasons) {
    reasons_.push_back("`" + core::printable(file_name, 100) + "`: " + std::string(reason));
  }
}

void PageBuilder::set_status(std::string_view status, std::string_view reason) {
  for (const std::string_view known : {"active", "archived", "quarantined", "deprecated"}) {
    if (status != known) continue;
    page_.status = std::string(status);
    page_.status_reason = std::string(reason);
  }
}

ProjectPage PageBuilder::finish(core::Notes& notes) {
  std::unordered_set<std::string_view> seen;  // only asked, never walked
  seen.reserve(page_.files.size());
  std::vector<bool> again(page_.files.size());
  bool any = false;
  for (std::size_t i = 0; i < page_.files.size(); ++i) {
    again[i] = !seen.insert(page_.files[i].file_name).second;
    any = any || again[i];
  }
  if (any) {
    std::vector<IndexFile> once;
    for (std::size_t i = 0; i < page_.files.size(); ++i) {
      if (!again[i]) once.push_back(std::move(page_.files[i]));
    }
    page_.files = std::move(once);
  }
  if (ignored_ > 0) {
    core::Diagnostic note;
    note.code = "index-file-ignored";
    note.what = std::to_string(ignored_) + (ignored_ == 1 ? " file of `" : " files of `") +
                core::printable(page_.name, 100) + "` could not be understood and " +
                (ignored_ == 1 ? "was left out" : "were left out");
    note.why = reasons_;
    note.why.push_back("listed at " + shown_url_);
    notes.note(std::move(note));
  }
  return std::move(page_);
}

void fail_page(std::string_view page_url, std::string_view name, std::string why, std::vector<std::string> hints) {
  core::Diagnostic found;
  found.code = "index-page-invalid";
  found.what = "what came for `" + core::printable(name, 100) + "` is no page of a package index";
  found.why = {std::move(why), "from " + core::printable(core::without_secrets(page_url), 400)};
  found.hints = std::move(hints);
  throw core::Error(std::move(found));
}

std::optional<core::Sha256> parse_hash(std::string_view algorithm, std::string_view hex, bool& broken) {
  if (algorithm != "sha256") return std::nullopt;
  const std::optional<core::Sha256> sha256 = core::parse_sha256(hex);
  broken = broken || !sha256;
  return sha256;
}

}  // namespace envlock::pypi
