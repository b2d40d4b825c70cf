#include <algorithm>
#include <charconv>

#include "envlock/conda/match_spec.h"
#include "envlock/core/text.h"
#include "string_pattern.h"

namespace envlock::conda {
namespace {

bool name_matches(std::string_view wanted, std::string_view name) {
  if (wanted == name || wanted == "*") return true;
  if (wanted.find('*') != std::string_view::npos && wanted.front() != '^') return glob_matches(wanted, name);
  if (is_regular_expression(wanted)) return StringSpec::parse(wanted).matches(name);
  return false;
}

/// "3", ">=3", "!=3": as the parser leaves it.
bool build_number_matches(std::string_view wanted, std::uint64_t number) {
  const std::size_t digits = wanted.find_first_of("0123456789");
  if (digits == std::string_view::npos) return false;
  std::uint64_t value = 0;
  std::from_chars(wanted.data() + digits, wanted.data() + wanted.size(), value);
  const std::string_view sign = wanted.substr(0, digits);
  if (sign == ">=") return number >= value;
  if (sign == "<=") return number <= value;
  if (sign == ">") return number > value;
  if (sign == "<") return number < value;
  if (sign == "!=") return number != value;
  return number == value;
}

bool field_matches(const std::string& key, const StringSpec& wanted, const PackageRecord& record) {
  if (key == "license") return wanted.matches(record.license);
  if (key == "noarch") return wanted.matches(record.noarch);
  if (key == "python_site_packages_path") return wanted.matches(record.python_site_packages_path);
  if (key == "size") return record.size && wanted.matches(std::to_string(*record.size));
  if (key == "timestamp") return record.timestamp && wanted.matches(std::to_string(*record.timestamp));
  if (key == "track_features") {
    return std::any_of(record.track_features.begin(), record.track_features.end(),
                       [&](const std::string& feature) { return wanted.matches(feature); });
  }
  return false;
}

}  // namespace

bool MatchSpec::matches(std::string_view record_name, const Version& record_version, std::string_view record_build,
                        std::uint64_t record_build_number) const {
  return name_matches(name, record_name) && (!version || version->matches(record_version)) &&
         (!build || build->matches(record_build)) &&
         (!build_number || build_number_matches(*build_number, record_build_number));
}

bool MatchSpec::matches(const PackageRecord& record) const {
  const std::optional<Version> parsed = Version::try_parse(record.version);
  if (!parsed || !matches(record.name, *parsed, record.build, record.build_number)) return false;
  if (subdir && !StringSpec::parse(*subdir).matches(record.subdir)) return false;
  if (md5 && record.md5 != md5) return false;
  if (sha256 && record.sha256 != sha256) return false;
  if (file_name && !StringSpec::parse(*file_name).matches(record.file_name)) return false;
  if (url && !StringSpec::parse(*url).matches(package_url(record))) return false;
  // A record that carries no flags cannot have the ones asked for.
  if (!flags.empty()) return false;
  return std::all_of(other.begin(), other.end(),
                     [&](const auto& entry) { return field_matches(entry.first, entry.second, record); });
}

bool MatchSpec::needs_only_identity() const {
  return !subdir && !md5 && !sha256 && !url && !file_name && other.empty() && flags.empty();
}

}  // namespace envlock::conda
