#include <algorithm>
#include <tuple>
#include <utility>

#include "envlock/lock/pip.h"
#include "envlock/pypi/name.h"
#include "pypi_names.h"

namespace envlock::lock {
namespace {

bool depends_on_python(const conda::PackageRecord& record) {
  return std::any_of(record.depends.begin(), record.depends.end(), [](const std::string& depend) {
    return depend.substr(0, depend.find_first_of(" =<>!~[")) == "python";
  });
}

std::vector<std::string> names_of(const conda::PackageRecord& record,
                                  const std::map<std::string, std::vector<std::string>>& mapping) {
  if (const auto own = mapping.find(record.name); own != mapping.end()) return own->second;
  if (const auto known = pypi_names(record.name)) return *known;
  if (record.name == "python" || !depends_on_python(record)) return {};
  return {pypi::normalize_name(record.name)};
}

}  // namespace

std::vector<ProvidedDistribution> provided_distributions(
    const std::vector<conda::PackageRecord>& records, const std::map<std::string, std::vector<std::string>>& mapping) {
  std::vector<ProvidedDistribution> all;
  for (const conda::PackageRecord& record : records) {
    for (const std::string& name : names_of(record, mapping)) {
      all.push_back({.name = pypi::normalize_name(name), .version = record.version, .conda_name = record.name});
    }
  }
  const auto key = [](const ProvidedDistribution& each) { return std::tie(each.name, each.conda_name); };
  std::stable_sort(all.begin(), all.end(), [&](const auto& left, const auto& right) { return key(left) < key(right); });
  all.erase(
      std::unique(all.begin(), all.end(), [](const auto& left, const auto& right) { return left.name == right.name; }),
      all.end());
  return all;
}

}  // namespace envlock::lock
