#include <iostream>

#include "envlock/archive/package_cache.h"
#include "envlock/core/file.h"
#include "make_archive.h"
#include "support/catch.h"
#include "support/shared_data.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;

namespace {

/// The value of `"key": "..."` after `from`.
std::string text_after(const std::string& json, std::size_t from, const std::string& key) {
  const std::size_t at = json.find("\"" + key + "\": \"", from);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + key.size() + 5;
  return json.substr(begin, json.find('"', begin) - begin);
}

/// Compares every path, hash and kind that info/paths.json lists with what was unpacked; gives how many it lists.
std::size_t compare_with_paths_json(const archive::Unpacked& package, const std::string& json) {
  std::size_t count = 0;
  for (std::size_t at = json.find("\"_path\""); at != std::string::npos; at = json.find("\"_path\"", at + 1), ++count) {
    const std::string path = text_after(json, at, "_path");
    const archive::UnpackedFile* file = package.find(path);
    INFO(path);
    REQUIRE(file != nullptr);
    const std::string type = text_after(json, at, "path_type");
    CHECK((file->entry.kind == archive::EntryKind::symlink) == (type == "softlink"));
    if (type == "hardlink") CHECK(core::format(file->sha256) == text_after(json, at, "sha256"));
  }
  return count;
}

}  // namespace

TEST_CASE("real packages unpack to what their own paths.json says") {
  const std::optional<std::filesystem::path> shared = shared_folder();
  if (!shared || !std::filesystem::exists(*shared / "data/conda-forge-packages")) {
    std::cout << "skipped: no shared data\n";
    return;
  }
  const TemporaryFolder folder;
  archive::PackageCache cache(folder.path());
  std::size_t packages = 0, listed = 0;
  for (const auto& each : std::filesystem::recursive_directory_iterator(*shared / "data/conda-forge-packages")) {
    const std::string name = each.path().filename().string();
    if (!name.ends_with(".conda") && !name.ends_with(".tar.bz2")) continue;
    INFO(name);
    const archive::PackageInfo info = archive::read_info(each.path());
    const archive::Unpacked package = cache.unpack(each.path(), info.digest.sha256);
    CHECK(package.package_size == std::filesystem::file_size(each.path()));
    REQUIRE(info.files.count("paths.json") == 1);
    for (const auto& [file, bytes] : info.files) {
      CHECK(package.find("info/" + file)->sha256 == core::sha256(bytes));
    }
    std::size_t outside_info = 0;
    for (const archive::UnpackedFile& file : package.files) {
      const bool counts = file.entry.kind != archive::EntryKind::directory && file.entry.path.rfind("info/", 0) != 0;
      outside_info += counts ? 1 : 0;
    }
    const std::size_t count = compare_with_paths_json(package, info.files.at("paths.json"));
    CHECK(count == outside_info);
    listed += count;
    ++packages;
    cache.remove(package.package);
  }
  CHECK(packages == 83);
  CHECK(listed > 5000);
}
