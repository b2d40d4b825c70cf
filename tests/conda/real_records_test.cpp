// Every version and dependency of tens of thousands of real records, where this machine has them.
#include <simdjson.h>
#include <zstd.h>

#include <set>
#include <string>

#include "envlock/conda/match_spec.h"
#include "envlock/conda/package_record.h"
#include "envlock/conda/version.h"
#include "envlock/core/file.h"
#include "support/catch.h"
#include "support/shared_data.h"

using envlock::conda::format;
using envlock::conda::MatchSpec;
using envlock::conda::SpecSyntax;
using envlock::conda::Version;

namespace {

std::string decompressed(const std::string& bytes) {
  std::string text(ZSTD_getFrameContentSize(bytes.data(), bytes.size()), '\0');
  const std::size_t size = ZSTD_decompress(text.data(), text.size(), bytes.data(), bytes.size());
  REQUIRE_FALSE(ZSTD_isError(size));
  return text;
}

struct Texts {
  std::set<std::string> names, versions, builds, specs, files;
};

void collect(const std::filesystem::path& file, Texts& texts) {
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.parse(decompressed(envlock::core::read_file(file)));
  for (const char* section : {"packages", "packages.conda"}) {
    simdjson::dom::object packages;
    if (root[section].get(packages)) continue;
    for (const auto& [name, record] : packages) {
      texts.files.emplace(name);
      texts.names.emplace(record["name"].get_string().value());
      texts.versions.emplace(record["version"].get_string().value());
      texts.builds.emplace(record["build"].get_string().value());
      for (const char* list : {"depends", "constrains"}) {
        simdjson::dom::array specs;
        if (record[list].get(specs)) continue;
        for (const auto& spec : specs) texts.specs.emplace(spec.get_string().value());
      }
    }
  }
}

}  // namespace

TEST_CASE("all versions, names and specs of real records are read") {
  const auto shared = envlock_test::shared_folder();
  const auto folder = shared ? *shared / "data" / "conda-forge-union" : std::filesystem::path();
  if (!shared || !std::filesystem::exists(folder)) {
    WARN("skipped: no shared data");
    return;
  }
  Texts texts;
  collect(folder / "linux-64" / "repodata.json.zst", texts);
  collect(folder / "noarch" / "repodata.json.zst", texts);
  CHECK(texts.specs.size() > 10000);
  for (const std::string& name : texts.names) {
    CAPTURE(name);
    REQUIRE(envlock::conda::is_valid_name(name));
  }
  for (const std::string& file : texts.files) {
    CAPTURE(file);
    REQUIRE(envlock::conda::is_safe_file_name(file));
    const auto parts = envlock::conda::split_file_name(file);
    REQUIRE(parts);
    REQUIRE(texts.names.count(std::string(parts->name)) == 1);
  }
  for (const std::string& version : texts.versions) {
    CAPTURE(version);
    REQUIRE(Version::parse(version).text() == version);
  }
  for (const std::string& text : texts.specs) {
    CAPTURE(text);
    const MatchSpec spec = MatchSpec::parse(text);
    REQUIRE(spec.needs_only_identity());
    REQUIRE(texts.names.size() > 0);
    const std::string canonical = format(spec);
    const MatchSpec again = MatchSpec::parse(canonical, SpecSyntax::strict);
    REQUIRE(again == spec);
    REQUIRE(format(again) == canonical);
  }
}
