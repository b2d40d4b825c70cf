#include <sys/stat.h>

#include <set>
#include <string>

#include "support/catch.h"
#include "wheel_fixtures.h"

using namespace envlock;
using envlock_test::installed;
using envlock_test::kPython;
using envlock_test::TemporaryFolder;
using envlock_test::wheel_error;
using envlock_test::WheelMaker;

namespace {

const std::string kSite = "lib/python3.12/site-packages/";
const std::string kInfo = kSite + "foo-1.0.dist-info/";

}  // namespace

TEST_CASE("a wheel is spread over its schemes") {
  const TemporaryFolder folder;
  WheelMaker maker;
  maker.add("foo/__init__.py", "x = 1\n").add("foo/run", "#!/bin/sh\n", 0100755).add("foo/win.py", "", 0);
  maker.add(maker.data("purelib/foo/pure.py"), "p").add(maker.data("platlib/foo/plat.so"), "s", 0100755);
  maker.add(maker.data("headers/foo.h"), "h").add(maker.data("data/share/foo/x.txt"), "d");
  maker.add(maker.data("scripts/foo-sh"), "#!/bin/sh\n");
  const auto files = installed(maker.write(folder));
  std::set<std::string> targets;
  for (const auto& [target, file] : files) targets.insert(target);
  CHECK(targets == std::set<std::string>{"bin/foo-sh", "include/python3.12/foo/foo.h", kSite + "foo/__init__.py",
                                         kSite + "foo/plat.so", kSite + "foo/pure.py", kSite + "foo/run",
                                         kSite + "foo/win.py", "share/foo/x.txt", kInfo + "INSTALLER",
                                         kInfo + "METADATA", kInfo + "RECORD", kInfo + "WHEEL"});
  CHECK(files.at(kSite + "foo/__init__.py").mode == 0644);
  CHECK(files.at(kSite + "foo/win.py").mode == 0644);
  CHECK(files.at(kSite + "foo/run").mode == 0755);
  CHECK(files.at(kSite + "foo/plat.so").mode == 0755);
  CHECK(files.at("bin/foo-sh").mode == 0755);
  CHECK(files.at("bin/foo-sh").bytes == "#!/bin/sh\n");
  CHECK(files.at("include/python3.12/foo/foo.h").bytes == "h");
  CHECK(files.at(kInfo + "INSTALLER").bytes == "envlock\n");
}

TEST_CASE("the new RECORD lists every file, sorted, with the hashes of what is installed") {
  const TemporaryFolder folder;
  WheelMaker maker;
  maker.add("foo.py", "x").add(maker.data("scripts/s"), "#!python\n1\n").add("a,b.py", "y");
  maker.add(maker.info("entry_points.txt"), "[console_scripts]\nfoo = foo:main\n");
  const auto files = installed(maker.write(folder));
  const std::string text = files.at(kInfo + "RECORD").bytes;
  const auto lines = prefix::parse_record(text, "RECORD");
  CHECK(lines.size() == files.size());
  std::string before;
  for (const prefix::RecordLine& line : lines) {
    CHECK(before < line.path);
    before = line.path;
    if (line.path == "foo-1.0.dist-info/RECORD") {
      CHECK_FALSE(line.sha256);
      continue;
    }
    const std::string target =
        line.path.starts_with("../../../") ? line.path.substr(9) : "lib/python3.12/site-packages/" + line.path;
    REQUIRE(files.contains(target));
    CHECK(line == prefix::record_line(line.path, files.at(target).bytes));
  }
  CHECK(text.find("\"a,b.py\",sha256=") != std::string::npos);
  CHECK(text.find("../../../bin/s,sha256=") != std::string::npos);
  CHECK(text.find("../../../bin/foo,sha256=") != std::string::npos);
}

TEST_CASE("entry points become the scripts that pip writes") {
  const TemporaryFolder folder;
  WheelMaker maker;
  maker.add(maker.info("entry_points.txt"),
            "# a comment\n; another\n[console_scripts]\nfoo = foo.cli:App.main [extra,more]\n"
            "two=foo:first\ntwo = foo:second\n\n[other]\nignored = ../x:y\n[gui_scripts]\nfoo-gui = foo.gui : main\n");
  const auto files = installed(maker.write(folder));
  CHECK(files.at("bin/foo").bytes ==
        "#!/env/bin/python3.12\n"
        "# -*- coding: utf-8 -*-\n"
        "import re\n"
        "import sys\n"
        "from foo.cli import App\n"
        "if __name__ == '__main__':\n"
        "    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n"
        "    sys.exit(App.main())\n");
  CHECK(files.at("bin/foo").mode == 0755);
  CHECK(files.at("bin/two").bytes.find("from foo import second") != std::string::npos);
  CHECK(files.contains("bin/foo-gui"));
  CHECK_FALSE(files.contains("bin/ignored"));
}

