#include "envlock/conda/package_record.h"

#include <string>

#include "support/catch.h"

using envlock::conda::is_safe_file_name;
using envlock::conda::is_valid_name;
using envlock::conda::PackageRecord;
using envlock::conda::split_file_name;

TEST_CASE("a file name is split at its last two hyphens") {
  const auto parts = split_file_name("r-base-64-4.3.1-h1234_0.conda");
  REQUIRE(parts);
  CHECK(parts->name == "r-base-64");
  CHECK(parts->version == "4.3.1");
  CHECK(parts->build == "h1234_0");
  CHECK(parts->is_conda);
  CHECK_FALSE(split_file_name("a-1-0.tar.bz2")->is_conda);
  for (const char* wrong : {"", ".conda", "a.conda", "a-1.conda", "-1-0.conda", "a--0.conda", "a-1-.conda", "a-1-0.zip",
                            "a-1-0", "--.conda", "-.tar.bz2"}) {
    CAPTURE(wrong);
    CHECK_FALSE(split_file_name(wrong));
  }
}

TEST_CASE("a record knows its stem and where it is") {
  PackageRecord record;
  record.channel = "https://host/channel";
  record.subdir = "noarch";
  record.file_name = "a-1-0.tar.bz2";
  CHECK(stem(record) == "a-1-0");
  CHECK(package_url(record) == "https://host/channel/noarch/a-1-0.tar.bz2");
  record.url = "https://mirror/a-1-0.tar.bz2";
  CHECK(package_url(record) == "https://mirror/a-1-0.tar.bz2");
  record.file_name = "a-1-0.conda";
  CHECK(stem(record) == "a-1-0");
}

TEST_CASE("names are those that CEP 26 allows") {
  for (const char* good :
       {"a", "7zip", "_libgcc_mutex", "__glibc", "r-base", "ruamel.yaml", "gcc_linux-64", "foo-", "x_"}) {
    CAPTURE(good);
    CHECK(is_valid_name(good));
  }
  for (const char* wrong :
       {"", "_", "__", "___a", "-a", ".a", "A", "a b", "a/b", "a--b", "a._b", "a*", "a\n", "\xC3\xA9"}) {
    CAPTURE(wrong);
    CHECK_FALSE(is_valid_name(wrong));
  }
  CHECK(is_valid_name(std::string(128, 'a')));
  CHECK_FALSE(is_valid_name(std::string(129, 'a')));
}

TEST_CASE("a safe file name cannot leave its folder") {
  CHECK(is_safe_file_name("a-1-0.conda"));
  CHECK(is_safe_file_name("..a"));
  CHECK(is_safe_file_name(std::string(255, 'a')));
  for (const std::string& wrong :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("a\\b"), std::string("a\n"),
        std::string("a\0b", 3), std::string("a\x7F"), std::string(256, 'a')}) {
    CAPTURE(wrong);
    CHECK_FALSE(is_safe_file_name(wrong));
  }
}
