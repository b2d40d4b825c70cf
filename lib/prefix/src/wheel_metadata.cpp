#include "wheel_metadata.h"

#include <algorithm>
#include <set>

#include "envlock/core/text.h"
#include "envlock/pypi/name.h"
#include "envlock/pypi/tags.h"
#include "envlock/pypi/version.h"
#include "wheel_entry_points.h"
#include "wheel_file_name.h"
#include "wheel_headers.h"
#include "wheel_invalid.h"

namespace envlock::prefix {
namespace {

constexpr std::string_view kInfo = ".dist-info";

std::string info_folder(const WheelContent& content) {
  std::set<std::string> folders;
  for (const std::string& path : content.order) {
    const std::string top = path.substr(0, path.find('/'));
    if (top.ends_with(kInfo) && top.size() < path.size()) folders.insert(top);
  }
  if (folders.empty()) throw_wheel_invalid(content.file_name, "it has no .dist-info folder");
  if (folders.size() > 1) throw_wheel_invalid(content.file_name, "it has more than one .dist-info folder");
  return *folders.begin();
}

/// Old builders wrote "-" as "_" into names of folders: "1.0_1" is "1.0-1".
std::optional<pypi::Version> parse_version(std::string text) {
  if (auto version = pypi::Version::try_parse(text)) return version;
  std::replace(text.begin(), text.end(), '_', '-');
  return pypi::Version::try_parse(text);
}

/// Texts that are no versions are compared as they are.
bool is_same_version(const std::string& left, const std::string& right) {
  if (left == right) return true;
  const std::optional<pypi::Version> left_version = parse_version(left);
  const std::optional<pypi::Version> right_version = parse_version(right);
  return left_version && right_version && *left_version == *right_version;
}

/// Where a name or version comes from, to be compared with what was locked.
struct Claim {
  std::string source;
  std::string name;
  std::string version;
};

void check_claim(const Claim& claim, const WantedWheel& wheel, const WheelContent& content) {
  if (!wheel.name.empty() && pypi::normalize_name(claim.name) != pypi::normalize_name(wheel.name)) {
    throw_wheel_invalid(content.file_name, "want " + core::printable(wheel.name) + ", but " + claim.source + " names " +
                                               in_backticks(claim.name));
  }
  if (!wheel.version.empty() && !is_same_version(claim.version, wheel.version)) {
    throw_wheel_invalid(content.file_name, "want version " + core::printable(wheel.version) + ", but " + claim.source +
                                               " has " + in_backticks(claim.version));
  }
}

Claim claim_of_folder(const std::string& folder, const WheelContent& content) {
  const std::string stem = folder.substr(0, folder.size() - kInfo.size());
  const std::size_t hyphen = stem.find('-');
  if (hyphen == std::string::npos) {
    throw_wheel_invalid(content.file_name, in_backticks(folder) + " is not named NAME-VERSION.dist-info");
  }
  return {"its .dist-info folder", stem.substr(0, hyphen), stem.substr(hyphen + 1)};
}

/// "py2.py3-none-any": three parts that are not empty.
bool is_tag(std::string_view tag) {
  const std::vector<std::string_view> parts = core::split(tag, '-');
  return parts.size() == 3 &&
         std::none_of(parts.begin(), parts.end(), [](std::string_view part) { return part.empty(); });
}

void check_wheel_file(const WheelContent& content, const std::string& folder) {
  if (content.find(folder + "/WHEEL") == nullptr) throw_wheel_invalid(content.file_name, "it has no WHEEL file");
  const Headers wheel(content.text(folder + "/WHEEL"));
  const std::string version = wheel.first("Wheel-Version");
  if (!version.starts_with("1.") && version != "1") {
    throw_wheel_invalid(content.file_name, "its Wheel-Version is " + in_backticks(version) + ", and only 1.x is known");
  }
  // Real wheels have an empty line before their tags, which hides them; the file name has them too.
  for (const std::string& tag : wheel.all("Tag")) {
    if (!is_tag(tag)) throw_wheel_invalid(content.file_name, in_backticks(tag) + " is no tag");
  }
}

}  // namespace

WheelMetadata read_metadata(const WantedWheel& wheel, const WheelContent& content) {
  WheelMetadata metadata;
  metadata.info_folder = info_folder(content);
  check_wheel_file(content, metadata.info_folder);
  if (content.find(metadata.info_folder + "/METADATA") == nullptr) {
    throw_wheel_invalid(content.file_name, "it has no METADATA");
  }
  const Headers headers(content.text(metadata.info_folder + "/METADATA"));
  metadata.name = headers.first("Name");
  metadata.version = headers.first("Version");
  if (!pypi::is_valid_name(metadata.name)) {
    throw_wheel_invalid(content.file_name, "METADATA names " + in_backticks(metadata.name));
  }
  check_claim({"METADATA", metadata.name, metadata.version}, wheel, content);
  const Claim folder = claim_of_folder(metadata.info_folder, content);
  check_claim(folder, wheel, content);
  // Also when nobody said what is wanted.
  check_claim({"METADATA", metadata.name, metadata.version}, {.name = folder.name, .version = folder.version}, content);
  if (const std::string name = file_name_of_url(wheel.url); name.ends_with(".whl")) {
    const std::optional<pypi::WheelName> parts = pypi::parse_wheel_name(name);
    if (!parts) throw_wheel_invalid(content.file_name, "the name is not NAME-VERSION-PYTHON-ABI-PLATFORM.whl");
    check_claim({"the file name", parts->name, parts->version}, wheel, content);
  }
  metadata.entry_points =
      parse_entry_points(content.file_name, content.text(metadata.info_folder + "/entry_points.txt"));
  return metadata;
}

}  // namespace envlock::prefix
