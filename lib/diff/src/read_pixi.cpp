#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "envlock/conda/platform.h"
#include "envlock/core/text.h"
#include "item_parts.h"
#include "readers.h"

// pixi.lock, versions 4 to 7: `packages` by URL, and `environments` that refer to them platform by platform.

namespace envlock::diff {
namespace {

using Id = Yaml::Id;

constexpr int kOldest = 4;
constexpr int kNewest = 7;

class PixiReader {
 public:
  PixiReader(const Yaml& yaml, const std::string& label) : yaml_(yaml), label_(label) {}

  Inventory read(const std::string& environment, core::Notes& notes) {
    check_version();
    index_packages();
    const Id chosen = choose_environment(environment, notes);
    const std::map<std::string, Inventory::Platform, std::less<>> known = read_platforms();
    const Id platforms = yaml_.find(chosen, "packages");
    if (platforms != Yaml::kNone && !yaml_.is_map(platforms)) yaml_.fail(platforms, "`packages` must be a map");
    std::map<std::string, Inventory::Platform, std::less<>> all;
    for (Id at = yaml_.first(platforms); at != Yaml::kNone; at = yaml_.next(yaml_.next(at))) {
      const std::string name(yaml_.text(at));
      const auto found = known.find(name);
      Inventory::Platform& platform =
          all.try_emplace(name, found != known.end() ? found->second : Inventory::Platform{name, name, {}, {}})
              .first->second;
      const Id entries = yaml_.next(at);
      for (Id entry = yaml_.first(entries); entry != Yaml::kNone; entry = yaml_.next(entry)) {
        platform.items.push_back(read_entry(entry));
      }
    }
    Inventory inventory;
    inventory.kind = SourceKind::pixi_lock;
    inventory.knows_depends = true;
    for (auto& [name, platform] : all) inventory.platforms.push_back(std::move(platform));
    return inventory;
  }

 private:
  void check_version() const {
    const Id version = yaml_.find(yaml_.root(), "version");
    for (int known = kOldest; known <= kNewest; ++known) {
      if (yaml_.text(version) == std::to_string(known)) return;
    }
    yaml_.fail(version == Yaml::kNone ? yaml_.root() : version,
               "this version of pixi.lock is not known: " + core::printable(yaml_.text(version), 40));
  }

  // Version 7 gives profiles of a subdir names of their own, and says what they assume.
  std::map<std::string, Inventory::Platform, std::less<>> read_platforms() const {
    std::map<std::string, Inventory::Platform, std::less<>> platforms;
    const Id list = yaml_.find(yaml_.root(), "platforms");
    if (!yaml_.is_sequence(list)) return platforms;
    for (Id at = yaml_.first(list); at != Yaml::kNone; at = yaml_.next(at)) {
      const std::string name(yaml_.text(at, "name"));
      const std::string subdir(yaml_.text(at, "subdir"));
      if (name.empty()) continue;
      Inventory::Platform platform{name, subdir.empty() ? name : subdir, {}, {}};
      const Id assumed = yaml_.find(at, "virtual-packages");
      for (const std::string& text : texts_of(yaml_, assumed)) {
        try {
          platform.virtual_packages.push_back(conda::parse_virtual_package(text));
        } catch (const core::Error&) {
          yaml_.fail(assumed, "`" + core::printable(text, 80) + "` is no virtual package");
        }
      }
      std::sort(platform.virtual_packages.begin(), platform.virtual_packages.end());
      platforms.insert_or_assign(name, std::move(platform));
    }
    return platforms;
  }

  void index_packages() {
    const Id packages = yaml_.find(yaml_.root(), "packages");
    if (!yaml_.is_sequence(packages)) {
      yaml_.fail(packages == Yaml::kNone ? yaml_.root() : packages, "`packages` must be a list");
    }
    for (Id package = yaml_.first(packages); package != Yaml::kNone; package = yaml_.next(package)) {
      const std::string_view kind = yaml_.text(package, "kind");  // up to version 5
      if (!kind.empty()) {
        const std::string_view url = yaml_.text(package, "url");
        packages_.emplace(url.empty() ? yaml_.text(package, "path") : url, package);
      } else {
        for (const char* key : {"conda", "pypi", "conda_source"}) {
          if (const std::string_view url = yaml_.text(package, key); !url.empty()) packages_.emplace(url, package);
        }
      }
    }
  }

