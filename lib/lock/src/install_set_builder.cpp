#include "install_set_builder.h"

#include <algorithm>

#include "envlock/conda/package_record.h"
#include "envlock/conda/version.h"
#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "envlock/pypi/name.h"

namespace envlock::lock {
namespace {

// More than this are one mistake, made often.
constexpr std::size_t kMostMistakes = 20;

std::string shown(std::string_view text) {
  return "`" + core::printable(text) + "`";
}

// The digits at the end of a build string, as pixi derives the number. Source: rattler_lock, derived fields.
std::uint64_t build_number_of(std::string_view build) {
  std::size_t begin = build.size();
  while (begin > 0 && build[begin - 1] >= '0' && build[begin - 1] <= '9') --begin;
  std::uint64_t number = 0;
  // Longer runs are part of a hash or a date.
  if (build.size() - begin > 9) return 0;
  for (const char c : build.substr(begin)) number = number * 10 + static_cast<std::uint64_t>(c - '0');
  return number;
}

void merge(std::vector<std::string>& into, const std::vector<std::string>& from) {
  into.insert(into.end(), from.begin(), from.end());
  std::sort(into.begin(), into.end());
  into.erase(std::unique(into.begin(), into.end()), into.end());
}

bool same_file(const InstallPackage& left, const InstallPackage& right) {
  return left.url == right.url && left.record.sha256 == right.record.sha256 && left.record.md5 == right.record.md5;
}
bool same_file(const LockedWheel& left, const LockedWheel& right) {
  return left.url == right.url && left.sha256 == right.sha256;
}

std::string file_of(const InstallPackage& package) {
  return package.record.subdir + "/" + package.record.file_name;
}
std::string file_of(const LockedWheel& wheel) {
  return core::without_secrets(wheel.url);
}

std::string two_of(const std::string& platform, const char* what, const std::string& name, const std::string& first,
                   const std::string& second) {
  if (first == second) return shown(first) + " stands twice in platform " + shown(platform) + ", with different hashes";
  return "platform " + shown(platform) + " has two " + what + " named " + shown(name) + ": " + shown(first) + " and " +
         shown(second);
}

enum class Folded { added, merged, clashes };

// Adds an item, or its categories to the same file that is there.
template <typename Named, typename Item>
Folded fold(std::map<std::string, Named>& known, const std::string& name, const Item& item, const Place& place) {
  const auto [at, is_new] = known.try_emplace(name, Named{item, place});
  if (is_new) return Folded::added;
  if (!same_file(at->second.item, item)) return Folded::clashes;
  merge(at->second.item.categories, item.categories);
  return Folded::merged;
}

}  // namespace

void InstallSetBuilder::add_platform(conda::Platform platform) {
  const std::string name = platform.name;
  platforms_.try_emplace(name, Building{.platform = std::move(platform)});
}

ArtifactPlace InstallSetBuilder::place_of(std::string_view url) {
  for (std::string& name : unset_variables(url)) unset_.insert(std::move(name));
  return artifact_place(url, bases_);
}

std::optional<InstallPackage> InstallSetBuilder::package_of_url(std::string_view url, const Claims& claims,
                                                                const Place& place) {
  const auto name = artifact_name(url);
  const ArtifactPlace artifact = place_of(url);
  if (!name) {
    mistake("this names no conda package file: " + shown(core::without_secrets(artifact.shown)), place);
    return std::nullopt;
  }
  const auto contradicts = [&](const std::string& claim, const std::string& fact) {
    return !claim.empty() && claim != fact;
  };
  if (contradicts(claims.name, name->package) || contradicts(claims.version, name->version) ||
      contradicts(claims.build, name->build)) {
    mistake("the file " + shown(name->file_name) + " is not what its entry says: " +
                shown(core::trim(claims.name + " " + claims.version + " " + claims.build)),
            place);
    return std::nullopt;
  }
  if (!conda::is_valid_name(core::to_lower(name->package)) || !conda::Version::try_parse(name->version)) {
    mistake(shown(name->file_name) + " is not named as a conda package is: NAME-VERSION-BUILD", place);
    return std::nullopt;
  }
  InstallPackage package;
  conda::PackageRecord& record = package.record;
  record.name = name->package;
  record.version = name->version;
  record.build = name->build;
  record.build_number = build_number_of(name->build);
  record.subdir = name->subdir.empty() ? claims.subdir : name->subdir;
  record.file_name = name->file_name;
  record.channel = channel_of_folder(artifact.folder, name->subdir);
  if (record.channel.empty()) record.channel = artifact.folder;
  if (package_url(record) != artifact.shown) record.url = artifact.shown;
  package.url = artifact.url;
  package.categories = {"main"};
  return package;
}

LockedWheel InstallSetBuilder::wheel_of_url(std::string_view url, const std::string& name, const std::string& version) {
  const auto known = wheel_name(url);
  LockedWheel wheel;
  wheel.name = pypi::normalize_name(!name.empty() || !known ? name : known->package);
  wheel.version = !version.empty() || !known ? version : known->version;
  wheel.url = place_of(url).url;
  wheel.categories = {"main"};
  return wheel;
}

void InstallSetBuilder::add(const std::string& platform, InstallPackage package, const Place& place) {
  Building& into = building(platform);
  if (package.record.subdir.empty()) package.record.subdir = into.platform.subdir;
  if (!check_subdir(into, package.record, place)) return;
  const Folded folded = fold(into.packages, package.record.name, package, place);
  if (folded == Folded::clashes) {
    const auto& first = into.packages.at(package.record.name);
    mistake(two_of(platform, "packages", package.record.name, file_of(first.item), file_of(package)), place,
            {"the first stands in line " + std::to_string(first.place().line)});
  } else if (folded == Folded::added && !package.record.sha256 && !package.record.md5) {
    obstacle(platform, {.code = "hash-missing",
                        .what = shown(package.record.file_name) + " has no hash, so what is fetched cannot be checked",
                        .where = place(),
                        .hints = {format_ == LockFormat::explicit_urls
                                      ? "write the list again with hashes: `conda list --explicit --md5`, or "
                                        "`envlock export explicit` from a lock"
                                      : "have the tool that wrote the file lock again"}});
  }
}

void InstallSetBuilder::add(const std::string& platform, LockedWheel wheel, const Place& place) {
  Building& into = building(platform);
  if (wheel.name.empty()) {
    mistake("the name of this artifact is missing: " + shown(core::without_secrets(wheel.url)), place);
    return;
  }
  const Folded folded = fold(into.wheels, wheel.name, wheel, place);
  if (folded == Folded::clashes) {
    const auto& first = into.wheels.at(wheel.name);
    mistake(two_of(platform, "PyPI packages", wheel.name, file_of(first.item), file_of(wheel)), place,
            {"the first stands in line " + std::to_string(first.place().line)});
  } else if (folded == Folded::merged) {
    return;
  } else if (!wheel_name(wheel.url)) {
    add_source(platform, wheel.name, file_of(wheel), place);
  } else if (!wheel.sha256) {
    obstacle(platform,
             {.code = "hash-missing",
              .what = "the wheel of " + shown(wheel.name) + " has no sha256, so what is fetched cannot be checked",
              .where = place(),
              .hints = {"have the tool that wrote the file lock again"}});
  }
}

void InstallSetBuilder::add_source(const std::string& platform, const std::string& name, const std::string& shown_url,
                                   const Place& place) {
  obstacle(platform, {.code = "lock-source-package",
                      .what = shown(name) + " would have to be built from " + shown(shown_url) +
                              ", and only finished packages and wheels are installed",
                      .where = place(),
                      .hints = {"install it by other means afterwards, from a lock without it"}});
}

void InstallSetBuilder::obstacle(const std::string& platform, core::Diagnostic diagnostic) {
  if (diagnostic.where) diagnostic.where->text = core::without_secrets(diagnostic.where->text);
  building(platform).obstacles.push_back(std::move(diagnostic));
}

void InstallSetBuilder::mistake(std::string what, const Place& place, std::vector<std::string> why) {
  if (mistakes_.size() >= kMostMistakes) return;
  core::SourceSpan where = place();
  where.text = core::without_secrets(where.text);
  mistakes_.push_back(
      {.code = "lock-invalid", .what = std::move(what), .where = std::move(where), .why = std::move(why)});
}

void InstallSetBuilder::mistake(core::Diagnostic diagnostic) {
  if (mistakes_.size() < kMostMistakes) mistakes_.push_back(std::move(diagnostic));
}

bool InstallSetBuilder::check_subdir(const Building& building, const conda::PackageRecord& record, const Place& place) {
  if (record.subdir == "noarch" || record.subdir == building.platform.subdir) return true;
  mistake(shown(record.file_name) + " is of " + shown(record.subdir) + ", not of platform " +
              shown(building.platform.name) +
              (building.platform.name == building.platform.subdir ? "" : ", " + shown(building.platform.subdir)),
          place);
  return false;
}

std::map<std::string, InstallPackage*> InstallSetBuilder::packages_of(const std::string& platform) {
  std::map<std::string, InstallPackage*> all;
  for (auto& [name, named] : building(platform).packages) all.emplace(name, &named.item);
  return all;
}

std::map<std::string, LockedWheel*> InstallSetBuilder::wheels_of(const std::string& platform) {
  std::map<std::string, LockedWheel*> all;
  for (auto& [name, named] : building(platform).wheels) all.emplace(name, &named.item);
  return all;
}

InstallSet InstallSetBuilder::finish(core::Notes& notes) {
  if (!mistakes_.empty()) throw core::Error(std::move(mistakes_));
  for (const std::string& name : unset_) {
    notes.warning({.code = "variable-unset",
                   .what = "URLs of " + shown(file_) + " hold the variable " + shown(name) + ", which is not set",
                   .hints = {"set it where packages have to be fetched"}});
  }
  InstallSet set;
  set.format = format_;
  for (auto& [name, each] : platforms_) {
    InstallPlatform platform;
    platform.platform = std::move(each.platform);
    for (auto& [key, named] : each.packages) platform.packages.push_back(std::move(named.item));
    for (auto& [key, named] : each.wheels) platform.wheels.push_back(std::move(named.item));
    platform.obstacles = std::move(each.obstacles);
    set.platforms.push_back(std::move(platform));
  }
  return set;
}

}  // namespace envlock::lock
