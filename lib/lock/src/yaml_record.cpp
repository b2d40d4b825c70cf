#include "yaml_record.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include "envlock/core/text.h"
#include "envlock/core/url.h"

namespace envlock::lock {
namespace {

using Id = YamlTree::Id;
using Report = std::function<void(core::Diagnostic)>;

// Above this a time is in milliseconds, below in seconds: the end of the year 9999. Source: rattler, its timestamps.
constexpr std::int64_t kLastSecond = 253402300799;

std::optional<std::uint64_t> number(const YamlTree& tree, Id entry, const char* key, const Report& mistake) {
  const Id value = tree.find(entry, key);
  const std::string& text = tree.text(value);
  if (text.empty()) return std::nullopt;
  std::uint64_t result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  const bool fits = result <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (error == std::errc() && end == text.data() + text.size() && fits) return result;
  mistake(tree.mistake(value, std::string("`") + key + "` must be a whole number"));
  return std::nullopt;
}

template <typename Digest>
void read_hash(const YamlTree& tree, Id value, std::optional<Digest> (*parse)(std::string_view), const char* what,
               std::optional<Digest>& digest, const Report& mistake) {
  if (tree.text(value).empty()) return;
  digest = parse(tree.text(value));
  if (!digest) mistake(tree.mistake(value, what));
}

// As rattler keeps it: one slash at the end, and perhaps credentials.
std::string channel_of(std::string text) {
  text = core::strip_credentials(text);
  while (text.ends_with('/')) text.pop_back();
  return text;
}

}  // namespace

void read_hashes(const YamlTree& tree, Id entry, std::optional<core::Sha256>& sha256, std::optional<core::Md5>& md5,
                 const Report& mistake) {
  read_hash(tree, tree.find(entry, "sha256"), core::parse_sha256, "a sha256 has 64 hexadecimal digits", sha256,
            mistake);
  read_hash(tree, tree.find(entry, "md5"), core::parse_md5, "an md5 has 32 hexadecimal digits", md5, mistake);
}

std::vector<std::string> texts_of(const YamlTree& tree, Id list) {
  std::vector<std::string> all;
  if (!tree.text(list).empty()) all.push_back(tree.text(list));
  if (!tree.is_sequence(list)) return all;
  for (const Id item : tree.children(list)) {
    if (!tree.text(item).empty()) all.push_back(tree.text(item));
  }
  return all;
}

void read_record_fields(const YamlTree& tree, Id entry, conda::PackageRecord& record, const Report& mistake) {
  read_hashes(tree, entry, record.sha256, record.md5, mistake);
  if (const auto value = number(tree, entry, "build_number", mistake)) record.build_number = *value;
  if (const auto value = number(tree, entry, "size", mistake)) record.size = *value;
  if (const auto value = number(tree, entry, "timestamp", mistake)) {
    const auto time = static_cast<std::int64_t>(*value);
    record.timestamp = time > kLastSecond ? time : time * 1000;
  }
  if (const Id list = tree.find(entry, "depends"); list != YamlTree::kNone) record.depends = texts_of(tree, list);
  if (const Id list = tree.find(entry, "constrains"); list != YamlTree::kNone) {
    record.constrains = texts_of(tree, list);
  }
  record.license = core::printable(tree.text(entry, "license"));
  if (const std::string& noarch = tree.text(entry, "noarch"); noarch == "python" || noarch == "generic") {
    record.noarch = noarch;
  }
  record.python_site_packages_path = tree.text(entry, "python_site_packages_path");
  record.track_features = texts_of(tree, tree.find(entry, "track_features"));
  std::sort(record.track_features.begin(), record.track_features.end());
  // A folder is named relative to the lock, as its URL says already.
  const std::string& channel = tree.text(entry, "channel");
  if (core::looks_like_url(channel) && !core::path_of_file_url(channel)) record.channel = channel_of(channel);
}

}  // namespace envlock::lock
