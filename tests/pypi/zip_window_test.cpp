// Zips by their ends, whole and broken; source distributions by their first bytes.
#include "zip_window.h"

#include "envlock/core/file.h"
#include "inflate.h"
#include "sdist_head.h"
#include "support/catch.h"
#include "zip_bytes.h"

using namespace envlock;
using namespace envlock_test;
using pypi::ZipFault;
using pypi::ZipPart;

namespace {

const std::string kText = "Metadata-Version: 2.1\nName: demo\nVersion: 1\n";

bool is_metadata(std::string_view name) {
  return name.size() > 9 && name.substr(name.size() - 9) == "/METADATA";
}

/// What a reader with only the end of the zip at hand gets; "fault: ..." for a refusal.
std::string read(const std::string& zip, std::uint64_t limit = 10'000) {
  try {
    const ZipPart whole{0, zip};
    const std::size_t tail = std::min<std::size_t>(zip.size(), 98);
    const ZipPart end{zip.size() - tail, std::string_view(zip).substr(zip.size() - tail)};
    const pypi::ZipDirectorySpan where = pypi::find_zip_directory(end, zip.size());
    const std::string_view directory = whole.slice(where.span.begin, where.span.end);
    const pypi::ZipMember member = pypi::find_zip_member(directory, where, is_metadata);
    return pypi::read_zip_member(member, whole, limit);
  } catch (const ZipFault& fault) {
    return "fault: " + fault.why;
  }
}

ZipBytes demo() {
  ZipBytes zip;
  zip.add("demo/__init__.py", "");
  zip.add("demo-1.dist-info/METADATA", kText);
  zip.add("demo-1.dist-info/RECORD", "x");
  return zip;
}

}  // namespace

TEST_CASE("a member is found from the end of a zip, stored or deflated, and in a zip64") {
  CHECK(read(demo().bytes()) == kText);
  ZipBytes deflated;
  deflated.add("a", "b");
  deflated.add_deflated("demo-1.dist-info/METADATA", kText);
  CHECK(read(deflated.bytes()) == kText);
  CHECK(read(demo().bytes64()) == kText);
}

TEST_CASE("a zip that is cut anywhere is refused") {
  for (const std::string& zip : {demo().bytes(), demo().bytes64()}) {
    for (std::size_t size = 0; size < zip.size(); ++size) CHECK(read(zip.substr(0, size)).rfind("fault: ", 0) == 0);
    CHECK(read(zip + "x").rfind("fault: ", 0) == 0);
    CHECK(read("x" + zip).rfind("fault: ", 0) == 0);
  }
}

TEST_CASE("any flipped bit of a zip is noticed, or changes nothing") {
  for (const std::string& zip : {demo().bytes(), demo().bytes64()}) {
    for (std::size_t at = 0; at < zip.size(); ++at) {
      for (const int bit : {0, 3, 7}) {
        std::string bad = zip;
        bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
        const std::string found = read(bad);
        INFO("byte " << at << " bit " << bit << ": " << found);
        CHECK((found == kText || found.rfind("fault: ", 0) == 0));
      }
    }
  }
}

TEST_CASE("two of the file that there may be one of, or none, are refused") {
  ZipBytes two = demo();
  two.add("other-1.dist-info/METADATA", kText);
  CHECK(read(two.bytes()) == "fault: it holds both `demo-1.dist-info/METADATA` and `other-1.dist-info/METADATA`");
  ZipBytes same = demo();
  same.add("demo-1.dist-info/METADATA", "Name: evil\n");
  CHECK(read(same.bytes()).rfind("fault: it holds both", 0) == 0);
  ZipBytes none;
  none.add("demo/__init__.py", "");
  CHECK(read(none.bytes()) == "fault: it holds no such file");
  CHECK(read(ZipBytes().bytes()) == "fault: it holds no such file");
}

