#include "scene.h"

#include <stdexcept>

namespace envlock_test {
namespace {

namespace fs = std::filesystem;
using namespace envlock;

/// Long enough for the prefixes of tests.
const std::string kPlaceholder = "/opt/placeholder_" + std::string(200, 'p');

std::string binary_with(const std::string& path) {
  return std::string(
             "\x7f"
             "ELF\0\0\0\0",
             8) +
         path + "/lib/tool" + std::string(1, '\0') + "more code" + std::string(32, '\0') + path + std::string(4, '\0');
}

MadePackage python() {
  return {.name = "python",
          .version = "3.12.7",
          .files = {{.path = "bin/python3.12",
                     .bytes = "\x7f"
                              "ELF python",
                     .mode = 0755},
                    {.path = "lib/python3.12/os.py", .bytes = "name = 'posix'\n"},
                    {.path = "lib/python3.12/site-packages/README.txt", .bytes = "site\n"}}};
}

MadePackage tool() {
  return {
      .name = "tool",
      .version = "2.1",
      .files = {
          {.path = "bin/tool",
           .bytes = "#!" + kPlaceholder + "/bin/python3.12\nprint('" + kPlaceholder + "/share')\n",
           .mode = 0755,
           .placeholder = kPlaceholder},
          {.path = "lib/libtool.so.2", .bytes = binary_with(kPlaceholder), .placeholder = kPlaceholder, .binary = true},
          {.path = "lib/libtool.so", .bytes = "", .link = "libtool.so.2"},
          {.path = "lib/libplain.so",
           .bytes = "\x7f"
                    "ELF plain code"},
          {.path = "share/tool/data.txt", .bytes = "data\n"}}};
}

MadePackage pure() {
  return {.name = "pure",
          .version = "0.5",
          .files = {{.path = "site-packages/pure/__init__.py", .bytes = "x = 1\n"},
                    {.path = "site-packages/pure-0.5.dist-info/METADATA", .bytes = "Name: pure\nVersion: 0.5\n"},
                    {.path = "site-packages/pure-0.5.dist-info/RECORD", .bytes = "pure/__init__.py,,\n"},
                    {.path = "site-packages/pure-0.5.dist-info/INSTALLER", .bytes = "conda"}},
          .depends = {"python"},
          .noarch = "python",
          .entry_points = {"pure = pure.cli:main"}};
}

}  // namespace

Scene::Scene() {
  for (const MadePackage& package : {pure(), python(), tool()}) packages_.push_back(workshop_.make(package));
  prefix = workshop_.folder() / "env";
  install(prefix);
  for (const prefix::WantedPackage& package : packages_) {
    expected.packages.push_back(package.record);
    options.archives[*package.record.sha256] = archive_of(package.record.name);
  }
  options.home = workshop_.folder() / "home";
  options.stamps_file = workshop_.folder() / "stamps" / "env";
  options.command = "envlock verify train.lock";
}

void Scene::install(const fs::path& place) {
  workshop_.install(place, target_of(packages_), {.pyc = prefix::Pyc::none});
}

fs::path Scene::archive_of(const std::string& package) const {
  for (const prefix::WantedPackage& wanted : packages_) {
    const conda::PackageRecord& record = wanted.record;
    if (record.name != package) continue;
    return workshop_.folder() / "archives" / (core::format(*record.sha256) + "-" + record.file_name);
  }
  throw std::runtime_error("no such package: " + package);
}

void Scene::forget(const std::string& package) {
  for (const prefix::WantedPackage& wanted : packages_) {
    if (wanted.record.name == package) options.archives.erase(*wanted.record.sha256);
  }
}

void Scene::forget_all() {
  options.archives.clear();
}

verify::Verification Scene::verify() const {
  core::Progress progress;
  return verify::verify(prefix, against_lock ? &expected : nullptr, options, progress);
}

void Scene::replace(const std::string& path, const std::string& from, const std::string& to) {
  std::string bytes = text(path);
  const std::size_t at = bytes.find(from);
  if (at == std::string::npos) throw std::runtime_error(path + " does not hold " + from);
  bytes.replace(at, from.size(), to);
  // In place, so that the mode stays.
  write_file(path, bytes);
}

std::string Scene::meta(const std::string& package) const {
  for (const prefix::WantedPackage& wanted : packages_) {
    if (wanted.record.name == package) return "conda-meta/" + conda::stem(wanted.record) + ".json";
  }
  throw std::runtime_error("no such package: " + package);
}

std::vector<std::string> told(const verify::Verification& verification, bool notes) {
  std::vector<std::string> lines;
  for (const verify::Finding& finding : verification.findings) {
    if (finding.weight == verify::Weight::note && !notes) continue;
    const char* weight = finding.weight == verify::Weight::fault  ? "fault"
                         : finding.weight == verify::Weight::note ? "note"
                                                                  : "unknown";
    std::string line = std::string(weight) + " " + finding.diagnostic.code;
    if (!finding.package.empty()) line += " " + finding.package;
    if (!finding.path.empty()) line += " " + finding.path;
    lines.push_back(line);
  }
  return lines;
}

const verify::Finding& find(const verify::Verification& verification, const std::string& code) {
  for (const verify::Finding& finding : verification.findings) {
    if (finding.diagnostic.code == code) return finding;
  }
  throw std::runtime_error("no finding " + code);
}

bool has_line(const verify::Finding& finding, const std::string& part) {
  for (const std::string& line : finding.diagnostic.why) {
    if (line.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace envlock_test
