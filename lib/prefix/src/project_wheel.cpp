#include "envlock/prefix/project_wheel.h"

#include <algorithm>
#include <system_error>
#include <vector>

#include "envlock/archive/write_wheel.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/prefix/wheel.h"
#include "envlock/pypi/project_folder.h"
#include "envlock/pypi/project_layout.h"
#include "envlock/pypi/version.h"

namespace envlock::prefix {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 30;
constexpr int kLongestPath = 4096;

/// Requirements and the like are lines of METADATA: one of them may not hold several.
void add_line(std::string& text, std::string_view key, std::string_view value, const fs::path& folder) {
  if (value.empty()) return;
  if (std::any_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; })) {
    throw core::Error(
        {.code = "project-folder-invalid",
         .what = "`" + core::printable(folder.string()) + "` has a `" + std::string(key) + "` of more than one line",
         .why = {core::printable(value, 120)},
         .hints = {"pyproject.toml's [project] table is described by PEP 621"}});
  }
  text += std::string(key) + ": " + std::string(value) + "\n";
}

std::string metadata_text(const pypi::FolderMetadata& read, const std::string& version, const fs::path& folder) {
  const pypi::Metadata& metadata = read.metadata;
  std::string text = metadata.license_expression.empty() ? "Metadata-Version: 2.1\n" : "Metadata-Version: 2.4\n";
  const std::string summary = metadata.summary.substr(0, metadata.summary.find_first_of("\r\n"));
  add_line(text, "Name", read.written_name, folder);
  add_line(text, "Version", version, folder);
  add_line(text, "Summary", summary, folder);
  add_line(text, "License-Expression", metadata.license_expression, folder);
  add_line(text, "Requires-Python", metadata.requires_python, folder);
  for (const std::string& need : metadata.requires_dist) add_line(text, "Requires-Dist", need, folder);
  for (const std::string& extra : metadata.provides_extra) add_line(text, "Provides-Extra", extra, folder);
  return text;
}

[[noreturn]] void refuse_layout(const fs::path& folder, const std::string& why, ProjectUse use) {
  const bool link = use == ProjectUse::link;
  throw core::Error(
      {.code = "project-layout-unknown",
       .what = "`" + core::printable(folder.string()) + "` cannot be " + (link ? "linked" : "installed") +
               " without running its build",
       .why = {why},
       .hints = link ? std::vector<std::string>{"let pyproject.toml say it, as with `[tool.setuptools.packages.find]` "
                                                "and `where = [\"src\"]`",
                                                "or build a wheel of it, and name that in the `pip:` list"}
                     : std::vector<std::string>{"`--allow-build` lets it run"}});
}

class WheelMaker {
 public:
  WheelMaker(const fs::path& folder, const std::string& version, ProjectUse use)
      : folder_(fs::absolute(folder).lexically_normal()), use_(use), read_(pypi::read_project_folder(folder_)) {
    if (!read_.obstacle.empty()) refuse_layout(folder_, read_.obstacle, use_);
    if (read_.dynamic_entry_points) refuse_layout(folder_, "its pyproject.toml leaves its scripts to the build", use_);
    result_.version = pypi::Version::parse(read_.version_known ? read_.metadata.version : version).format();
  }

  ProjectWheel make() {
    std::string escaped = read_.metadata.name;
    std::replace(escaped.begin(), escaped.end(), '-', '_');
    const std::string stem = escaped + "-" + result_.version;
    const std::string info = stem + ".dist-info/";
    const pypi::ProjectLayout layout = pypi::read_project_layout(folder_);
    use_ == ProjectUse::link ? link(layout, stem) : copy(layout);
    add(info + "METADATA", metadata_text(read_, result_.version, folder_));
    add(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: envlock\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
    if (!read_.entry_points.empty()) add(info + "entry_points.txt", read_.entry_points);
    add_record(info + "RECORD");
    result_.file_name = stem + "-py3-none-any.whl";
    result_.bytes = archive::write_wheel(members_);
    return std::move(result_);
  }

 private:
  void add(std::string path, std::string bytes, bool executable = false) {
    members_.push_back({std::move(path), std::move(bytes), executable});
  }

  void link(const pypi::ProjectLayout& layout, const std::string& stem) {
    if (!layout.link_obstacle.empty()) refuse_layout(folder_, layout.link_obstacle, use_);
    std::string lines;
    for (const std::string& root : layout.roots) {
      std::string place = (folder_ / root).lexically_normal().string();
      while (place.size() > 1 && place.ends_with('/')) place.pop_back();
      const bool plain = core::printable(place, kLongestPath) == place && core::trim(place) == place;
      if (!plain) {
        throw core::Error({.code = "project-not-linkable",
                           .what = "`" + core::printable(place) + "` cannot be named in a .pth file",
                           .why = {"Python reads such a file line by line, and cuts white space off"},
                           .hints = {"move the project to a folder with a plain name"}});
      }
      lines += place + "\n";
    }
    add("__editable__." + stem + ".pth", std::move(lines));
  }

  void copy(const pypi::ProjectLayout& layout) {
    if (!layout.copy_obstacle.empty()) refuse_layout(folder_, layout.copy_obstacle, use_);
    for (const pypi::ProjectModule& module : layout.modules) {
      std::error_code error;
      if (fs::is_directory(folder_ / module.path, error)) {
        copy_folder(folder_ / module.path, module.name);
      } else {
        copy_file(folder_ / module.path, module.name);
      }
    }
    std::sort(members_.begin(), members_.end(),
              [](const auto& left, const auto& right) { return left.path < right.path; });
  }

  void copy_folder(const fs::path& folder, const std::string& name) {
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
      const std::string part = entry->path().filename().string();
      if (part == "__pycache__" || part == ".git" || part.ends_with(".pyc")) continue;
      std::error_code ignored;
      if (!entry->is_directory(ignored)) {
        copy_file(entry->path(), name + "/" + part);
      } else if (entry->is_symlink(ignored)) {
        refuse_layout(folder_, "`" + core::printable(name + "/" + part) + "` is a link to a folder", use_);
      } else {
        copy_folder(entry->path(), name + "/" + part);
      }
    }
    if (error) {
      throw core::Error({.code = "file-unreadable",
                         .what = "`" + core::printable(folder.string()) + "` cannot be listed",
                         .why = {error.message()}});
    }
  }

  void copy_file(const fs::path& file, const std::string& name) {
    std::error_code error;
    const fs::path real = fs::canonical(file, error);
    const fs::path root = fs::canonical(folder_, error);
    const bool inside =
        !error && (real.string() + "/").starts_with(root.string() + "/") && fs::is_regular_file(real, error);
    if (!inside) refuse_layout(folder_, "`" + core::printable(name) + "` is no file of the project", use_);
    const bool executable = (fs::status(real, error).permissions() & fs::perms::owner_exec) != fs::perms::none;
    add(name, core::read_file(real, kMaxFileBytes), executable);
  }

  void add_record(const std::string& path) {
    std::vector<RecordLine> lines;
    for (const archive::WheelMember& member : members_) lines.push_back(record_line(member.path, member.bytes));
    lines.push_back({.path = path});
    add(path, format_record(lines));
  }

  fs::path folder_;
  ProjectUse use_;
  pypi::FolderMetadata read_;
  ProjectWheel result_;
  std::vector<archive::WheelMember> members_;
};

}  // namespace

ProjectWheel make_project_wheel(const fs::path& folder, const std::string& version, ProjectUse use) {
  return WheelMaker(folder, version, use).make();
}

}  // namespace envlock::prefix
