#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "envlock/core/text.h"
#include "envlock/pypi/name.h"
#include "import_formats.h"
#include "install_set_builder.h"
#include "install_set_formats.h"
#include "yaml_record.h"

namespace envlock::lock {
namespace {

using Id = YamlTree::Id;

class CondaLockReader {
 public:
  CondaLockReader(const YamlTree& tree, const std::string& file, const PathBases& bases)
      : tree_(tree), builder_(LockFormat::conda_lock, file, bases) {}

  InstallSet read(core::Notes& notes) {
    const Id packages = packages_of_conda_lock(tree_, "lock-version");
    for (const Id platform : tree_.children(tree_.find(tree_.find(tree_.root(), "metadata"), "platforms"))) {
      if (!tree_.text(platform).empty()) add_platform(tree_.text(platform));
    }
    for (const Id package : tree_.children(packages)) read_entry(package);
    for (const std::string& platform : platforms_) spread_categories(platform);
    return builder_.finish(notes);
  }

 private:
  Place place(Id id) const {
    return [this, id] { return *tree_.mistake(id, {}).where; };
  }

  void add_platform(const std::string& name) {
    builder_.add_platform({.name = name, .subdir = name});
    if (std::find(platforms_.begin(), platforms_.end(), name) == platforms_.end()) platforms_.push_back(name);
  }

  void read_entry(Id entry) {
    if (!tree_.is_map(entry)) return builder_.mistake(tree_.mistake(entry, "each package must be a map"));
    for (const char* key : {"manager", "name", "version", "platform", "url"}) {
      if (tree_.text(entry, key).empty()) {
        return builder_.mistake(tree_.mistake(entry, std::string("`") + key + "` is missing"));
      }
    }
    const std::string& manager = tree_.text(entry, "manager");
    add_platform(tree_.text(entry, "platform"));
    if (manager == "conda") {
      read_package(entry);
    } else if (manager == "pip" || manager == "pypi") {
      read_wheel(entry);
    } else {
      builder_.mistake(tree_.mistake(tree_.find(entry, "manager"), "`manager` must be `conda` or `pip`"));
    }
  }

  void read_package(Id entry) {
    const Id url = tree_.find(entry, "url");
    const Claims claims{.name = tree_.text(entry, "name"),
                        .version = tree_.text(entry, "version"),
                        .build = tree_.text(entry, "build")};
    std::optional<InstallPackage> package = builder_.package_of_url(tree_.text(url), claims, place(url));
    if (!package) return;
    // Fields that only pixi writes, in its first versions, which have this format.
    read_record_fields(tree_, entry, package->record, report());
    package->record.depends = depends(entry);
    read_hashes(tree_, tree_.find(entry, "hash"), package->record.sha256, package->record.md5, report());
    package->categories = {category(entry)};
    builder_.add(tree_.text(entry, "platform"), std::move(*package), place(entry));
  }

  void read_wheel(Id entry) {
    LockedWheel wheel =
        builder_.wheel_of_url(tree_.text(entry, "url"), tree_.text(entry, "name"), tree_.text(entry, "version"));
    std::optional<core::Md5> md5;
    read_hashes(tree_, tree_.find(entry, "hash"), wheel.sha256, md5, report());
    wheel.categories = {category(entry)};
    wheel_depends_[tree_.text(entry, "platform")][wheel.name] = depends(entry);
    builder_.add(tree_.text(entry, "platform"), std::move(wheel), place(entry));
  }

  std::function<void(core::Diagnostic)> report() {
    return [this](core::Diagnostic mistake) { builder_.mistake(std::move(mistake)); };
  }

  std::string category(Id entry) const {
    const std::string& name = tree_.text(entry, "category");
    return name.empty() ? "main" : name;
  }

  // A map from names to conditions; pixi writes a list of specs.
  std::vector<std::string> depends(Id entry) const {
    const Id value = tree_.find(entry, "dependencies");
    if (tree_.is_sequence(value)) return texts_of(tree_, value);
    std::vector<std::string> all;
    const std::vector<Id>& items = tree_.children(value);
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      all.emplace_back(core::trim(tree_.text(items[i]) + " " + tree_.text(items[i + 1])));
    }
    return all;
  }

  // Older files name a package in one category only, although packages of others need it too: whatever a package of a
  // category needs is in that category.
  void spread_categories(const std::string& platform) {
    std::map<std::string, Member> members;
    for (auto& [name, package] : builder_.packages_of(platform)) {
      members[name] = {&package->categories, &package->record.depends};
    }
    for (auto& [name, wheel] : builder_.wheels_of(platform)) {
      members[kWheel + name] = {&wheel->categories, &wheel_depends_[platform][name]};
    }
    std::vector<std::pair<const Member*, std::string>> open;
    for (const auto& [name, member] : members) {
      for (const std::string& each : *member.categories) open.emplace_back(&member, each);
    }
    while (!open.empty()) {
      const auto [member, category] = std::move(open.back());
      open.pop_back();
      for (const std::string& depend : *member->depends) {
        const std::string name = depend.substr(0, depend.find_first_of(" <>=!~"));
        // A dependency of a wheel may be met by a wheel or by a conda package.
        for (const std::string& key : {name, kWheel + pypi::normalize_name(name)}) {
          const auto needed = members.find(key);
          if (needed != members.end() && add(*needed->second.categories, category)) {
            open.emplace_back(&needed->second, category);
          }
        }
      }
    }
  }

  static bool add(std::vector<std::string>& sorted, const std::string& name) {
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), name);
    if (at != sorted.end() && *at == name) return false;
    sorted.insert(at, name);
    return true;
  }

  // Packages and wheels have names of their own; no package's begins like this.
  inline static const std::string kWheel = "pip:";
  struct Member {
    std::vector<std::string>* categories = nullptr;
    const std::vector<std::string>* depends = nullptr;
  };

  const YamlTree& tree_;
  InstallSetBuilder builder_;
  std::vector<std::string> platforms_;
  std::map<std::string, std::map<std::string, std::vector<std::string>>> wheel_depends_;  // by platform and name
};

}  // namespace

InstallSet install_set_of_conda_lock(const YamlTree& tree, const std::string& file, const PathBases& bases,
                                     core::Notes& notes) {
  return CondaLockReader(tree, file, bases).read(notes);
}

}  // namespace envlock::lock
