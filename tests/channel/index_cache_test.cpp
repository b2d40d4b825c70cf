#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel_writer.h"
#include "index_store.h"
#include "open_channel.h"
#include "slicer.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;

namespace {

Json many_names(int count) {
  Json made = document("linux-64");
  for (int i = 0; i < count; ++i) {
    const std::string name = "p" + std::to_string(i);
    add(made, record(name, "1", "0", {"p" + std::to_string(i + 1)}));
    add(made, record(name, "2", "0"), ".tar.bz2");
  }
  made["packages"]["../p0-1-0.tar.bz2"] = 1;
  return made;
}

std::string index_of(const std::filesystem::path& folder, const std::filesystem::path& cache) {
  OpenChannel channel({folder});
  channel.options.cache = cache;
  return describe(channel.load({"p0"}));
}

/// The index and what was said on the way.
std::string loaded(const std::filesystem::path& folder, const std::filesystem::path& cache) {
  OpenChannel channel({folder});
  channel.options.cache = cache;
  std::string text = describe(channel.load({"p0"}));
  for (const auto& note : channel.notes.all()) text += note.diagnostic.code + " " + note.diagnostic.what + "\n";
  return text;
}

std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_CASE("a slice table reads back as it was made, and no damaged one is believed") {
  const channel::SliceTable table = channel::slice_repodata(many_names(5).dump(), "x");
  const std::string bytes(table.bytes());
  const auto again = channel::SliceTable::from_bytes(bytes);
  REQUIRE(again);
  CHECK(again->name_count() == 5);
  CHECK(again->name(4) == "p4");
  CHECK(again->find("p3").size() == 2);
  CHECK(again->find("p").empty());
  CHECK(again->info().flaws.groups().size() == 1);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const char change : {'\x01', '\x80', '\xff'}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ change);
      CHECK_FALSE(channel::SliceTable::from_bytes(damaged));
    }
    CHECK_FALSE(channel::SliceTable::from_bytes(bytes.substr(0, i)));
  }
  CHECK_FALSE(channel::SliceTable::from_bytes(bytes + "x"));
}

TEST_CASE("neighbouring records of a name share a slice") {
  Json made = document("linux-64");
  for (int i = 10; i < 40; ++i) add(made, record("a", std::to_string(i), "0"));
  add(made, record("b", "1", "0"));
  const channel::SliceTable table = channel::slice_repodata(made.dump(), "x");
  CHECK(table.find("a").size() == 1);
  CHECK(table.find("b").size() == 1);
}

TEST_CASE("a damaged cache is made anew") {
  TemporaryFolder folder;
  write_json(folder.path(), "linux-64", many_names(3));
  const auto cache = folder.path() / "cache";
  const std::string expected = loaded(folder.path(), cache);
  const auto files = files_below(cache);
  REQUIRE(files.size() == 1);
  const std::string bytes = core::read_file(files.front());
  for (std::size_t i = 0; i < bytes.size(); i += 7) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    write(files.front(), damaged);
    CHECK(loaded(folder.path(), cache) == expected);
    CHECK(core::read_file(files.front()) == bytes);
  }
  write(files.front(), "");
  CHECK(loaded(folder.path(), cache) == expected);
}

TEST_CASE("the unpacked text in the cache is made anew when it is short, and older contents of a place go away") {
  TemporaryFolder folder;
  write_zst(folder.path(), "linux-64", many_names(3));
  const auto cache = folder.path() / "cache";
  const std::string expected = loaded(folder.path(), cache);
  const auto files = files_below(cache);
  REQUIRE(files.size() == 2);
  for (const auto& file : files) {
    if (file.extension() == ".json") std::filesystem::resize_file(file, 100);
  }
  CHECK(loaded(folder.path(), cache) == expected);
  for (const auto& file : files) std::filesystem::remove(file);
  CHECK(loaded(folder.path(), cache) == expected);
  write_zst(folder.path(), "linux-64", many_names(4));
  CHECK(loaded(folder.path(), cache) != expected);
  const auto now = files_below(cache);
  CHECK(now.size() == 2);
  CHECK(now != files);
}

TEST_CASE("no change of the unpacked text in the cache changes what comes out") {
  TemporaryFolder folder;
  write_zst(folder.path(), "linux-64", many_names(2));
  const auto cache = folder.path() / "cache";
  const std::string expected = loaded(folder.path(), cache);
  std::filesystem::path text;
  for (const auto& file : files_below(cache)) {
    if (file.extension() == ".json") text = file;
  }
  const std::string bytes = core::read_file(text);
  const auto check = [&](const std::string& damaged) {
    write(text, damaged);
    REQUIRE(loaded(folder.path(), cache) == expected);
    REQUIRE(loaded(folder.path(), cache) == expected);
  };
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x01);
    check(damaged);
  }
  check(std::string(bytes.size(), '\xff'));
  CHECK(core::read_file(text) == bytes);
}

TEST_CASE("a cache that cannot be written is a note, and the result is the same") {
  TemporaryFolder folder;
  write_zst(folder.path(), "linux-64", many_names(3));
  const std::string expected = loaded(folder.path(), {});
  const auto blocked = folder.write("blocked", "a file where a folder should be");
  const std::string text = loaded(folder.path(), blocked);
  CHECK(text.starts_with(expected.substr(0, expected.find("subdir-missing"))));
  CHECK(text.find("index-cache-unwritable") != std::string::npos);
}

TEST_CASE("processes that fill one cache at once all get the right answer") {
  TemporaryFolder folder;
  write_zst(folder.path(), "linux-64", many_names(200));
  const std::string expected = index_of(folder.path(), {});
  const auto cache = folder.path() / "cache";
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      bool equal = true;
      try {
        // One of them takes the folder away now and then, so notes may differ; the index may not.
        for (int round = 0; round < 5; ++round) {
          equal = equal && index_of(folder.path(), cache) == expected;
          std::error_code raced;
          if (i == 0) std::filesystem::remove_all(cache, raced);
        }
      } catch (...) {
        equal = false;
      }
      ::_exit(equal ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
  }
}

TEST_CASE("a process killed while it fills the cache leaves nothing that counts") {
  TemporaryFolder folder;
  write_zst(folder.path(), "linux-64", many_names(3000));
  const std::string expected = loaded(folder.path(), {});
  const auto cache = folder.path() / "cache";
  for (int i = 0; i < 10; ++i) {
    std::filesystem::remove_all(cache);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      loaded(folder.path(), cache);
      ::_exit(0);
    }
    ::usleep(static_cast<useconds_t>(1000 * i));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(loaded(folder.path(), cache) == expected);
  }
}
