#include <iostream>
#include <set>

#include "envlock/archive/package.h"
#include "envlock/core/file.h"
#include "envlock/pypi/name.h"
#include "pip_fixtures.h"
#include "support/catch.h"
#include "support/shared_data.h"

using namespace envlock_test;

namespace {

std::string provided(const std::vector<conda::PackageRecord>& records,
                     const std::map<std::string, std::vector<std::string>>& mapping = {}) {
  std::string all;
  for (const lock::ProvidedDistribution& each : lock::provided_distributions(records, mapping)) {
    all += each.name + "=" + each.version + " (" + each.conda_name + ") ";
  }
  return all;
}

pypi::PipRequest request_of(pypi::PipRequest::Kind kind, std::string requirement, std::string location) {
  pypi::PipRequest result;
  result.kind = kind;
  if (!requirement.empty()) result.requirement = pypi::Requirement::parse(requirement);
  result.location = location;
  result.written_location = std::move(location);
  return result;
}

}  // namespace

TEST_CASE("a conda package that depends on python brings the PyPI distribution of its name, or those of the table") {
  CHECK(provided({record("ruamel.yaml", "0.18", "0", {"python >=3.9"})}) == "ruamel-yaml=0.18 (ruamel.yaml) ");
  CHECK(provided({record("graphviz", "12", "0", {"libgd"})}) == "");
  CHECK(provided({record("pythonic", "12", "0", {"python_abi 3.12.*"})}) == "");
  CHECK(provided({record("python", "3.12.7", "0", {"python_abi"})}) == "");
  CHECK(provided({record("pytorch", "2.5.1", "0", {"python"}), record("python-graphviz", "0.20", "0", {"python"})}) ==
        "graphviz=0.20 (python-graphviz) torch=2.5.1 (pytorch) ");
  CHECK(provided({record("py-opencv", "4.10.0", "0", {"python"})}) ==
        "opencv-python=4.10.0 (py-opencv) opencv-python-headless=4.10.0 (py-opencv) ");
  CHECK(provided({record("python-gil", "3.12", "0", {"python"})}) == "");
}

TEST_CASE("a mapping of the user's own wins over the table and over the name") {
  const std::vector<conda::PackageRecord> records = {
      record("pytorch", "2.5.1", "0", {"python"}), record("mine", "1", "0", {}), record("numpy", "2", "0", {"python"})};
  CHECK(provided(records, {{"pytorch", {"torch", "torch-nightly"}}, {"mine", {"Their_Name"}}, {"numpy", {}}}) ==
        "their-name=1 (mine) torch=2.5.1 (pytorch) torch-nightly=2.5.1 (pytorch) ");
}

TEST_CASE("of two packages that bring one distribution the first counts") {
  CHECK(provided({record("matplotlib-base", "3.9", "0", {"python"}), record("matplotlib", "3.9", "0", {"python"})}) ==
        "matplotlib=3.9 (matplotlib) ");
}

TEST_CASE("the distributions in real packages are those that their records promise") {
  const std::optional<std::filesystem::path> shared = shared_folder();
  if (!shared || !std::filesystem::exists(*shared / "data/conda-forge-packages")) {
    std::cout << "skipped: no shared data\n";
    return;
  }
  std::size_t packages = 0;
  for (const auto& each : std::filesystem::recursive_directory_iterator(*shared / "data/conda-forge-packages")) {
    if (!each.path().string().ends_with(".conda") && !each.path().string().ends_with(".tar.bz2")) continue;
    const std::string file_name = each.path().filename().string();
    const auto parts = conda::split_file_name(file_name);
    REQUIRE(parts);
    const archive::PackageInfo info = archive::read_info(each.path());
    conda::PackageRecord one = record(std::string(parts->name), std::string(parts->version), "0", {});
    if (info.files.at("index.json").find("\"python") != std::string::npos) {
      for (const char* depend : {"\"python ", "\"python\""}) {
        if (info.files.at("index.json").find(depend) != std::string::npos) one.depends = {"python"};
      }
    }
    // The names of top-level .dist-info and .egg-info folders, as the manifest lists their files.
    std::set<std::string> found;
    const std::string& manifest = info.files.at("paths.json");
    for (const std::string ending : {".dist-info/METADATA\"", "-info/PKG-INFO\""}) {
      for (std::size_t at = manifest.find(ending); at != std::string::npos; at = manifest.find(ending, at + 1)) {
        const std::size_t begin = manifest.rfind("site-packages/", at) + 14;
        const std::string folder = manifest.substr(begin, at - begin);
        if (folder.find('/') == std::string::npos)
          found.insert(pypi::normalize_name(folder.substr(0, folder.find('-'))));
      }
    }
    INFO(file_name);
    std::set<std::string> promised;
    for (const lock::ProvidedDistribution& distribution : lock::provided_distributions({one}, {})) {
      promised.insert(distribution.name);
    }
    CHECK(promised == found);
    ++packages;
  }
  CHECK(packages == 83);
}

