#include "envlock/archive/package.h"

#include "make_archive.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;
using archive::EntryKind;
using archive::Part;
using Catch::Matchers::Contains;

namespace {

std::vector<std::string> paths(const Recorder& recorder) {
  std::vector<std::string> all;
  for (const archive::Entry& entry : recorder.entries) all.push_back(entry.path);
  return all;
}

const std::vector<TarMember> kContent = {
    {.name = "bin/", .type = '5', .mode = 0755},
    {.name = "bin/tool", .data = "#!/bin/sh\n", .mode = 04755, .mtime = 1'600'000'000},
    {.name = "lib/liba.so.1", .data = std::string(1'000'000, 'a'), .mode = 0664},
    {.name = "lib/liba.so", .type = '2', .link = "liba.so.1", .mode = 0777},
    {.name = "empty", .mode = 0600},
};

}  // namespace

TEST_CASE("a .conda gives its entries, info first, with modes, times and targets") {
  const TemporaryFolder folder;
  const std::string bytes = conda(plain_info(), kContent);
  Recorder recorder;
  const archive::FileDigest digest = archive::read_package(folder.write("x.conda", bytes), Part::all, recorder);
  CHECK(digest.sha256 == core::sha256(bytes));
  CHECK(digest.size == bytes.size());
  CHECK(!digest.md5);
  CHECK(paths(recorder) == std::vector<std::string>{"info/index.json", "info/paths.json", "bin", "bin/tool",
                                                    "lib/liba.so.1", "lib/liba.so", "empty"});
  CHECK(recorder.entries[2] ==
        archive::Entry{.path = "bin", .kind = EntryKind::directory, .mode = 0755, .mtime_seconds = 1'700'000'000});
  // The set-user-id bit is gone.
  CHECK(recorder.entries[3] ==
        archive::Entry{.path = "bin/tool", .mode = 0755, .size = 10, .mtime_seconds = 1'600'000'000});
  CHECK(recorder.entries[5].link_target == "liba.so.1");
  CHECK(recorder.entries[5].kind == EntryKind::symlink);
  CHECK(recorder.files.at("lib/liba.so.1") == std::string(1'000'000, 'a'));
  CHECK(recorder.files.at("empty").empty());
  CHECK(!recorder.open);
}

TEST_CASE("the parts of a .conda may come in any order, stored or deflated") {
  const TemporaryFolder folder;
  for (const bool deflated : {false, true}) {
    for (const bool follow : {false, true}) {
      const std::string bytes = zip(
          {{.name = "info-x-1-0.tar.zst",
            .data = zstd(tar(plain_info())),
            .deflated = deflated,
            .sizes_follow = follow},
           {.name = "metadata.json", .data = "{}", .deflated = deflated},
           {.name = "pkg-x-1-0.tar.zst", .data = zstd(tar(kContent)), .deflated = deflated, .sizes_follow = follow}});
      Recorder recorder;
      CHECK(archive::read_package(folder.write("x.conda", bytes), Part::all, recorder).sha256 == core::sha256(bytes));
      CHECK(recorder.entries.size() == 7);
    }
  }
}

TEST_CASE("the info part alone is read, and the whole file hashed") {
  const TemporaryFolder folder;
  // A pkg part that cannot be unpacked does not matter to somebody who asks for the info part.
  const std::string bytes = zip({{.name = "pkg-x-1-0.tar.zst", .data = "no zstd at all"},
                                 {.name = "info-x-1-0.tar.zst", .data = zstd(tar(plain_info()))}});
  const std::filesystem::path file = folder.write("x.conda", bytes);
  const archive::PackageInfo info = archive::read_info(file, {}, archive::Hashes::sha256_and_md5);
  CHECK(info.files == std::map<std::string, std::string>{{"index.json", "{}"}, {"paths.json", "{\"paths\": []}"}});
  CHECK(info.digest.sha256 == core::sha256(bytes));
  CHECK(info.digest.md5 == core::md5(bytes));
  CHECK_THAT(package_refusal(file), Contains("archive-unreadable") && Contains("zstd data is damaged"));
}

TEST_CASE("a .tar.bz2 gives its entries as they stand") {
  const TemporaryFolder folder;
  const std::string bytes = bzip2(tar({{.name = "lib/a", .data = "a"},
                                       {.name = "info/paths.json", .data = "{}"},
                                       {.name = "info/index.json", .data = "{}"}}));
  const std::filesystem::path file = folder.write("x.tar.bz2", bytes);
  Recorder recorder;
  CHECK(archive::read_package(file, Part::all, recorder).sha256 == core::sha256(bytes));
  CHECK(paths(recorder) == std::vector<std::string>{"lib/a", "info/paths.json", "info/index.json"});
  CHECK(archive::read_info(file).files.size() == 2);
}

TEST_CASE("a .tar.bz2 whose info comes first is not unpacked beyond it, and yet hashed whole") {
  const TemporaryFolder folder;
  std::string content = tar_member({.name = "info/paths.json", .data = "{}"}) + tar_member({.name = "a", .data = "a"});
  const std::string bytes = bzip2(content + "and then no tar at all");
  const std::filesystem::path file = folder.write("x.tar.bz2", bytes);
  CHECK(archive::read_info(file).digest.sha256 == core::sha256(bytes));
  CHECK_THAT(package_refusal(file), Contains("archive-unreadable") && Contains("truncated"));
}

TEST_CASE("bzip2 in several streams, as parallel packers write it, is one file") {
  const TemporaryFolder folder;
  const std::string content = tar(kContent);
  const std::string bytes = bzip2(content.substr(0, 700)) + bzip2(content.substr(700));
  CHECK(package_refusal(folder.write("x.tar.bz2", bytes)) == "");
}

TEST_CASE("a hard link arrives as the file that it names") {
  const TemporaryFolder folder;
  const std::vector<TarMember> members = {{.name = "bin/git", .data = "git", .mode = 0755},
                                          {.name = "bin/git-add", .type = '1', .link = "bin/git", .mode = 0755},
                                          {.name = "bin/git-rm", .type = '1', .link = "./bin/git-add", .mode = 0755},
                                          {.name = "last", .data = "last"}};
  const auto check = [&](const std::string& bytes) {
    Recorder recorder;
    CHECK(archive::read_package(folder.write("x", bytes), Part::all, recorder).sha256 == core::sha256(bytes));
    CHECK(recorder.files.at("bin/git-add") == "git");
    CHECK(recorder.files.at("bin/git-rm") == "git");
    CHECK(recorder.entries.back() ==
          archive::Entry{.path = "bin/git-rm", .mode = 0755, .size = 3, .mtime_seconds = 1'700'000'000});
  };
  check(conda(plain_info(), members));
  check(bzip2(tar(members)));
}

TEST_CASE("names that differ by case only are two files") {
  const TemporaryFolder folder;
  CHECK(package_refusal(folder.write("x", conda(plain_info(), {{.name = "A"}, {.name = "a"}}))) == "");
}

TEST_CASE("what is no package is refused") {
  const TemporaryFolder folder;
  CHECK_THAT(package_refusal(folder.path() / "absent"), Contains("file-not-found"));
  CHECK_THAT(package_refusal(folder.path()), Contains("file-unreadable"));
  CHECK_THAT(package_refusal("/dev/null"), Contains("file-unreadable"));
  for (const char* bytes : {"", "P", "<html>not found</html>", "\x1f\x8b\x08", "\x28\xb5\x2f\xfd", "BZh9", "BZhello"}) {
    CHECK_THAT(package_refusal(folder.write("x", bytes)), Contains("archive-unreadable"));
  }
}

TEST_CASE("a package that is cut anywhere is refused") {
  const TemporaryFolder folder;
  const std::vector<TarMember> members = {{.name = "a", .data = std::string(2000, 'x')}, {.name = "b"}};
  for (const std::string& bytes : {conda(plain_info(), members), bzip2(tar(members))}) {
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      INFO("cut after " << length << " of " << bytes.size());
      CHECK_THAT(package_refusal(folder.write("x", bytes.substr(0, length))), Contains("archive-unreadable"));
    }
  }
}

TEST_CASE("what follows after a package is refused") {
  const TemporaryFolder folder;
  for (const std::string& bytes : {conda(plain_info(), kContent), bzip2(tar(kContent))}) {
    CHECK_THAT(package_refusal(folder.write("x", bytes + "x")), Contains("archive-unreadable"));
    CHECK_THAT(package_refusal(folder.write("x", bytes + std::string(512, '\0'))), Contains("archive-unreadable"));
  }
  const auto with_part = [&](const std::string& part) {
    return folder.write("x", zip({{.name = "info-x-1-0.tar.zst", .data = zstd(tar(plain_info()))},
                                  {.name = "pkg-x-1-0.tar.zst", .data = part}}));
  };
  CHECK(package_refusal(with_part(zstd(tar(kContent)))) == "");
  CHECK_THAT(package_refusal(with_part(zstd(tar(kContent)) + "x")), Contains("archive-unreadable"));
  CHECK_THAT(package_refusal(with_part(zstd(tar(kContent) + "x"))), Contains("after the end of its tar"));
}

TEST_CASE("a bomb is refused before it fills anything") {
  const TemporaryFolder folder;
  const std::vector<TarMember> large = {{.name = "zeros", .data = std::string(70 << 20, '\0')}};
  const std::filesystem::path file = folder.write("x", conda(plain_info(), large));
  CHECK_THAT(package_refusal(file, {.max_total_bytes = 1 << 20}), Contains("archive-too-large"));
  CHECK_THAT(package_refusal(file, {.max_expansion = 100}), Contains("archive-too-large"));
  CHECK_THAT(package_refusal(file, {.max_entries = 2}), Contains("archive-too-large"));
  CHECK_THAT(package_refusal(file, {.max_info_bytes = 10}), Contains("archive-too-large"));
  const std::string claims = tar_member({.name = "info/a", .claimed_size = std::uint64_t{4} << 30});
  CHECK_THAT(package_refusal(folder.write("y", bzip2(claims))), Contains("archive-too-large"));
  const std::string lies = tar_member({.name = "a", .claimed_size = std::uint64_t{4} << 30});
  CHECK_THAT(package_refusal(folder.write("y", bzip2(lies))), Contains("truncated"));
}

TEST_CASE("time in decompressors is counted") {
  const TemporaryFolder folder;
  const std::uint64_t before = archive::decompression_nanoseconds();
  CHECK(package_refusal(folder.write("x", conda(plain_info(), kContent))) == "");
  CHECK(archive::decompression_nanoseconds() > before);
}

TEST_CASE("any file can be hashed") {
  const TemporaryFolder folder;
  const std::string bytes(1'000'000, 'z');
  const archive::FileDigest digest = archive::hash_file(folder.write("x", bytes), archive::Hashes::sha256_and_md5);
  CHECK(digest == archive::FileDigest{core::sha256(bytes), bytes.size(), core::md5(bytes)});
  CHECK(archive::hash_file(folder.write("y", "")).sha256 == core::sha256(""));
}
