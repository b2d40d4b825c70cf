#include "envlock/report/verify_report.h"

#include "support/catch.h"
#include "support/golden.h"

using namespace envlock;
using envlock_test::compare_with_golden;
using report::Style;
using report::VerifyReport;
using verify::Group;
using verify::PackageKind;
using verify::Proof;
using verify::Weight;

namespace {

verify::Finding finding(Weight weight, Group group, const std::string& package, const std::string& path,
                        core::Diagnostic diagnostic) {
  return {.weight = weight, .group = group, .package = package, .path = path, .diagnostic = std::move(diagnostic)};
}

core::Diagnostic missing(const std::string& path) {
  return {.code = "file-missing",
          .what = "`" + path + "` is missing",
          .where = {},
          .why = {"numpy 1.26.4 py312_0"},
          .hints = {"`envlock install train.lock --repair` puts it back"}};
}

/// A prefix with something of every kind.
verify::Verification sample() {
  verify::Verification verification;
  verification.against_lock = true;
  verification.searched_folders = {"/home/me/miniforge3/pkgs"};
  verification.findings = {
      finding(Weight::fault, Group::packages, "scipy", "",
              {.code = "package-extra",
               .what = "scipy 1.14.1 py312_0 is installed, and is not in the lock",
               .where = {},
               .why = {"conda-meta/scipy-1.14.1-py312_0.json names it"},
               .hints = {"`envlock install` removes it"}}),
      finding(Weight::fault, Group::files, "numpy", "lib/a & b.so",
              {.code = "file-differs",
               .what = "`lib/a & b.so` is not the file of its package",
               .where = {},
               .why = {"numpy 1.26.4 py312_0", "want sha256 aa", "have sha256 bb   12 bytes",
                       "the first difference is at byte 7"},
               .hints = {"`envlock install train.lock --repair` puts it back"}}),
  };
  for (int i = 0; i < 12; ++i) {
    const std::string path = "share/" + std::to_string(i);
    verification.findings.push_back(finding(Weight::fault, Group::files, "numpy", path, missing(path)));
  }
  verification.findings.push_back(finding(Weight::unknown, Group::files, "", "lib/secret",
                                          {.code = "file-not-read",
                                           .what = "a place in the prefix could not be looked at",
                                           .where = {},
                                           .why = {"lib/secret: Permission denied"},
                                           .hints = {}}));
  verification.findings.push_back(finding(Weight::note, Group::strangers, "", "",
                                          {.code = "strangers-elsewhere",
                                           .what = "3 files belong to no package",
                                           .where = {},
                                           .why = {"share/ 3"},
                                           .hints = {}}));
  verification.packages = {{.name = "libzlib",
                            .version = "1.3.1",
                            .build = "h1_2",
                            .proof = Proof::record,
                            .weak_reason = "no archive libzlib-1.3.1-h1_2.conda with SHA-256 cc",
                            .files = 9},
                           {.name = "numpy",
                            .version = "1.26.4",
                            .build = "py312_0",
                            .proof = Proof::archive,
                            .archive = "/home/me/miniforge3/pkgs/numpy-1.26.4-py312_0.conda",
                            .files = 1200,
                            .faults = 13,
                            .dialects = {"conda"}},
                           {.kind = PackageKind::pypi, .name = "wandb", .version = "0.16", .proof = Proof::archive}};
  verification.tally = {.files = 1214,
                        .file_bytes = 80'000'000,
                        .archives = 2,
                        .archive_bytes = 20'000'000,
                        .unproved_pyc = 40,
                        .checked_pyc = 41,
                        .seconds = 0.05,
                        .decompression_seconds = 0.02};
  return verification;
}

/// Without the many that are alike.
verify::Verification short_sample() {
  verify::Verification verification = sample();
  std::erase_if(verification.findings,
                [](const verify::Finding& each) { return each.diagnostic.code == "file-missing"; });
  return verification;
}

VerifyReport report_of(const verify::Verification& verification) {
  return {.verification = &verification,
          .prefix = "/home/me/env",
          .lock = "train.lock",
          .platform = "linux-64",
          .command = "envlock verify train.lock"};
}

/// Nothing found.
verify::Verification clean() {
  verify::Verification verification = sample();
  verification.findings.clear();
  verification.packages[0].proof = Proof::archive;
  verification.tally.unproved_pyc = 0;
  return verification;
}

std::string last_lines(const std::string& text, int count) {
  std::size_t at = text.size() - 1;
  for (int i = 0; i < count && at != std::string::npos; ++i) at = text.rfind('\n', at - 1);
  return at == std::string::npos ? text : text.substr(at + 1);
}

}  // namespace

