#include "wheel_metadata.h"

#include <algorithm>
#include <set>

#include "envlock/core/text.h"
#include "wheel_entry_points.h"
#include "wheel_file_name.h"
#include "wheel_headers.h"
#include "wheel_invalid.h"
#include "wheel_version.h"

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

/// Where a name or version comes from, to be compared with what was locked.
struct Claim {
  std::string source;
  std::string name;
  std::string version;
};

void check_claim(const Claim& claim, const WantedWheel& wheel, const WheelContent& content) {
  if (!wheel.name.empty() && normalize_name(claim.name) != normalize_name(wheel.name)) {
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

/// PEP 508: letters, digits, and ".", "_", "-" inside. The name becomes a folder of headers.
bool is_project_name(std::string_view name) {
  const auto is_inner = [](char c) { return c == '.' || c == '_' || c == '-'; };
  const auto is_outer = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && is_outer(name.front()) && is_outer(name.back()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_inner(c) || is_outer(c); });
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
  if (!is_project_name(metadata.name)) {
    throw_wheel_invalid(content.file_name, "METADATA names " + in_backticks(metadata.name));
  }
  check_claim({"METADATA", metadata.name, metadata.version}, wheel, content);
  const Claim folder = claim_of_folder(metadata.info_folder, content);
  check_claim(folder, wheel, content);
  // Also when nobody said what is wanted.
  check_claim({"METADATA", metadata.name, metadata.version}, {.name = folder.name, .version = folder.version}, content);
  if (const std::string name = file_name_of_url(wheel.url); name.ends_with(".whl")) {
    const std::optional<WheelFileName> parts = split_wheel_name(name);
    if (!parts) throw_wheel_invalid(content.file_name, "the name is not NAME-VERSION-PYTHON-ABI-PLATFORM.whl");
    check_claim({"the file name", parts->name, parts->version}, wheel, content);
  }
  metadata.entry_points =
      parse_entry_points(content.file_name, content.text(metadata.info_folder + "/entry_points.txt"));
  return metadata;
}

}  // namespace envlock::prefix
