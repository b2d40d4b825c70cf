#include "envlock/conda/package_record.h"

#include <algorithm>

namespace envlock::conda {
namespace {

constexpr std::string_view kConda = ".conda";
constexpr std::string_view kTarball = ".tar.bz2";
// CEP 26 says 64; the longest file name any tool can write leaves room for more, so records are not lost over it.
constexpr std::size_t kMaxNameLength = 128;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string stem(const PackageRecord& record) {
  std::string_view name = record.file_name;
  if (name.ends_with(kConda)) {
    name.remove_suffix(kConda.size());
  } else if (name.ends_with(kTarball)) {
    name.remove_suffix(kTarball.size());
  }
  return std::string(name);
}

std::string package_url(const PackageRecord& record) {
  if (record.url) return *record.url;
  return record.channel + "/" + record.subdir + "/" + record.file_name;
}

std::optional<FileNameParts> split_file_name(std::string_view file_name) {
  FileNameParts parts;
  if (file_name.ends_with(kConda)) {
    parts.is_conda = true;
    file_name.remove_suffix(kConda.size());
  } else if (file_name.ends_with(kTarball)) {
    file_name.remove_suffix(kTarball.size());
  } else {
    return std::nullopt;
  }
  const std::size_t build = file_name.rfind('-');
  if (build == std::string_view::npos || build == 0) return std::nullopt;
  const std::size_t version = file_name.rfind('-', build - 1);
  if (version == std::string_view::npos) return std::nullopt;
  parts.name = file_name.substr(0, version);
  parts.version = file_name.substr(version + 1, build - version - 1);
  parts.build = file_name.substr(build + 1);
  if (parts.name.empty() || parts.version.empty() || parts.build.empty()) return std::nullopt;
  return parts;
}

bool is_valid_name(std::string_view name) {
  if (name.size() > kMaxNameLength) return false;
  // "__" opens the name of a virtual package; one "_" may open any other.
  std::string_view rest = name;
  for (int i = 0; i < 2 && rest.starts_with('_'); ++i) rest.remove_prefix(1);
  if (rest.empty() || !is_alphanumeric(rest.front())) return false;
  bool after_separator = false;
  for (const char c : rest) {
    const bool separator = c == '.' || c == '_' || c == '-';
    if (!separator && !is_alphanumeric(c)) return false;
    if (separator && after_separator) return false;
    after_separator = separator;
  }
  return true;
}

bool is_safe_file_name(std::string_view file_name) {
  if (file_name.empty() || file_name.size() > 255 || file_name == "." || file_name == "..") return false;
  return std::none_of(file_name.begin(), file_name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '/' || c == '\\' || byte < 0x20 || byte == 0x7F;
  });
}

}  // namespace envlock::conda