TEST_CASE("a script names the environment's python, however the prefix is written") {
  const TemporaryFolder folder;
  WheelMaker maker;
  maker.add(maker.data("scripts/a"), "#!python\nprint(1)\n");
  maker.add(maker.data("scripts/b"), "#!pythonw -E\r\nprint(2)\n");
  maker.add(maker.data("scripts/c"), "#!/usr/bin/env python\n");
  maker.add(maker.data("scripts/d"), "#!python");
  const prefix::WantedWheel wheel = maker.write(folder);
  const auto files = installed(wheel);
  CHECK(files.at("bin/a").bytes == "#!/env/bin/python3.12\nprint(1)\n");
  CHECK(files.at("bin/b").bytes == "#!/env/bin/python3.12\nprint(2)\n");
  CHECK(files.at("bin/c").bytes == "#!/usr/bin/env python\n");
  CHECK(files.at("bin/d").bytes == "#!/env/bin/python3.12\n");
  CHECK(installed(wheel, "/my env").at("bin/a").bytes ==
        "#!/bin/sh\n'''exec' \"/my env/bin/python3.12\" \"$0\" \"$@\"\n' '''\nprint(1)\n");
  CHECK(installed(wheel, "/m $e").at("bin/a").bytes.find("\"/m \\$e/bin/python3.12\"") != std::string::npos);
  // The kernel reads 127 bytes of the line: 108 of the prefix, "#!", "/bin/python3.12" and the newline just fit.
  const std::string longest = "/" + std::string(108, 'x');
  CHECK(installed(wheel, longest).at("bin/a").bytes == "#!" + longest + "/bin/python3.12\nprint(1)\n");
  const std::string longer = longest + "x";
  CHECK(installed(wheel, longer).at("bin/a").bytes ==
        "#!/bin/sh\n'''exec' " + longer + "/bin/python3.12 \"$0\" \"$@\"\n' '''\nprint(1)\n");
}

TEST_CASE("what setuptools packed for an entry point gives way to the entry point") {
  const TemporaryFolder folder;
  WheelMaker maker;
  maker.add(maker.info("entry_points.txt"), "[console_scripts]\nfoo = foo:main\n");
  for (const std::string name : {"foo", "foo.exe", "foo-script.py", "foo.EXE"}) {
    maker.add(maker.data("scripts/" + name), "packed");
  }
  maker.add(maker.data("scripts/food"), "kept").add(maker.data("data/bin/foo"), "packed");
  const auto files = installed(maker.write(folder));
  CHECK(files.at("bin/foo").bytes.find("from foo import main") != std::string::npos);
  CHECK(files.at("bin/food").bytes == "kept");
  CHECK_FALSE(files.contains("bin/foo.exe"));
  CHECK_FALSE(files.contains("bin/foo-script.py"));
}

TEST_CASE("a wheel asked for by URL gets its direct_url.json, and no other") {
  const TemporaryFolder folder;
  WheelMaker maker;
  maker.add(maker.info("direct_url.json"), "{}").add(maker.info("REQUESTED"), "").add(maker.info("INSTALLER"), "me");
  prefix::WantedWheel wheel = maker.write(folder);
  CHECK_FALSE(installed(wheel).contains(kInfo + "direct_url.json"));
  CHECK_FALSE(installed(wheel).contains(kInfo + "REQUESTED"));
  CHECK(installed(wheel).at(kInfo + "INSTALLER").bytes == "envlock\n");
  wheel.direct = {.kind = prefix::DirectUrl::Kind::archive, .sha256 = wheel.sha256};
  wheel.url = "https://user:secret@host/foo-1.0-py3-none-any.whl";
  const auto files = installed(wheel);
  const std::string hash = core::format(wheel.sha256);
  CHECK(files.at(kInfo + "direct_url.json").bytes ==
        "{\n  \"archive_info\": {\n    \"hash\": \"sha256=" + hash + "\",\n    \"hashes\": {\n      \"sha256\": \"" +
            hash + "\"\n    }\n  },\n  \"url\": \"https://host/foo-1.0-py3-none-any.whl\"\n}\n");
  CHECK(files.at(kInfo + "REQUESTED").bytes.empty());
}

TEST_CASE("a signature of the old RECORD needs no line there and is not installed") {
  const TemporaryFolder folder;
  WheelMaker maker;
  maker.record(prefix::format_record(maker.lines()));
  maker.add(maker.info("RECORD.jws"), "x").add(maker.info("RECORD.p7s"), "x");
  const auto files = installed(maker.write(folder));
  CHECK_FALSE(files.contains(kInfo + "RECORD.jws"));
  CHECK_FALSE(files.contains(kInfo + "RECORD.p7s"));
}

TEST_CASE("SHA-384 and SHA-512 count as well, weaker hashes do not") {
  const TemporaryFolder folder;
  const auto with_hash = [&](const std::string& hash) {
    WheelMaker maker;
    maker.add("x", "abc");
    auto lines = maker.lines();
    for (prefix::RecordLine& line : lines) {
      if (line.path != "x") continue;
      line.hash_name = hash.substr(0, hash.find('='));
      line.hash_text = hash.substr(hash.find('=') + 1);
    }
    maker.record(prefix::format_record(lines));
    return wheel_error(maker.write(folder));
  };
  CHECK(with_hash("sha512=3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05ohkpkqJ0_BqDa6PCOj_uu9RU1EI2Q86A4qmslPpUyknw") ==
        "");
  CHECK(with_hash("sha384=ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP_W-2AhgcroefMI1i67KE0yCWn") == "");
  CHECK(with_hash("sha384=ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP_W-2AhgcroefMI1i67KE0yCWm") ==
        "wheel-invalid: RECORD has another hash for `x`");
  CHECK(with_hash("md5=kAFQmDzST7DWlj99KOF_cg") == "wheel-invalid: RECORD has no SHA-256, SHA-384 or SHA-512 for `x`");
}

TEST_CASE("a large wheel is streamed, with the same files") {
  const TemporaryFolder folder;
  WheelMaker maker;
  maker.add("big.bin", std::string((64u << 20) + 5, 'b')).add("after.py", "x").add("zz.py", "z");
  maker.add(maker.data("scripts/s"), "#!python\n");
  const prefix::WantedWheel wheel = maker.write(folder);
  const auto files = installed(wheel);
  CHECK(files.at(kSite + "big.bin").bytes.size() == (64u << 20) + 5);
  CHECK(files.at(kSite + "after.py").bytes == "x");
  CHECK(files.at(kSite + "zz.py").bytes == "z");
  CHECK(files.at("bin/s").bytes == "#!/env/bin/python3.12\n");
  CHECK(files.size() == 8);
}
