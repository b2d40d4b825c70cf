#include "pyc_header.h"

#include "siphash.h"
#include "support/catch.h"

using namespace envlock::verify;

TEST_CASE("a source's hash is the one that python computes") {
  const PycFormat format = pyc_format("3.11").value();
  // importlib.util.source_hash of CPython 3.11, as little-endian bytes.
  CHECK(source_hash(format, "x = 1\n") == 0x5252f793aa72034c);
  CHECK(source_hash(format, "the quick brown fox\n") == 16130647711888298820u);
}

TEST_CASE("SipHash-2-4 with the second half of the key zero") {
  // Computed with an independent implementation of the paper.
  CHECK(siphash(2, 4, 168627623, "print('hello')\n") == 0x82528dcd03a0b108);
}

TEST_CASE("a header is read as PEP 552 says") {
  const std::string stamped("\xa7\x0d\x0d\x0a\0\0\0\0\x10\x27\0\0\x05\0\0\0rest", 20);
  const PycHeader header = parse_pyc_header(stamped).value();
  CHECK(header.magic == pyc_format("3.11")->magic);
  CHECK_FALSE(header.is_hash_based);
  CHECK(header.mtime == 10000);
  CHECK(header.size == 5);
  const std::string hashed("\xa7\x0d\x0d\x0a\x03\0\0\0\x01\x02\x03\x04\x05\x06\x07\x08", 16);
  CHECK(parse_pyc_header(hashed)->is_checked);
  CHECK(parse_pyc_header(hashed)->source_hash == 0x0807060504030201);
  CHECK_FALSE(parse_pyc_header(hashed.substr(0, 15)));
  CHECK_FALSE(parse_pyc_header(std::string("\xa7\x0d\x0d\x0a\x04\0\0\0\0\0\0\0\0\0\0\0", 16)));
}

TEST_CASE("names in __pycache__ are taken apart") {
  CHECK(parse_cached_name("x.cpython-312.pyc")->module == "x");
  CHECK(parse_cached_name("x.cpython-312.opt-1.pyc")->tag == "cpython-312");
  CHECK_FALSE(parse_cached_name("x.pyc"));
  CHECK_FALSE(parse_cached_name(".cpython-312.pyc"));
  CHECK_FALSE(parse_cached_name("x.py"));
}

TEST_CASE("the table ends where we know nothing") {
  CHECK(pyc_format("3.14"));
  CHECK_FALSE(pyc_format("3.15"));
  CHECK_FALSE(pyc_format("2.7"));
}
