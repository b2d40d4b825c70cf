#include "tar_reader.h"

#include <algorithm>

#include "make_archive.h"
#include "support/catch.h"
#include "tar_header.h"

using namespace envlock;
using namespace envlock_test;
using archive::pax_number;
using archive::tar_number;
using archive::TarEntry;
using Catch::Matchers::Contains;
using std::string_literals::operator""s;

namespace {

/// Gives the bytes in pieces of `piece`.
class Pieces : public archive::ByteSource {
 public:
  Pieces(std::string bytes, std::size_t piece) : bytes_(std::move(bytes)), rest_(bytes_), piece_(piece) {}
  std::string_view next() override {
    const std::string_view taken = rest_.substr(0, piece_);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string bytes_;
  std::string_view rest_;
  std::size_t piece_;
};

struct Read {
  std::vector<TarEntry> entries;
  std::vector<std::string> data;
};

Read read(const std::string& bytes, std::size_t piece = 4096) {
  Pieces source(bytes, piece);
  const std::string name = "x.tar";
  archive::TarReader tar(source, name, "");
  Read all;
  while (auto entry = tar.next()) {
    all.entries.push_back(*entry);
    std::string data;
    for (std::string_view bytes_of = tar.data(); !bytes_of.empty(); bytes_of = tar.data()) data += bytes_of;
    all.data.push_back(data);
  }
  return all;
}

std::string refused(const std::string& bytes) {
  return refusal([&] { read(bytes); });
}

const std::string kEnd(1024, '\0');

}  // namespace

TEST_CASE("a tar is the same in whatever pieces it comes") {
  const std::string bytes = tar({{.name = "x", .data = pax_record("path", "long/name"), .type = 'x'},
                                 {.name = "short", .data = std::string(1000, 'a')},
                                 {.name = "b", .data = "b"}});
  for (const std::size_t piece : {1, 7, 511, 512, 513, 100'000}) {
    const Read all = read(bytes, piece);
    REQUIRE(all.entries.size() == 2);
    CHECK(all.entries[0].path == "long/name");
    CHECK(all.data == std::vector<std::string>{std::string(1000, 'a'), "b"});
  }
}

TEST_CASE("long names, large numbers and finer times are read") {
  const std::string name(300, 'n'), target(200, 't');
  const std::string pax = pax_record("path", name) + pax_record("linkpath", target) +
                          pax_record("mtime", "1700000000.75") + pax_record("comment", "passed over");
  Read all = read(tar({{.name = "x", .data = pax, .type = 'x'}, {.name = "short", .type = '2', .link = "short"}}));
  CHECK(all.entries[0].path == name);
  CHECK(all.entries[0].link == target);
  CHECK(all.entries[0].mtime_seconds == 1'700'000'000);

  all = read(tar({{.name = "x", .data = name + '\0', .type = 'L'},
                  {.name = "x", .data = target + '\0', .type = 'K'},
                  {.name = "short", .type = '2', .link = "short"},
                  {.name = "next"}}));
  CHECK(all.entries[0].path == name);
  CHECK(all.entries[0].link == target);
  CHECK(all.entries[1].path == "next");

  all = read(tar({{.name = "x", .data = pax_record("mtime", "5"), .type = 'g'}, {.name = "a"}, {.name = "b"}}));
  CHECK(all.entries[0].mtime_seconds == 5);
  CHECK(all.entries[1].mtime_seconds == 5);

  std::string prefixed = tar_member({.name = "name"});
  prefixed.replace(345, 6, "prefix");
  CHECK_THAT(refused(prefixed + kEnd), Contains("checksum"));
}

TEST_CASE("numbers of a tar header") {
  CHECK(tar_number("0000644\0"s, 0, 8) == 0644);
  CHECK(tar_number("  644 \0\0"s, 0, 8) == 0644);
  CHECK(tar_number(std::string(8, '\0'), 0, 8) == 0);
  CHECK(tar_number("12345678", 0, 8) == std::nullopt);
  CHECK(tar_number("12 34567", 0, 8) == std::nullopt);
  CHECK(tar_number("-1\0\0\0\0\0\0"s, 0, 8) == std::nullopt);
  CHECK(tar_number("\x80\0\0\0\0\0\x01\0"s, 0, 8) == 256);
  CHECK(tar_number(std::string(12, '\xff'), 0, 12) == -1);
  CHECK(tar_number("\x80\0\0\x7f\xff\xff\xff\xff\xff\xff\xff\xff"s, 0, 12) == std::nullopt);
  CHECK(tar_number("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"s, 0, 12) == INT64_MAX);
  CHECK(pax_number("17") == 17);
  CHECK(pax_number("17.9") == 17);
  CHECK(pax_number("-1.5") == -2);
  CHECK(pax_number("-1.0") == -1);
  for (const char* text : {"", "x", "1x", "1.x", " 1", "1 ", "+1", "99999999999999999999"}) {
    CHECK(pax_number(text) == std::nullopt);
  }
}

TEST_CASE("a tar that is damaged, or that tools would read in different ways, is refused") {
  CHECK(refused(tar({{.name = "a", .data = "a"}})) == "");
  CHECK(refused(kEnd) == "");
  CHECK(refused(std::string(512, '\0')) == "");
  CHECK_THAT(refused(""), Contains("end mark is missing"));
  CHECK_THAT(refused(tar_member({.name = "a"})), Contains("end mark is missing"));
  CHECK_THAT(refused(kEnd + "x"), Contains("after the end"));
  CHECK_THAT(refused(std::string(512, '\0') + tar({{.name = "hidden"}})), Contains("after the end"));
  std::string flipped = tar({{.name = "a", .data = "a"}});
  flipped[1] = 'b';
  CHECK_THAT(refused(flipped), Contains("checksum"));
  CHECK_THAT(refused(std::string(512, 'x')), Contains("checksum"));
  CHECK_THAT(refused(tar({{.name = "x", .data = pax_record("path", "p"), .type = 'x'}})),
             Contains("belongs to nothing"));
  for (const char* pax :
       {"x", "9", "9 ", "5 a=b\n", "7 a=b\n", "6 a=b\nx", "6 abc\n", "0 a=b\n", "-6 a=b\n", "6 a=b "}) {
    INFO(pax);
    CHECK_THAT(refused(tar({{.name = "x", .data = pax, .type = 'x'}, {.name = "a"}})), Contains("malformed"));
  }
  for (const std::string& pax : {pax_record("size", "-1"), pax_record("size", "x"), pax_record("mtime", "soon")}) {
    CHECK_THAT(refused(tar({{.name = "x", .data = pax, .type = 'x'}, {.name = "a"}})),
               Contains("a number that is none"));
  }
  CHECK_THAT(refused(tar({{.name = "x", .data = pax_record("GNU.sparse.major", "1"), .type = 'x'}, {.name = "a"}})),
             Contains("sparse"));
  CHECK_THAT(refused(tar({{.name = "h", .data = "data", .type = '1', .link = "a"}})), Contains("claims data"));
  CHECK_THAT(refused(tar({{.name = "x", .type = 'L', .claimed_size = 1 << 30}})), Contains("too long"));
  const std::vector<TarMember> headers(20, {.name = "x", .data = pax_record("a", "b"), .type = 'x'});
  CHECK_THAT(refused(tar(headers)), Contains("too many headers"));
}
