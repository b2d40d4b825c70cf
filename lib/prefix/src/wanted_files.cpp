#include "wanted_files.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "cached_package.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/parallel.h"
#include "envlock/core/text.h"
#include "link_order.h"
#include "prefix_folder.h"

namespace envlock::prefix {
namespace {

constexpr std::string_view kSitePackages = "site-packages/";

[[noreturn]] void throw_invalid(const PackageToLink& package, const std::string& what, std::vector<std::string> why) {
  throw core::Error({.code = "package-invalid",
                     .what = "`" + core::printable(package.wanted->record.file_name) + "` " + what,
                     .why = std::move(why),
                     .hints = {"tell its channel, and lock another build of it"}});
}

[[noreturn]] void throw_no_python(const std::string& of, const std::string& why) {
  throw core::Error({.code = "no-python",
                     .what = "`" + core::printable(of) + "` needs a python, and there is none to install",
                     .why = {why + ": its files lie where the environment's python looks for them"},
                     .hints = {"add `python` to the environment, and lock it anew"}});
}

/// Adds the files of one package.
class Adding {
 public:
  Adding(WantedFiles& wanted, std::size_t index, const WantedInput& input, const std::optional<Python>& python)
      : wanted_(wanted), package_(wanted.packages[index]), index_(index), input_(input), python_(python) {}

  void run() {
    const Manifest& manifest = package_.manifest;
    if (manifest.noarch == Noarch::python && !python_) {
      throw_no_python(package_.wanted->record.file_name, "it is a noarch python package");
    }
    package_.installed.paths.reserve(manifest.paths.size() + manifest.entry_points.size() + 1);
    for (const ManifestPath& path : manifest.paths) add_path(path);
    for (const EntryPoint& entry_point : manifest.entry_points) add_entry_point(entry_point);
    if (manifest.noarch == Noarch::python && input_.pyc == Pyc::compile) {
      for (const ManifestPath& path : manifest.paths) add_pyc(path);
    }
    PlannedFile& meta = add("conda-meta/" + package_.installed.meta_file, FileSource::meta, InstalledType::other);
    package_.installed.paths.pop_back();  // conda-meta does not list itself
    meta.entry = kNone;
  }

 private:
  PlannedFile& add(std::string path, FileSource source, InstalledType type) {
    if (!is_safe_path(path)) throw_invalid(package_, "has a path that leaves the prefix", {core::printable(path)});
    package_.installed.paths.push_back({.path = path, .type = type});
    wanted_.files.push_back({.path = std::move(path),
                             .source = source,
                             .rank = package_.rank,
                             .package = index_,
                             .entry = package_.installed.paths.size() - 1,
                             .time_seconds = package_.time_seconds});
    return wanted_.files.back();
  }

  void add_path(const ManifestPath& path) {
    const archive::UnpackedFile* cached = find(path.path);
    check(path, cached);
    std::string target = target_path(path.path, package_.manifest.noarch, python_);
    if (cached->entry.kind == archive::EntryKind::directory) {
      package_.installed.paths.push_back({.path = target, .type = InstalledType::directory});
      wanted_.folders.push_back(std::move(target));
      return;
    }
    const bool is_link = cached->entry.kind == archive::EntryKind::symlink;
    PlannedFile& file =
        add(std::move(target), source_of(path, *cached), is_link ? InstalledType::softlink : InstalledType::hardlink);
    file.cached = cached;
    file.mode = cached->entry.mode;
    file.time_seconds = cached->entry.mtime_seconds;
    if (is_link) file.bytes = cached->entry.link_target;
    if (path.placeholder && !is_link) file.placeholder = &*path.placeholder;
    InstalledPath& installed = package_.installed.paths.back();
    installed.sha256 = is_link ? path.sha256 : cached->sha256;
    installed.size = path.size;
    installed.placeholder = path.placeholder;
    installed.no_link = path.no_link;
    if (!is_link) installed.size = cached->entry.size;
  }

  /// Both lists are sorted by path, so that the next one is mostly behind the last.
  const archive::UnpackedFile* find(std::string_view path) {
    const std::vector<archive::UnpackedFile>& files = package_.unpacked->files;
    while (next_ < files.size() && files[next_].entry.path < path) ++next_;
    if (next_ < files.size() && files[next_].entry.path == path) return &files[next_];
    return nullptr;
  }

  static FileSource source_of(const ManifestPath& path, const archive::UnpackedFile& cached) {
    if (cached.entry.kind == archive::EntryKind::symlink) return FileSource::symlink;
    if (path.placeholder) return FileSource::rewrite;
    return path.no_link ? FileSource::copy : FileSource::link;
  }

