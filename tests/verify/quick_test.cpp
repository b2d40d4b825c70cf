// --quick: what a full verification leaves, and what is found with it.
#include <sys/stat.h>

#include "scene.h"
#include "support/catch.h"

using namespace envlock;
using envlock_test::kSite;
using envlock_test::Scene;
using envlock_test::told;
using Lines = std::vector<std::string>;

TEST_CASE("a quick verification reads nothing that is unchanged, and says so") {
  Scene scene;
  REQUIRE(told(scene.verify(), true) == Lines{});
  scene.options.depth = verify::Depth::quick;
  const verify::Verification verification = scene.verify();
  CHECK(told(verification, true) == Lines{});
  CHECK(verification.quick);
  CHECK(verification.tally.archives == 0);
  CHECK(verification.tally.file_bytes == 0);
  CHECK(verification.tally.unread_files > 8);
  CHECK(verification.packages[0].proof == verify::Proof::archive);
}

TEST_CASE("a quick verification finds what changed since") {
  Scene scene;
  REQUIRE(told(scene.verify(), true) == Lines{});
  scene.options.depth = verify::Depth::quick;
  SECTION("bytes") {
    scene.replace("lib/libplain.so", "plain", "PLAIN");
    CHECK(told(scene.verify()) == Lines{"fault file-differs tool lib/libplain.so"});
  }
  SECTION("bytes of a file with a placeholder") {
    scene.replace("bin/tool", "print", "prInt");
    CHECK(told(scene.verify()) == Lines{"fault file-differs tool bin/tool"});
  }
  SECTION("a script of an entry point") {
    scene.replace("bin/pure", "import main", "import evil");
    CHECK(told(scene.verify()) == Lines{"fault file-differs pure bin/pure"});
  }
  SECTION("a missing file, a mode and a link") {
    std::filesystem::remove(scene.prefix / "share/tool/data.txt");
    chmod((scene.prefix / "bin/tool").c_str(), 0644);
    std::filesystem::remove(scene.prefix / "lib/libtool.so");
    std::filesystem::create_symlink("libplain.so", scene.prefix / "lib/libtool.so");
    CHECK(told(scene.verify()) == Lines{"fault file-mode-differs tool bin/tool",
                                        "fault link-differs tool lib/libtool.so",
                                        "fault file-missing tool share/tool/data.txt"});
  }
  SECTION("a stranger") {
    scene.write_file(kSite + "evil.pth", "import evil\n");
    CHECK(told(scene.verify()) == Lines{"fault stranger-startup " + kSite + "evil.pth"});
  }
  SECTION("a package that conda-meta no longer names") {
    std::filesystem::remove(scene.prefix / scene.meta("tool"));
    CHECK(told(scene.verify()) == Lines{"fault package-not-installed tool"});
  }
}

TEST_CASE("a touched file is read again, and is nothing to tell") {
  Scene scene;
  scene.verify();
  scene.options.depth = verify::Depth::quick;
  std::filesystem::last_write_time(scene.prefix / "lib/libplain.so", std::filesystem::file_time_type::clock::now());
  const verify::Verification verification = scene.verify();
  CHECK(told(verification, true) == Lines{});
  CHECK(verification.tally.files == 1);
  CHECK(verification.tally.archives == 0);
}

TEST_CASE("what a full verification found wrong is found again by a quick one") {
  Scene scene;
  scene.replace("lib/libplain.so", "plain", "PLAIN");
  const Lines lines = told(scene.verify());
  scene.options.depth = verify::Depth::quick;
  CHECK(told(scene.verify()) == lines);
}

TEST_CASE("stamps of another lock, another prefix or with a damage are not heeded") {
  Scene scene;
  scene.verify();
  scene.options.depth = verify::Depth::quick;
  SECTION("damaged") {
    std::string stamps = envlock_test::read(scene.options.stamps_file);
    stamps[stamps.rfind("share/tool/data.txt")] ^= 1;
    envlock_test::write(scene.options.stamps_file, stamps);
  }
  SECTION("of another lock") {
    scene.expected.pip_names = {"wandb"};
  }
  SECTION("none") {
    std::filesystem::remove(scene.options.stamps_file);
  }
  const verify::Verification verification = scene.verify();
  CHECK_FALSE(verification.quick);
  CHECK(verification.tally.archives == 3);
}
