#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "artifact_url.h"
#include "envlock/core/diagnostic.h"
#include "envlock/lock/install_set.h"

namespace envlock::lock {

/// An entry's place in its file, made when a message needs it.
using Place = std::function<core::SourceSpan()>;

/// What an entry says of a conda package besides its URL. Empty fields say nothing.
struct Claims {
  std::string name;
  std::string version;
  std::string build;
  std::string subdir;  ///< counts only where the URL has none: pixi once wrote the platform's for noarch packages
};

/// The packages and wheels of an install set in the making: holds each name of a platform once, checks that an entry
/// says one thing only, and collects mistakes, so that all are told at once.
class InstallSetBuilder {
 public:
  InstallSetBuilder(LockFormat format, std::string file, PathBases bases)
      : format_(format), file_(std::move(file)), bases_(std::move(bases)) {}

  /// Makes a platform, or finds it.
  void add_platform(conda::Platform platform);

  /// A record with all that the URL says. Absent, and a mistake, when it is no package's or contradicts the claims.
  std::optional<InstallPackage> package_of_url(std::string_view url, const Claims& claims, const Place& place);
  /// A wheel, or another artifact of PyPI, with name and URL made fit.
  LockedWheel wheel_of_url(std::string_view url, const std::string& name, const std::string& version);

  /// `platform` is the name of one that was added.
  void add(const std::string& platform, InstallPackage package, const Place& place);
  void add(const std::string& platform, LockedWheel wheel, const Place& place);
  void obstacle(const std::string& platform, core::Diagnostic diagnostic);
  /// That something would have to be built: the obstacle "lock-source-package".
  void add_source(const std::string& platform, const std::string& name, const std::string& shown, const Place& place);
  void mistake(std::string what, const Place& place, std::vector<std::string> why = {});
  void mistake(core::Diagnostic diagnostic);

  const PathBases& bases() const { return bases_; }
  /// What is there so far, for facts that come late.
  std::map<std::string, InstallPackage*> packages_of(const std::string& platform);
  std::map<std::string, LockedWheel*> wheels_of(const std::string& platform);

  /// Says in notes which variables of URLs are not set. Throws: core::Error with all mistakes.
  InstallSet finish(core::Notes& notes);

 private:
  template <typename Item>
  struct Named {
    Item item;
    Place place;
  };
  struct Building {
    conda::Platform platform;
    std::map<std::string, Named<InstallPackage>> packages;
    std::map<std::string, Named<LockedWheel>> wheels;
    std::vector<core::Diagnostic> obstacles;
  };

  Building& building(const std::string& platform) { return platforms_.at(platform); }
  ArtifactPlace place_of(std::string_view url);
  bool check_subdir(const Building& building, const conda::PackageRecord& record, const Place& place);

  LockFormat format_;
  std::string file_;
  PathBases bases_;
  std::map<std::string, Building> platforms_;
  std::set<std::string> unset_;  ///< variables
  std::vector<core::Diagnostic> mistakes_;
};

}  // namespace envlock::lock