  /// What info/paths.json says, against what is in the archive.
  void check(const ManifestPath& path, const archive::UnpackedFile* cached) const {
    const std::string named = "`" + core::printable(path.path) + "`";
    if (cached == nullptr) throw_invalid(package_, "lacks a file that it lists", {named + " is not in the archive"});
    using archive::EntryKind;
    const EntryKind kind = cached->entry.kind;
    // Packages from before paths.json do not say what is a link.
    const bool says_link = path.type == PathType::softlink;
    const bool tells = path.sha256.has_value() || says_link;
    if ((path.type == PathType::directory) != (kind == EntryKind::directory) ||
        (tells && says_link != (kind == EntryKind::symlink))) {
      throw_invalid(package_, "has a file of another kind than it lists", {named});
    }
    if (kind != EntryKind::file) return;
    if (path.sha256 && *path.sha256 != cached->sha256) {
      throw_invalid(package_, "has a file with another content than it lists",
                    {named, "want sha256 " + core::format(*path.sha256) + " of info/paths.json",
                     "have sha256 " + core::format(cached->sha256) + " in the archive"});
    }
    check_length(path);
  }

  void check_length(const ManifestPath& path) const {
    if (!path.placeholder || path.placeholder->mode != FileMode::binary) return;
    if (input_.prefix.size() <= path.placeholder->text.size()) return;
    throw core::Error({.code = "prefix-too-long",
                       .what = "`" + core::printable(input_.prefix) + "` is too long a path for `" +
                               core::printable(package_.wanted->record.name) + "`",
                       .why = {"want at most " + std::to_string(path.placeholder->text.size()) +
                                   " bytes, the room that `" + core::printable(path.path) + "` has for it",
                               "have " + std::to_string(input_.prefix.size()) + " bytes"},
                       .hints = {"install into a folder with a shorter path"}});
  }

  void add_entry_point(const EntryPoint& entry_point) {
    PlannedFile& file = add("bin/" + entry_point.command, FileSource::bytes, InstalledType::entry_point);
    file.bytes = entry_point_script(entry_point, input_.prefix, *python_);
    file.mode = 0755;
  }

  void add_pyc(const ManifestPath& path) {
    if (!path.path.starts_with(kSitePackages) || !path.path.ends_with(".py")) return;
    if (path.type != PathType::hardlink) return;
    const std::string source = target_path(path.path, package_.manifest.noarch, python_);
    PlannedFile& file = add(pyc_path(source, *python_), FileSource::pyc, InstalledType::pyc_file);
    file.bytes = source;
  }

  WantedFiles& wanted_;
  PackageToLink& package_;
  std::size_t index_;
  const WantedInput& input_;
  const std::optional<Python>& python_;
  std::size_t next_ = 0;  // in the files of the package
};

void add_wheels(const WantedInput& input, const std::optional<Python>& python, std::size_t rank, WantedFiles& wanted) {
  for (const WantedWheel& wheel : input.wheels) {
    if (!python) {
      throw_no_python(wheel.name, "it is a wheel");
    }
    input.stage.unpack(wheel, input.prefix, *python, rank, wanted.files);
    ++rank;
  }
}

}  // namespace

std::int64_t time_of(const conda::PackageRecord& record) {
  return std::max(kOldestSeconds, record.timestamp.value_or(0) / 1000);
}

std::optional<Python> python_of(const Target& target) {
  for (const WantedPackage& package : target.packages) {
    const conda::PackageRecord& record = package.record;
    if (record.name == "python") return python_of(record.version, record.python_site_packages_path);
  }
  return std::nullopt;
}

WantedFiles wanted_files(const WantedInput& input) {
  WantedFiles wanted;
  const std::map<std::string, std::size_t> order = link_order(input.target.packages);
  for (const WantedPackage& package : input.to_link) {
    PackageToLink to_link;
    to_link.wanted = &package;
    to_link.unpacked = &input.unpacked(package.record);
    to_link.rank = order.at(package.record.name);
    to_link.time_seconds = time_of(package.record);
    to_link.installed.record = package.record;
    to_link.installed.requested_specs = package.requested_specs;
    to_link.installed.meta_file = meta_file_name(package.record);
    wanted.packages.push_back(std::move(to_link));
  }
  open_cached_folders(wanted.packages);
  core::parallel_for(wanted.packages.size(), input.threads,
                     [&](std::size_t i) { read_cached_manifest(wanted.packages[i]); });
  const std::optional<Python> python = python_of(input.target);
  std::size_t paths = 0;
  for (const PackageToLink& package : wanted.packages) paths += package.manifest.paths.size() + 1;
  wanted.files.reserve(paths);
  for (std::size_t i = 0; i < wanted.packages.size(); ++i) Adding(wanted, i, input, python).run();
  add_wheels(input, python, order.size(), wanted);
  prove_cached_files(wanted.packages, wanted.files, input.cache, input.threads);
  return wanted;
}

}  // namespace envlock::prefix
