#include <algorithm>

#include "case_file.h"
#include "support/catch.h"

using namespace envlock;
using namespace envlock_test;

namespace {

conda::PackageRecord record(const std::string& name, const std::string& version, std::vector<std::string> depends = {},
                            std::vector<std::string> constrains = {}) {
  conda::PackageRecord result;
  result.name = name;
  result.version = version;
  result.build = "0";
  result.channel = "https://conda.example/main";
  result.subdir = "linux-64";
  result.file_name = name + "-" + version + "-0.conda";
  result.depends = std::move(depends);
  result.constrains = std::move(constrains);
  return result;
}

conda::Request request(const std::string& text) {
  conda::Request result;
  result.text = text;
  result.spec = conda::MatchSpec::parse(text);
  return result;
}

std::string only(const std::vector<std::string>& broken) {
  REQUIRE(broken.size() == 1);
  return broken.front();
}

}  // namespace

TEST_CASE("the checker accepts what holds") {
  resolve::CondaOptions options;
  options.virtual_packages = {{"__glibc", "2.36", "0"}};
  const auto app = record("app", "1.0", {"lib >=1", "__glibc >=2.17"}, {"absent <2", "lib <3"});
  CHECK(resolve::check({request("app")}, {app, record("lib", "2.0")}, options).empty());
}

TEST_CASE("the checker names each broken rule") {
  const resolve::CondaOptions options;
  const auto lib = record("lib", "2.0");
  CHECK(only(resolve::check({request("lib <2")}, {lib}, options)) == "the request `lib <2` is not met");
  CHECK(only(resolve::check({request("app")}, {record("app", "1", {"gone"})}, options)) ==
        "`app 1 0` needs `gone`, which is not met");
  CHECK(only(resolve::check({request("app"), request("lib")}, {record("app", "1", {}, {"lib <2"}), lib}, options)) ==
        "`app 1 0` constrains `lib <2`, which is not met");
  CHECK(only(resolve::check({request("lib")}, {lib, record("extra", "1")}, options)) ==
        "`extra 1 0` is chosen, but nothing asks for it");
  CHECK(only(resolve::check({request("lib")}, {lib, lib}, options)) == "`lib` is chosen more than once");
  CHECK(only(resolve::check({request("other::lib")}, {lib}, options)) == "the request `other::lib` is not met");
}

TEST_CASE("the checker holds a virtual package for what is assumed and nothing else") {
  resolve::CondaOptions options;
  const auto app = record("app", "1.0", {"__cuda >=12"});
  CHECK_FALSE(resolve::check({request("app")}, {app}, options).empty());
  options.virtual_packages = {{"__cuda", "11.8", "0"}};
  CHECK_FALSE(resolve::check({request("app")}, {app}, options).empty());
  options.virtual_packages = {{"__cuda", "12.9", "0"}};
  CHECK(resolve::check({request("app")}, {app}, options).empty());
}

TEST_CASE("records that cannot be read are left out and told in one note") {
  std::vector<conda::PackageRecord> records = {record("lib", "1.0"), record("lib", "2.0", {"other >="}),
                                               record("lib", "3.0!!")};
  const auto index = conda::make_index("linux-64", {{"https://conda.example/main", "main", 0}}, records,
                                       conda::ChannelPriority::strict);
  core::Notes notes;
  const auto outcome = resolve::conda({request("lib")}, index, {}, notes);
  REQUIRE(std::holds_alternative<conda::Solution>(outcome));
  CHECK(std::get<conda::Solution>(outcome).records.front().version == "1.0");
  REQUIRE(notes.all().size() == 1);
  CHECK(notes.all().front().diagnostic.code == "record-unreadable");
  CHECK(notes.all().front().diagnostic.why == std::vector<std::string>{"`lib 2.0 0`", "`lib 3.0!! 0`"});
}

TEST_CASE("a channel prefix may be an alias for several channels") {
  auto first = record("lib", "1.0");
  auto second = record("lib", "2.0");
  second.channel = "https://conda.example/second";
  const auto index = conda::make_index("linux-64", {{first.channel, "main", 0}, {second.channel, "second", 1}},
                                       {first, second}, conda::ChannelPriority::strict);
  resolve::CondaOptions options;
  options.channel_bases["both"] = {first.channel, second.channel};
  core::Notes notes;
  const auto outcome = resolve::conda({request("both::lib >=2")}, index, options, notes);
  REQUIRE(std::holds_alternative<conda::Solution>(outcome));
  CHECK(std::get<conda::Solution>(outcome).records.front().version == "2.0");
}

TEST_CASE("control characters of a request do not reach its explanation") {
  const auto index = conda::make_index("linux-64", {{"https://conda.example/main", "main", 0}}, {record("lib", "1.0")},
                                       conda::ChannelPriority::strict);
  conda::Request evil = request("lib >=9");
  evil.text = "lib \x1b[31m>=9";
  core::Notes notes;
  const auto outcome = resolve::conda({evil}, index, {}, notes);
  REQUIRE(std::holds_alternative<conda::Conflict>(outcome));
  for (const std::string& line : outcome_lines(outcome)) CHECK(line.find('\x1b') == std::string::npos);
}