TEST_CASE("a mirror does not change what a lock says of a file's URL") {
  const std::string pypi = "https://pypi.org/simple";
  const std::string hash = "/packages/ab/cd/" + std::string(60, '0') + "/x-1-py3-none-any.whl";
  const std::string file = "https://files.pythonhosted.org" + hash;
  CHECK(lock::canonical_file_url(pypi, file) == file);
  CHECK(lock::canonical_file_url(pypi + "/", file + "#sha256=00") == file);
  CHECK(lock::canonical_file_url(pypi, "https://u:p@mirror.example/pypi" + hash + "?sig=1") == file);
  CHECK(lock::canonical_file_url("https://own.example/simple", "https://own.example/simple/x/x-1.whl") == "x/x-1.whl");
  CHECK(lock::canonical_file_url("https://own.example/simple", "https://own.example" + hash) == ".." + hash);
  CHECK(lock::canonical_file_url("https://own.example/simple", "https://cdn.example" + hash) ==
        "https://cdn.example" + hash);
  CHECK(lock::canonical_file_url("https://own.example/simple", "https://m.example/a/simple/x/x-1.whl",
                                 {"https://u:p@m.example/a/simple/"}) == "x/x-1.whl");
  CHECK(lock::canonical_file_url("https://own.example", "https://own.example.evil/x.whl") ==
        "https://own.example.evil/x.whl");
  CHECK(lock::canonical_file_url("https://own.example/simple", "https://u:p@own.example/t/x/x-1.whl") ==
        "../t/x/x-1.whl");
}

TEST_CASE("the way back from what a lock says leads to the file") {
  CHECK(lock::file_url_at("https://own.example/simple", "x/x-1.whl") == "https://own.example/simple/x/x-1.whl");
  CHECK(lock::file_url_at("https://own.example/a/simple", "../packages/x-1.whl") ==
        "https://own.example/a/packages/x-1.whl");
  CHECK(lock::file_url_at("https://own.example/simple", "https://cdn.example/x.whl") == "https://cdn.example/x.whl");
  CHECK(lock::file_url_at("", "./wheels/x.whl") == "./wheels/x.whl");
}

TEST_CASE("a line has one canonical text, however it was written") {
  using Kind = pypi::PipRequest::Kind;
  const auto text = [](pypi::PipRequest request) { return lock::canonical(request, false).text; };
  CHECK(text(request_of(Kind::named, "Torch_Vision [b , A]<2 ,>= 1;python_version>'3.8'", "")) ==
        "torch-vision[a,b]>=1,<2 ; python_version > \"3.8\"");
  CHECK(text(request_of(Kind::archive, "x", "https://u:p@host.example/x-1.whl#sha256=00")) ==
        "x @ https://host.example/x-1.whl");
  CHECK(text(request_of(Kind::archive, "", "./wheels/x-1.whl")) == "./wheels/x-1.whl");
  pypi::PipRequest folder = request_of(Kind::directory, "", "./ours");
  folder.editable = true;
  CHECK(text(folder) == "-e ./ours");
  folder.requirement.extras = {"a", "b"};
  CHECK(text(folder) == "-e ./ours[a,b]");
  pypi::PipRequest repository = request_of(Kind::vcs, "x[a]", "https://u:p@host.example/x.git");
  repository.revision = "v1";
  repository.subdirectory = "python";
  CHECK(text(repository) == "x[a] @ git+https://host.example/x.git@v1#subdirectory=python");
  repository.hashes = {core::sha256("b"), core::sha256("a"), core::sha256("a")};
  CHECK(lock::canonical(repository, true).hashes.size() == 2);
  CHECK(lock::canonical(repository, true).constraint);
}
