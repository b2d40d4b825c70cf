#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "envlock/core/text.h"
#include "envlock/core/url.h"
#include "install_set_builder.h"
#include "install_set_formats.h"
#include "pixi_tree.h"
#include "yaml_record.h"

namespace envlock::lock {
namespace {

using Id = YamlTree::Id;

class PixiReader {
 public:
  PixiReader(const YamlTree& tree, const std::string& file, const PathBases& bases)
      : tree_(tree), pixi_(tree, "lock-version"), file_(file), builder_(LockFormat::pixi, file, bases) {}

  InstallSet read(const std::string& environment, core::Notes& notes) {
    const PixiTree::Environment& chosen = choose(environment, notes);
    const std::vector<Id>& items = tree_.children(chosen.packages);
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      const std::string& name = tree_.text(items[i]);
      builder_.add_platform(pixi_.platform(name));
      for (const Id entry : tree_.children(items[i + 1])) read_reference(name, pixi_.reference(entry));
    }
    return builder_.finish(notes);
  }

 private:
  Place place(Id id) const {
    return [this, id] { return *tree_.mistake(id, {}).where; };
  }

  const PixiTree::Environment& choose(const std::string& name, core::Notes& notes) const {
    std::vector<std::string> names;
    for (const PixiTree::Environment& each : pixi_.environments()) {
      if (each.name == name) return each;
      names.push_back(core::printable(each.name));
    }
    const std::string all = core::join(names, ", ");
    if (!name.empty()) {
      throw core::Error(core::Diagnostic{
          .code = "lock-environment-unknown",
          .what = "`" + core::printable(file_) + "` has no environment `" + core::printable(name) + "`",
          .hints = {"it has " + all}});
    }
    const PixiTree::Environment& chosen = pixi_.usual_environment();
    if (names.size() > 1) {
      notes.note({.code = "lock-environment",
                  .what = "`" + core::printable(file_) + "` holds several environments; `" +
                          core::printable(chosen.name) + "` is taken",
                  .why = {"it has " + all}});
    }
    return chosen;
  }

  void read_reference(const std::string& platform, const PixiTree::Reference& reference) {
    const bool is_source = reference.kind == PixiTree::Reference::Kind::source ||
                           (reference.kind == PixiTree::Reference::Kind::conda && !artifact_name(reference.location));
    if (is_source) {
      read_source(platform, reference);
    } else if (reference.package == YamlTree::kNone) {
      builder_.mistake(tree_.mistake(reference.place, "this package is not one of `packages`"));
    } else if (reference.kind == PixiTree::Reference::Kind::pypi) {
      read_wheel(platform, reference);
    } else {
      read_package(platform, reference);
    }
  }

  // "name[12345678] @ location", or, up to version 6, a folder with fields of its own.
  void read_source(const std::string& platform, const PixiTree::Reference& reference) {
    std::string name = tree_.text(reference.package, "name");
    if (name.empty()) name = tree_.text(reference.place, "name");
    if (name.empty()) name = reference.location.substr(0, reference.location.find_first_of("[ "));
    const std::size_t at = reference.location.find(" @ ");
    builder_.add_source(
        platform, name,
        core::without_secrets(at == std::string::npos ? reference.location : reference.location.substr(at + 3)),
        place(reference.place));
  }

  void read_wheel(const std::string& platform, const PixiTree::Reference& reference) {
    const Id package = reference.package;
    LockedWheel wheel =
        builder_.wheel_of_url(reference.location, tree_.text(package, "name"), tree_.text(package, "version"));
    std::optional<core::Md5> md5;
    read_hashes(tree_, package, wheel.sha256, md5, [this](auto mistake) { builder_.mistake(std::move(mistake)); });
    builder_.add(platform, std::move(wheel), place(reference.place));
  }

  void read_package(const std::string& platform, const PixiTree::Reference& reference) {
    const Id entry = reference.package;
    const Claims claims{.name = tree_.text(entry, "name"),
                        .version = tree_.text(entry, "version"),
                        .build = tree_.text(entry, "build"),
                        .subdir = tree_.text(entry, "subdir")};
    std::optional<InstallPackage> package = builder_.package_of_url(reference.location, claims, place(entry));
    if (!package) return;
    conda::PackageRecord& record = package->record;
    // What is left out of an entry follows from the URL. Source: rattler_lock, derived fields.
    if (record.subdir == "noarch") record.noarch = record.build.find("py") == std::string::npos ? "generic" : "python";
    const std::string shown = package_url(record);
    read_record_fields(tree_, entry, record, [this](auto mistake) { builder_.mistake(std::move(mistake)); });
    record.url.reset();
    if (package_url(record) != shown) record.url = shown;
    builder_.add(platform, std::move(*package), place(reference.place));
  }

  const YamlTree& tree_;
  PixiTree pixi_;
  std::string file_;
  InstallSetBuilder builder_;
};

}  // namespace

InstallSet install_set_of_pixi_lock(const YamlTree& tree, const std::string& file, const PathBases& bases,
                                    const std::string& environment, core::Notes& notes) {
  return PixiReader(tree, file, bases).read(environment, notes);
}

}  // namespace envlock::lock
