// Wheels that are refused, each with the reason that is told.
#include <string>

#include "support/catch.h"
#include "wheel_fixtures.h"

using namespace envlock;
using envlock_test::TemporaryFolder;
using envlock_test::wheel_error;
using envlock_test::WheelMaker;

namespace {

/// The error of a wheel of foo 1.0 after `change`.
template <typename Change>
std::string error_of(Change change) {
  const TemporaryFolder folder;
  WheelMaker maker;
  change(maker);
  return wheel_error(maker.write(folder));
}

/// The error of a wheel whose RECORD was changed.
template <typename Change>
std::string record_error(Change change) {
  return error_of([&](WheelMaker& maker) {
    maker.add("x.py", "x");
    auto lines = maker.lines();
    change(lines);
    maker.record(prefix::format_record(lines));
  });
}

}  // namespace

TEST_CASE("a wheel that is whole is taken") {
  CHECK(error_of([](WheelMaker&) {}) == "");
}

TEST_CASE("a wheel that is not the locked file is refused first") {
  const TemporaryFolder folder;
  WheelMaker maker;
  prefix::WantedWheel wheel = maker.write(folder);
  wheel.sha256 = core::sha256("other");
  CHECK(wheel_error(wheel).find("hash-mismatch: want sha256") == 0);
}

TEST_CASE("a wheel without its parts is refused") {
  CHECK(error_of([](WheelMaker& maker) { maker.remove(maker.info("WHEEL")); }) ==
        "wheel-invalid: it has no WHEEL file");
  CHECK(error_of([](WheelMaker& maker) { maker.remove(maker.info("METADATA")); }) ==
        "wheel-invalid: it has no METADATA");
  CHECK(error_of([](WheelMaker& maker) { maker.add("bar-1.0.dist-info/METADATA", ""); }) ==
        "wheel-invalid: it has more than one .dist-info folder");
  CHECK(error_of([](WheelMaker& maker) {
          maker.add(maker.info("WHEEL"), "Wheel-Version: 2.0\nTag: py3-none-any\n");
        }) == "wheel-invalid: its Wheel-Version is `2.0`, and only 1.x is known");
  CHECK(error_of([](WheelMaker& maker) { maker.add(maker.info("WHEEL"), "Wheel-Version: 1.0\nTag: py3-any\n"); }) ==
        "wheel-invalid: `py3-any` is no tag");
  CHECK(error_of([](WheelMaker& maker) {
          maker.add(maker.info("WHEEL"), "Wheel-Version: 1.9\n\nTag: py3-none-any\n");
        }) == "");
}

TEST_CASE("a wheel of another project or version is refused") {
  const TemporaryFolder folder;
  const auto wanted = [&](const std::string& name, const std::string& version) {
    WheelMaker maker("Foo.Bar", "1.0");
    prefix::WantedWheel wheel = maker.write(folder);
    wheel.name = name;
    wheel.version = version;
    return wheel_error(wheel);
  };
  CHECK(wanted("foo-bar", "1.0") == "");
  CHECK(wanted("foo-bar", "1.0.0") == "");
  CHECK(wanted("foo-bar", "v1") == "");
  CHECK(wanted("foo", "1.0") == "wheel-invalid: want foo, but METADATA names `Foo.Bar`");
  CHECK(wanted("foo-bar", "1.1") == "wheel-invalid: want version 1.1, but METADATA has `1.0`");
  CHECK(wanted("foo-bar", "1.0.post1") != "");
  CHECK(error_of([](WheelMaker& maker) { maker.add(maker.info("METADATA"), "Name: foo\nVersion: 1.1\n"); }) ==
        "wheel-invalid: want version 1.0, but METADATA has `1.1`");
  CHECK(error_of([](WheelMaker& maker) { maker.add(maker.info("METADATA"), "Name: ../foo\nVersion: 1.0\n"); }) ==
        "wheel-invalid: METADATA names `../foo`");
  WheelMaker maker;
  prefix::WantedWheel wheel = maker.write(folder);
  wheel.url = "https://host/foo-2.0-py3-none-any.whl";
  CHECK(wheel_error(wheel) == "wheel-invalid: want version 1.0, but the file name has `2.0`");
  wheel.url = "https://host/foo-1.0.whl";
  CHECK(wheel_error(wheel).find("NAME-VERSION-PYTHON-ABI-PLATFORM") != std::string::npos);
}

