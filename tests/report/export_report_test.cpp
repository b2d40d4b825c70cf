#include "envlock/report/export_report.h"

#include "support/catch.h"
#include "support/golden.h"

TEST_CASE("an export as JSON holds the content, or the file it went to") {
  const std::vector<envlock::report::ExportedFile> files{
      {"linux-64", "", "@EXPLICIT\nhttps://host/a.conda#sha256:00\n"},
      {"osx-arm64", "conda-osx-arm64.lock", "@EXPLICIT\n"}};
  CHECK(envlock_test::compare_with_golden("report/export.json",
                                          envlock::report::json_export("explicit", "envlock.lock", files, {})) == "");
}
