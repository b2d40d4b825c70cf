#include "archive_file.h"

#include <fstream>

#include "make_archive.h"
#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;
using namespace envlock_test;
using archive::Part;
using Catch::Matchers::Contains;

namespace {

/// Writes into the archive, in place, when the first entry comes.
class Meddler : public Recorder {
 public:
  Meddler(std::filesystem::path file, std::size_t offset, std::string bytes)
      : file_(std::move(file)), offset_(offset), bytes_(std::move(bytes)) {}
  void begin(const archive::Entry& entry) override {
    if (entries.empty()) {
      std::fstream out(file_, std::ios::in | std::ios::out | std::ios::binary);
      out.seekp(static_cast<std::streamoff>(offset_));
      out << bytes_;
    }
    Recorder::begin(entry);
  }

 private:
  std::filesystem::path file_;
  std::size_t offset_;
  std::string bytes_;
};

std::string noise(std::size_t length) {
  std::string bytes;
  std::uint32_t state = 1;
  while (bytes.size() < length) {
    state = state * 1664525 + 1013904223;
    bytes += static_cast<char>(state >> 24);
  }
  return bytes;
}

}  // namespace

TEST_CASE("what was parsed is what was hashed, although another program writes to the file meanwhile") {
  const TemporaryFolder folder;
  const std::string honest = conda(plain_info(), {{.name = "a", .data = noise(2'000'000)}});
  const std::size_t info = honest.find("info-x-1-0");
  const std::size_t directory = honest.find("PK\x01\x02", info);
  // The info part and the directory were read ahead; the pass finds them changed.
  for (const std::size_t offset : {info + 30, directory + 12}) {
    const std::filesystem::path file = folder.write("x.conda", honest);
    Meddler sink(file, offset, "\x01");
    CHECK_THAT(refusal([&] { archive::read_package(file, Part::info, sink); }),
               Contains("archive-unreadable") && Contains("changed it while it was read"));
  }
  // What comes later is read once: either its checksum is wrong, or the hash is that of the bytes that were taken.
  const std::filesystem::path file = folder.write("x.conda", honest);
  Meddler sink(file, info - 500, "changed");
  CHECK_THAT(refusal([&] { archive::read_package(file, Part::all, sink); }), Contains("archive-unreadable"));
}

TEST_CASE("a file that grows or shrinks while it is read is refused") {
  const TemporaryFolder folder;
  const std::string honest = conda(plain_info(), {{.name = "a", .data = noise(2'000'000)}});
  const std::filesystem::path file = folder.write("x.conda", honest);
  Meddler grows(file, honest.size(), "more");
  CHECK_THAT(refusal([&] { archive::read_package(file, Part::all, grows); }), Contains("changed it while it was read"));

  class Cutter : public Recorder {
   public:
    explicit Cutter(std::filesystem::path path) : path_(std::move(path)) {}
    void begin(const archive::Entry& entry) override {
      if (entries.empty()) std::filesystem::resize_file(path_, 1'000'000);
      Recorder::begin(entry);
    }

   private:
    std::filesystem::path path_;
  } shrinks(folder.write("x.conda", honest));
  CHECK_THAT(refusal([&] { archive::read_package(file, Part::all, shrinks); }),
             Contains("changed it while it was read"));
}

TEST_CASE("a sink's own error comes out as it is") {
  const TemporaryFolder folder;
  class Thrower : public Recorder {
    void data(std::string_view) override { throw core::Error({.code = "disk-full"}); }
  } sink;
  const std::filesystem::path file = folder.write("x", bzip2(tar({{.name = "a", .data = "a"}})));
  CHECK(refusal([&] { archive::read_package(file, Part::all, sink); }) == "disk-full: ");
}
