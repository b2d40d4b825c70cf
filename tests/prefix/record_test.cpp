#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"
#include "envlock/prefix/wheel.h"
#include "support/catch.h"

using namespace envlock;
using prefix::RecordLine;

namespace {

std::string refused(const std::string& text) {
  try {
    prefix::parse_record(text, "x.dist-info/RECORD");
    return "";
  } catch (const core::Error& error) {
    REQUIRE(error.diagnostics().front().code == "wheel-record-invalid");
    return error.diagnostics().front().why.front();
  }
}

}  // namespace

TEST_CASE("a RECORD is read as its lines have it") {
  const auto lines = prefix::parse_record(
      "a.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\r\n"
      "\"b,c\"\"d.py\",md5=1B2M2Y8AsgTpgAmY7PhCfg,12\n"
      "x.dist-info/RECORD,,\n\n  \n"
      "old.pyc\r"
      "e.py,SHA256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=,,,",
      "RECORD");
  REQUIRE(lines.size() == 5);
  CHECK(lines[0] == prefix::record_line("a.py", ""));
  CHECK(lines[1].path == "b,c\"d.py");
  CHECK(lines[1].hash_name == "md5");
  CHECK(lines[1].hash_text == "1B2M2Y8AsgTpgAmY7PhCfg");
  CHECK_FALSE(lines[1].sha256);
  CHECK(lines[1].size == 12u);
  CHECK(lines[2] == RecordLine{.path = "x.dist-info/RECORD"});
  CHECK(lines[3] == RecordLine{.path = "old.pyc"});
  CHECK(lines[4].sha256 == core::sha256(""));
}

TEST_CASE("what is written is read again, whatever the path holds") {
  std::vector<RecordLine> lines;
  for (const std::string path : {"a", "a,b", "\"", "a\nb", "a\r\nb", " a ", "\xc3\xa4", "../../../bin/x", "a\"b,c"}) {
    lines.push_back(prefix::record_line(path, path));
    lines.push_back({.path = path});
  }
  CHECK(prefix::parse_record(prefix::format_record(lines), "RECORD") == lines);
  CHECK(prefix::format_record({prefix::record_line("a,b", "")}) ==
        "\"a,b\",sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n");
}

TEST_CASE("a line that cannot be understood is named") {
  CHECK(refused("a,,\n,sha256=x,\n") == "line 2: the path is empty");
  CHECK(refused("a,sha256=abc,") == "line 1: the hash is no SHA-256 in urlsafe base64");
  CHECK(refused("a,sha256=!,") == "line 1: the hash is no SHA-256 in urlsafe base64");
  CHECK(refused("a,47DEQpj8,") == "line 1: the hash has no name");
  CHECK(refused("a,,x") == "line 1: the size is not a whole number");
  CHECK(refused("a,,-1") == "line 1: the size is not a whole number");
  CHECK(refused("a,,99999999999999999999") == "line 1: the size is not a whole number");
  CHECK(refused("a,,1,b") == "line 1: there are more than three fields");
  CHECK(refused("\"a\nb\",,\n\"c") == "line 3: a quote does not end");
  CHECK(refused(std::string("a\0b,,", 5)) == "line 1: the path holds a NUL");
  CHECK(refused("").empty());
}

TEST_CASE("base64 of every length goes there and back") {
  std::string bytes;
  for (int i = 0; i < 70; ++i) {
    const RecordLine line = prefix::record_line("x", bytes);
    CHECK(prefix::parse_record(prefix::format_record({line}), "RECORD").front() == line);
    bytes += static_cast<char>(i * 37);
  }
}