  Id choose_environment(const std::string& wanted, core::Notes& notes) const {
    const Id environments = yaml_.find(yaml_.root(), "environments");
    if (!yaml_.is_map(environments) || yaml_.first(environments) == Yaml::kNone) {
      yaml_.fail(environments == Yaml::kNone ? yaml_.root() : environments, "`environments` must name an environment");
    }
    std::vector<std::string> names;
    Id standard = Yaml::kNone;
    Id full = Yaml::kNone;
    std::size_t held = 0;
    std::string full_name;
    for (Id at = yaml_.first(environments); at != Yaml::kNone; at = yaml_.next(yaml_.next(at))) {
      names.emplace_back(yaml_.text(at));
      if (names.back() == wanted) return yaml_.next(at);
      if (names.back() == "default") standard = yaml_.next(at);
      if (yaml_.first(yaml_.find(yaml_.next(at), "packages")) == Yaml::kNone) continue;
      if (held++ == 0) {
        full = yaml_.next(at);
        full_name = names.back();
      }
    }
    if (!wanted.empty()) {
      const auto near = core::closest_match(wanted, names);
      throw core::Error(
          {.code = "lock-environment-unknown",
           .what = core::printable(label_) + " has no environment `" + core::printable(wanted) + "`",
           .where = std::nullopt,
           .why = {"it has " + core::printable(core::join(names, ", "))},
           .hints = {"choose one with `--environment " + core::printable(near ? *near : names.front()) + "`"}});
    }
    if (standard != Yaml::kNone && (held == 0 || yaml_.first(yaml_.find(standard, "packages")) != Yaml::kNone)) {
      return standard;
    }
    if (held > 1) {
      notes.note({.code = "lock-environment",
                  .what = core::printable(label_) + " holds several environments; `" + core::printable(full_name) +
                          "` is taken",
                  .where = std::nullopt,
                  .why = {},
                  .hints = {"`--environment NAME` takes another: " + core::printable(core::join(names, ", "))}});
    }
    return full != Yaml::kNone ? full : yaml_.next(yaml_.first(environments));
  }

  Item read_entry(Id entry) const {
    for (const char* key : {"conda", "conda_source", "pypi"}) {
      const Id url = yaml_.find(entry, key);
      if (url == Yaml::kNone) continue;
      const auto [begin, end] = packages_.equal_range(yaml_.text(url));
      if (begin == end) yaml_.fail(entry, "this package is not one of `packages`");
      // Of packages that are built from one folder, the entry says which.
      auto chosen = begin;
      for (auto at = begin; at != end; ++at) {
        if (agrees(entry, at->second)) {
          chosen = at;
          break;
        }
      }
      return std::string_view(key) == "pypi" ? read_pypi(yaml_.text(url), chosen->second)
                                             : read_conda(yaml_.text(url), chosen->second);
    }
    yaml_.fail(entry, "`conda` or `pypi` should stand here");
  }

  bool agrees(Id entry, Id package) const {
    for (const char* key : {"name", "version", "build", "subdir"}) {
      const std::string_view wanted = yaml_.text(entry, key);
      if (!wanted.empty() && wanted != yaml_.text(package, key)) return false;
    }
    return true;
  }

  void read_shared(Id package, Item& item) const {
    if (const std::string_view version = yaml_.text(package, "version"); !version.empty()) item.version = version;
    if (const auto sha256 = core::parse_sha256(yaml_.text(package, "sha256"))) item.sha256 = sha256;
    if (const auto md5 = core::parse_md5(yaml_.text(package, "md5"))) item.md5 = md5;
  }

  Item read_conda(std::string_view url, Id package) const {
    std::string subdir;
    Item item = conda_item_of_url(url, subdir).value_or(Item{});
    read_shared(package, item);
    if (const std::string_view build = yaml_.text(package, "build"); !build.empty()) item.build = build;
    if (const std::string_view name = yaml_.text(package, "name"); !name.empty()) item.name = core::to_lower(name);
    if (item.name.empty()) {
      // A package built from source: "NAME[12345678] @ LOCATION", or a folder.
      const std::size_t end = url.find_first_of("[ ");
      item.name = core::to_lower(url.substr(0, end));
      if (end == std::string_view::npos) item.name = item.name.substr(item.name.find_last_of('/') + 1);
    }
    if (const std::string_view channel = yaml_.text(package, "channel"); !channel.empty()) {
      item.channel = canonical_channel(channel, ChannelNames::yes);
    }
    item.depends = texts_of(yaml_, yaml_.find(package, "depends"));
    item.constrains = texts_of(yaml_, yaml_.find(package, "constrains"));
    return item;
  }

  Item read_pypi(std::string_view url, Id package) const {
    Item item = pypi_item_of_url(url);
    read_shared(package, item);
    if (const std::string_view name = yaml_.text(package, "name"); !name.empty()) {
      item.name = normalized_pypi_name(name);
    }
    if (item.name.empty()) yaml_.fail(package, "`name` is missing");
    if (yaml_.text(package, "editable") == "true") item.build = "editable";
    item.depends = texts_of(yaml_, yaml_.find(package, "requires_dist"));
    return item;
  }

  const Yaml& yaml_;
  const std::string& label_;
  std::multimap<std::string_view, Id> packages_;
};

}  // namespace

bool is_pixi_lock(const Yaml& yaml) {
  return yaml.find(yaml.root(), "environments") != Yaml::kNone && yaml.find(yaml.root(), "version") != Yaml::kNone;
}

Inventory read_pixi(const Yaml& yaml, const std::string& label, const std::string& environment, core::Notes& notes) {
  return PixiReader(yaml, label).read(environment, notes);
}

}  // namespace envlock::diff
