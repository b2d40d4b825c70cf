#include "install_workshop.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "../archive/make_archive.h"
#include "envlock/core/json_writer.h"

namespace envlock_test {
namespace {

namespace fs = std::filesystem;
using namespace envlock;

constexpr const char* kBuild = "0";

std::string index_json(const MadePackage& package) {
  core::JsonWriter json;
  json.begin_object();
  json.member("name", package.name);
  json.member("version", package.version);
  json.member("build", kBuild);
  json.member("build_number", 0);
  json.member("depends", package.depends);
  if (!package.noarch.empty()) json.member("noarch", package.noarch);
  json.end_object();
  return json.finish();
}

std::string paths_json(const MadePackage& package) {
  core::JsonWriter json;
  json.begin_object();
  json.member("paths_version", 1);
  json.key("paths");
  json.begin_array();
  for (const MadeFile& file : package.files) {
    json.begin_object();
    json.member("_path", file.path);
    json.member("path_type", file.link.empty() ? "hardlink" : "softlink");
    if (file.link.empty()) {
      json.member("sha256", core::format(core::sha256(file.bytes)));
      json.member("size_in_bytes", static_cast<std::uint64_t>(file.bytes.size()));
    }
    if (!file.placeholder.empty()) {
      json.member("prefix_placeholder", file.placeholder);
      json.member("file_mode", file.binary ? "binary" : "text");
    }
    if (file.no_link) json.member("no_link", true);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.finish();
}

std::string link_json(const MadePackage& package) {
  core::JsonWriter json;
  json.begin_object();
  json.member("package_metadata_version", 1);
  json.key("noarch");
  json.begin_object();
  json.member("type", package.noarch);
  if (!package.entry_points.empty()) json.member("entry_points", package.entry_points);
  json.end_object();
  json.end_object();
  return json.finish();
}

std::string archive_bytes(const MadePackage& package) {
  std::vector<TarMember> info, content;
  info.push_back({.name = "info/index.json", .data = index_json(package)});
  info.push_back({.name = "info/paths.json", .data = paths_json(package)});
  if (!package.noarch.empty()) info.push_back({.name = "info/link.json", .data = link_json(package)});
  for (const MadeFile& file : package.files) {
    content.push_back({.name = file.path,
                       .data = file.bytes,
                       .type = file.link.empty() ? '0' : '2',
                       .link = file.link,
                       .mode = file.mode});
  }
  return conda(info, content);
}

fs::path make_folder() {
  std::error_code ignored;
  // Tests install hundreds of times, and every install waits for the disk once.
  const fs::path memory = "/dev/shm";
  const fs::path base = access(memory.c_str(), W_OK | X_OK) == 0 ? memory : fs::temp_directory_path();
  std::string name = (base / "envlock-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder in " + base.string());
  return name;
}

}  // namespace

Workshop::Workshop()
    : folder_(make_folder()), cache_(std::make_unique<archive::PackageCache>(folder_ / "cache" / "pkgs")) {}

Workshop::~Workshop() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

prefix::WantedPackage Workshop::make(const MadePackage& package) {
  conda::PackageRecord record;
  record.name = package.name;
  record.version = package.version;
  record.build = kBuild;
  record.channel = "https://example.invalid/channel";
  record.subdir = package.noarch.empty() ? "linux-64" : "noarch";
  record.file_name = package.name + "-" + package.version + "-" + kBuild + ".conda";
  record.depends = package.depends;
  record.noarch = package.noarch;
  record.timestamp = package.timestamp;
  const std::string bytes = archive_bytes(package);
  record.sha256 = core::sha256(bytes);
  record.size = bytes.size();
  const fs::path file = folder_ / "archives" / (core::format(*record.sha256) + "-" + record.file_name);
  write(file, bytes);
  unpacked_[core::format(*record.sha256)] = cache_->unpack(file, *record.sha256);
  return {record, {}};
}

const archive::Unpacked& Workshop::unpacked(const conda::PackageRecord& record) const {
  return unpacked_.at(core::format(*record.sha256));
}

prefix::InstallResult Workshop::install(const fs::path& prefix, const prefix::Target& target,
                                        const prefix::InstallOptions& options, const std::vector<std::string>& relink) {
  // A check that fails to refuse must not turn this machine into an environment.
  if (!prefix.string().starts_with(folder_.string())) throw std::logic_error("a prefix outside of the workshop");
  prefix::recover(prefix);
  prefix::InstalledPackages installed;
  if (fs::exists(prefix / "conda-meta")) installed = prefix::read_conda_meta(prefix);
  const prefix::Difference difference = prefix::compare(installed, target, relink);
  core::Progress progress;
  return prefix::install(
      prefix, target, difference, *cache_,
      [this](const conda::PackageRecord& record) -> const archive::Unpacked& { return unpacked(record); }, options,
      progress, notes);
}

prefix::Target target_of(std::vector<prefix::WantedPackage> packages) {
  prefix::Target target;
  target.packages = std::move(packages);
  target.lock_bytes = "a lock of " + std::to_string(target.packages.size()) + " packages\n";
  return target;
}

std::string listing(const fs::path& folder, Times times) {
  std::vector<fs::path> paths;
  std::error_code error;
  if (!fs::exists(fs::symlink_status(folder, error))) return "(nothing)\n";
  paths.push_back(folder);
  for (fs::recursive_directory_iterator at(folder), end; at != end; ++at) paths.push_back(at->path());
  std::sort(paths.begin(), paths.end());
  std::string text;
  for (const fs::path& path : paths) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0) continue;
    char mode[16];
    std::snprintf(mode, sizeof mode, "%04o ", status.st_mode & 07777);
    text += S_ISDIR(status.st_mode) ? "d " : S_ISLNK(status.st_mode) ? "l " : "f ";
    text += mode + path.lexically_relative(folder).string();
    if (S_ISLNK(status.st_mode)) text += " -> " + fs::read_symlink(path).string();
    if (S_ISREG(status.st_mode)) text += " " + core::format(core::sha256(read(path))).substr(0, 16);
    if (times == Times::shown) {
      text += " " + std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
    }
    text += "\n";
  }
  return text;
}

std::string code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const core::Error& error) {
    return error.diagnostics().front().code;
  }
  return "";
}

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

void write(const fs::path& file, const std::string& bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
}

}  // namespace envlock_test
