#include "materials.h"

#include <algorithm>

#include "catalog.h"
#include "envlock/core/url.h"
#include "pip_export.h"
#include "purl.h"
#include "requests.h"

namespace envlock::lock {
namespace {

std::string uuid_of(const Lock& lock) {
  std::string hex = core::format(core::sha256(format(lock))).substr(0, 32);
  hex[12] = '8';
  const auto variant = static_cast<std::size_t>(hex[16] <= '9' ? hex[16] - '0' : hex[16] - 'a' + 10) & 3;
  hex[16] = "89ab"[variant];
  for (const std::size_t at : {8U, 13U, 18U, 23U}) hex.insert(at, "-");
  return hex;
}

class Collector {
 public:
  explicit Collector(const Lock& lock) : lock_(lock), catalog_(lock.packages), pip_(lock) {}

  Materials collect() {
    for (const LockedPackage& each : lock_.packages) materials_.all.push_back(material_of(each.record));
    for (const LockedDistribution& each : lock_.distributions) materials_.all.push_back(material_of(each));
    for (const LockedPlatform& platform : lock_.platforms) add_platform(platform);
    materials_.newest -= materials_.newest % 1000;
    materials_.uuid = uuid_of(lock_);
    return std::move(materials_);
  }

 private:
  // Short for channels that everybody knows by name.
  std::string channel_name(const std::string& base) const {
    constexpr std::string_view kAlias = "https://conda.anaconda.org/";
    return base.starts_with(kAlias) ? base.substr(kAlias.size()) : base;
  }

  void note_time(const std::optional<core::Milliseconds>& time) {
    if (time) materials_.newest = std::max(materials_.newest, *time);
  }

  Material material_of(const conda::PackageRecord& record) {
    note_time(record.timestamp);
    note_time(record.indexed_timestamp);
    const std::string url = conda::package_url(record);
    return {.purl = purl_of(record, channel_name(record.channel)),
            .ecosystem = "conda",
            .name = record.name,
            .version = record.version,
            .file = record.file_name,
            .url = is_path(url) ? std::string() : url,
            .license = record.license,
            .sha256 = record.sha256,
            .md5 = record.md5,
            .platforms = {},
            .categories = {},
            .needs = {}};
  }

  Material material_of(const LockedDistribution& distribution) {
    note_time(distribution.upload_time);
    const std::string url = full_url(distribution);
    const bool local = is_path(url) || core::path_of_file_url(url).has_value();
    return {.purl = purl_of(distribution),
            .ecosystem = "pypi",
            .name = distribution.name,
            .version = distribution.version,
            .file = distribution.file,
            .url = local ? std::string() : url,
            .license = distribution.license,
            .sha256 = distribution.sha256,
            .md5 = {},
            .platforms = {},
            .categories = {},
            .needs = {}};
  }

  std::size_t of_distribution(std::size_t index) const { return lock_.packages.size() + index; }

  void add_platform(const LockedPlatform& platform) {
    const PlatformView conda(catalog_, platform);
    const PipView pip(pip_, platform);
    const auto place = [&](std::size_t index, const std::vector<std::string>& categories) -> Material& {
      Material& material = materials_.all[index];
      material.platforms.insert(platform.platform.name);
      material.categories.insert(categories.begin(), categories.end());
      return material;
    };
    for (const PlatformPackage& each : platform.packages) {
      Material& material = place(each.package, each.categories);
      for (const Edge& edge : catalog_.depends(each.package)) {
        const auto needed = conda.find(edge.name);
        if (needed && *needed != each.package) material.needs.insert(*needed);
      }
    }
    const auto of_name = [&](const std::string& name) -> std::optional<std::size_t> {
      if (const auto index = pip.find(name)) return of_distribution(*index);
      if (const ProvidedDistribution* provided = pip.find_provided(name)) return conda.find(provided->conda_name);
      return std::nullopt;
    };
    for (const PlatformDistribution& each : platform.distributions) {
      Material& material = place(of_distribution(each.distribution), each.categories);
      if (const auto python = conda.find("python")) material.needs.insert(*python);
      for (const pypi::Requirement* requirement : requirements_on(pip_, pip, each)) {
        const auto needed = of_name(requirement->name);
        if (needed && *needed != of_distribution(each.distribution)) material.needs.insert(*needed);
      }
    }
    // What an extra adds to a distribution that a conda package brings is needed by that package.
    for (const ProvidedExtra& extra : platform.provided_extras) {
      const auto from = of_name(extra.name);
      for (const std::string& text : extra.requires_dist) {
        const auto requirement = pypi::Requirement::parse_leniently(text);
        if (!from || !requirement || !pip.holds(*requirement, extra.extra)) continue;
        const auto needed = of_name(requirement->name);
        if (needed && *needed != *from) materials_.all[*from].needs.insert(*needed);
      }
    }
    for (const conda::Request* request : requests_on(lock_.requests, platform.platform.subdir)) {
      if (const auto index = conda.find(request->spec.name)) materials_.requested.insert(*index);
    }
    for (std::size_t i = 0; i < lock_.pip_lines.size(); ++i) {
      const PipLine& line = lock_.pip_lines[i];
      const PipAsk& ask = pip_.asks()[i];
      if (line.constraint || !pip.holds(line, ask)) continue;
      const auto index = pip.find(line, ask);
      const auto found = index ? std::optional(of_distribution(*index)) : of_name(ask.name);
      if (found) materials_.requested.insert(*found);
    }
  }

  const Lock& lock_;
  Catalog catalog_;
  PipCatalog pip_;
  Materials materials_;
};

}  // namespace

Materials materials_of(const Lock& lock) {
  return Collector(lock).collect();
}

}  // namespace envlock::lock