TEST_CASE("versions are compared as PEP 440 holds them equal") {
  const TemporaryFolder folder;
  const auto same = [&](const std::string& in_wheel, const std::string& wanted) {
    WheelMaker maker("foo", in_wheel);
    prefix::WantedWheel wheel = maker.write(folder);
    wheel.version = wanted;
    return wheel_error(wheel).empty();
  };
  CHECK(same("1.0rc1", "1.0.RC.1"));
  // Old builders wrote "-" as "_".
  CHECK(same("1.0_1", "1.0.post1"));
  CHECK(same("1.0rc1", "1.0c1"));
  CHECK(same("1.0.post1", "1.0-1"));
  CHECK(same("1.0a0", "1.0.alpha"));
  CHECK(same("1.0.dev3", "1.0-dev03"));
  CHECK(same("1!1.0", "1!1"));
  CHECK(same("1.0+cpu.1", "1.0+CPU_01"));
  CHECK(same("2024.1", "2024.01"));
  CHECK_FALSE(same("1.0.1", "1.0-1"));
  CHECK_FALSE(same("1!1.0", "1.0"));
  CHECK_FALSE(same("1.0+cpu", "1.0"));
  CHECK_FALSE(same("1.0a1", "1.0b1"));
  CHECK_FALSE(same("1.10", "1.1"));
}

TEST_CASE("a RECORD that disagrees with the content is told of") {
  CHECK(record_error([](auto& lines) { lines.erase(lines.end() - 2); }) ==
        "wheel-invalid: RECORD does not list `x.py`");
  CHECK(record_error([](auto& lines) { lines.push_back(lines.front()); }) ==
        "wheel-invalid: RECORD lists `foo-1.0.dist-info/METADATA` twice");
  CHECK(record_error([](auto& lines) { lines.push_back(prefix::record_line("y.py", "")); }) ==
        "wheel-invalid: RECORD lists `y.py`, which is not in it");
  CHECK(record_error([](auto& lines) { lines[2] = prefix::record_line("x.py", "y"); }) ==
        "wheel-invalid: RECORD has another hash for `x.py`");
  CHECK(record_error([](auto& lines) { lines[2].size = 7; }) == "wheel-invalid: RECORD has another size for `x.py`");
  CHECK(record_error([](auto& lines) { lines[2].hash_name = ""; }) ==
        "wheel-invalid: RECORD has no SHA-256, SHA-384 or SHA-512 for `x.py`");
  CHECK(error_of([](WheelMaker& maker) { maker.record("\"x"); }) ==
        "wheel-record-invalid: line 1: a quote does not end");
}

TEST_CASE("files without a place in an environment are refused") {
  CHECK(error_of([](WheelMaker& maker) { maker.add(maker.data("scheme/x"), ""); }).find("is in no known data scheme") !=
        std::string::npos);
  CHECK(error_of([](WheelMaker& maker) { maker.add(maker.data("x"), ""); }).find("is in no known data scheme") !=
        std::string::npos);
  CHECK(error_of([](WheelMaker& maker) {
          maker.add(maker.data("data/conda-meta/x-1-0.json"), "{}");
        }).find("would land in conda-meta") != std::string::npos);
  CHECK(error_of([](WheelMaker& maker) { maker.add("x", "1").add(maker.data("purelib/x"), "2"); }) ==
        "wheel-invalid: two files of it would become `lib/python3.12/site-packages/x`");
  CHECK(error_of([](WheelMaker& maker) { maker.add("x", "1").add(maker.data("purelib/x"), "1"); }) == "");
  CHECK(error_of([](WheelMaker& maker) { maker.add("x", "1").add(maker.data("purelib/x/y"), "1"); }) ==
        "wheel-invalid: `lib/python3.12/site-packages/x` would be both a file and a folder");
  CHECK(error_of([](WheelMaker& maker) { maker.add("x", "target", 0120777); }).find("archive-unsafe") == 0);
}

TEST_CASE("a path that leaves the wheel never gets a place") {
  for (const std::string path : {"../x", "/x", "a/../../x"}) {
    const std::string error = error_of([&](WheelMaker& maker) { maker.add(path, "x"); });
    CHECK(error.find("archive-unsafe") == 0);
    CHECK_FALSE(error_of([&](WheelMaker& maker) { maker.add(maker.data("data/" + path), "x"); }).empty());
  }
}

TEST_CASE("an entry point that is none refuses the wheel") {
  const auto entry_point = [](const std::string& line) {
    return error_of(
        [&](WheelMaker& maker) { maker.add(maker.info("entry_points.txt"), "[console_scripts]\n" + line + "\n"); });
  };
  for (const std::string line :
       {"../x = foo:main", "x", "x = foo", "x = foo:main()", "x = os; import y:main", "x/y = foo:main"}) {
    CHECK(entry_point(line).find("entry-point-invalid") == 0);
  }
}