TEST_CASE("a verification as text groups, folds, and ends with the answer") {
  const verify::Verification verification = sample();
  CHECK(compare_with_golden("report/verify.txt", report::text_verify(report_of(verification), Style{})) == "");
}

TEST_CASE("a verification as documents") {
  const verify::Verification verification = short_sample();
  CHECK(compare_with_golden("report/verify.json", report::json_verify(report_of(verification), {})) == "");
  CHECK(compare_with_golden("report/verify.junit.xml", report::junit_verify(report_of(verification))) == "");
  CHECK(compare_with_golden("report/verify.sarif", report::sarif_verify(report_of(verification), "1.2.3")) == "");
}

TEST_CASE("the last lines say what the answer is worth") {
  verify::Verification verification = clean();
  VerifyReport report = report_of(verification);
  CHECK(last_lines(report::text_verify(report, Style{}), 2) ==
        "verified: 3 packages are what train.lock says\n"
        "hashed 1,214 files, 80.0 MB, and 2 archives, 20.0 MB, in 0.05 s, 2.0 GB/s\n");
  verification.packages[0].proof = Proof::record;
  CHECK(last_lines(report::text_verify(report, Style{}), 2).find("could not tell: 0 faults; 1 weak proof in 3 ") == 0);
  report.allow_weak = true;
  CHECK(last_lines(report::text_verify(report, Style{}), 2)
            .find("verified: 3 packages are what train.lock says, 1 of them by records in the prefix alone\n") == 0);
}

TEST_CASE("without a lock the report does not call itself a proof") {
  verify::Verification verification = clean();
  verification.against_lock = false;
  verification.packages[0].proof = Proof::record;
  VerifyReport report = report_of(verification);
  report.lock.clear();
  CHECK(report::text_verify(report, Style{}) ==
        "/home/me/env against its own archives and records\n\n"
        "consistent: 3 packages agree with their own records\n"
        "no lock was given: whoever can write to conda-meta could have written these records too\n"
        "hashed 1,214 files, 80.0 MB, and 2 archives, 20.0 MB, in 0.05 s, 2.0 GB/s\n");
}

TEST_CASE("a quick verification says what it did not read") {
  verify::Verification verification = clean();
  verification.quick = true;
  verification.tally = {.unread_files = 1214, .unread_bytes = 80'000'000, .seconds = 0.01};
  CHECK(last_lines(report::text_verify(report_of(verification), Style{}), 2) ==
        "hashed 0 files, 0 B, in 0.01 s, 0 B/s\n"
        "not read, their stamps being unchanged since the last full run: 1,214 files, 80.0 MB\n");
}

TEST_CASE("a name that would break a document is escaped") {
  verify::Verification verification = clean();
  verification.findings = {finding(Weight::fault, Group::strangers, "", "bin/<x>\x1b[31m\"%",
                                   {.code = "stranger-program",
                                    .what = "`bin/<x>\x1b[31m\"%` belongs to no package",
                                    .where = {},
                                    .why = {},
                                    .hints = {}})};
  const std::string junit = report::junit_verify(report_of(verification));
  CHECK(junit.find("bin/&lt;x&gt;\\x1B[31m&quot;%") != std::string::npos);
  CHECK(junit.find('\x1b') == std::string::npos);
  const std::string sarif = report::sarif_verify(report_of(verification), "1.2.3");
  CHECK(sarif.find("\"uri\": \"bin/%3Cx%3E%1B%5B31m%22%25\"") != std::string::npos);
  CHECK(report::text_verify(report_of(verification), Style{}).find('\x1b') == std::string::npos);
}