TEST_CASE("a local header with another story, an overlap, an encrypted member are refused") {
  ZipBytes renamed = demo();
  renamed.members[1].local_name = "demo-1.dist-info/metadata";
  CHECK(read(renamed.bytes()).find("two stories") != std::string::npos);
  ZipBytes moved = demo();
  moved.members[1].claimed_offset = 0;
  CHECK(read(moved.bytes()).rfind("fault: ", 0) == 0);
  ZipBytes beyond = demo();
  beyond.members[1].claimed_offset = 1'000'000;
  CHECK(read(beyond.bytes()).find("overlaps") != std::string::npos);
  ZipBytes secret = demo();
  secret.members[1].flags = 1;
  CHECK(read(secret.bytes()) == "fault: a member of it is encrypted");
}

TEST_CASE("what unpacks to more than is taken, or than it says, is refused") {
  ZipBytes bomb;
  bomb.add_deflated("demo-1.dist-info/METADATA", std::string(1'000'000, 'x'));
  CHECK(read(bomb.bytes()).find("at most 10000 are taken") != std::string::npos);
  bomb.members[0].claimed_size = 100;
  CHECK(read(bomb.bytes()).find("larger than it says") != std::string::npos);
}

TEST_CASE("inflate ends with what is damaged, cut or too much") {
  const std::string packed = deflate(std::string(100'000, 'x'));
  std::string out;
  const auto keep = [&](std::string_view bytes) {
    out += bytes;
    return true;
  };
  CHECK(pypi::inflate(packed, pypi::Wrapping::none, 100'000, keep));
  CHECK(out == std::string(100'000, 'x'));
  CHECK_FALSE(pypi::inflate(packed, pypi::Wrapping::none, 99'999, keep));
  CHECK_FALSE(pypi::inflate(packed.substr(0, packed.size() / 2), pypi::Wrapping::none, 100'000, keep));
  CHECK_FALSE(pypi::inflate("", pypi::Wrapping::none, 100'000, keep));
  CHECK_FALSE(pypi::inflate("\xff\xff\xff", pypi::Wrapping::gzip, 100'000, keep));
}

TEST_CASE("a file is found in a tar, and nothing is read beyond it") {
  const auto wanted = [](std::string_view path) { return path == "demo-1/PKG-INFO"; };
  TarBytes tar;
  tar.add("demo-1/setup.py", "print()");
  tar.add("demo-1/PKG-INFO", kText);
  tar.add("demo-1/PKG-INFO", "a second one");
  const std::string good = gzip(tar.bytes());
  CHECK(pypi::find_in_tar_gz(good, wanted, 100'000) == kText);
  CHECK(pypi::find_in_tar_gz(good.substr(0, good.size() - 20), wanted, 100'000) == kText);
  CHECK_FALSE(pypi::find_in_tar_gz(good, wanted, 600));
  CHECK_FALSE(pypi::find_in_tar_gz(gzip(""), wanted, 600));
  CHECK_FALSE(pypi::find_in_tar_gz(gzip(std::string(5000, 'x')), wanted, 100'000));

  TarBytes dotted;
  dotted.add("./demo-1/PKG-INFO", kText);
  CHECK(pypi::find_in_tar_gz(gzip(dotted.bytes()), wanted, 100'000) == kText);
  TarBytes timed;  // as setuptools writes every member
  timed.add("demo-1/PaxHeaders/x", "28 mtime=1700000000.1234567\n", 'x');
  timed.add("demo-1/PKG-INFO", kText);
  CHECK(pypi::find_in_tar_gz(gzip(timed.bytes()), wanted, 100'000) == kText);
  TarBytes renamed;
  renamed.add("demo-1/PaxHeaders/x", "20 path=other/name.x\n", 'x');
  renamed.add("demo-1/PKG-INFO", "not what it seems");
  renamed.add("demo-1/PKG-INFO", kText);
  CHECK(pypi::find_in_tar_gz(gzip(renamed.bytes()), wanted, 100'000) == kText);
  TarBytes link;
  link.add("demo-1/PKG-INFO", "", '2');
  CHECK_FALSE(pypi::find_in_tar_gz(gzip(link.bytes()), wanted, 100'000));
}
