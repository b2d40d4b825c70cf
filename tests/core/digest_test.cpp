#include "envlock/core/digest.h"

#include "support/catch.h"

using namespace envlock::core;

TEST_CASE("the hashes of known texts are the published ones") {
  CHECK(format(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(format(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(format(md5("abc")) == "900150983cd24fb0d6963f7d28e17f72");
}

TEST_CASE("a hash taken in pieces is the hash of the whole") {
  const std::string text(100'000, 'x');
  Sha256Hasher hasher;
  for (std::size_t i = 0; i < text.size(); i += 777) hasher.update(std::string_view(text).substr(i, 777));
  CHECK(hasher.finish() == sha256(text));
}

TEST_CASE("a digest reads back from its hex in either case") {
  const Sha256 digest = sha256("abc");
  std::string hex = format(digest);
  CHECK(parse_sha256(hex) == digest);
  for (char& c : hex) c = static_cast<char>(std::toupper(c));
  CHECK(parse_sha256(hex) == digest);
}

TEST_CASE("hex of another length or with other characters is no digest") {
  const std::string hex = format(sha256("abc"));
  CHECK_FALSE(parse_sha256(hex.substr(1)));
  CHECK_FALSE(parse_sha256(hex + "0"));
  CHECK_FALSE(parse_sha256("g" + hex.substr(1)));
  CHECK_FALSE(parse_sha256(""));
  CHECK_FALSE(parse_md5(hex));
}
