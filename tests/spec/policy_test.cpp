#include "envlock/spec/policy.h"

#include "reading.h"

using namespace envlock_test;
using envlock::conda::ChannelPriority;

namespace {

struct PolicyOutcome {
  envlock::spec::Policy policy;
  Texts mistakes;
  Texts notes;
};

PolicyOutcome read_policy(std::string_view text) {
  PolicyOutcome outcome;
  envlock::core::Notes notes;
  try {
    outcome.policy = envlock::spec::parse_policy(text, "envlock.toml", notes);
  } catch (const envlock::core::Error& error) {
    for (const auto& mistake : error.diagnostics()) outcome.mistakes.push_back(Outcome::place(mistake));
  }
  for (const auto& note : notes.all()) outcome.notes.push_back(Outcome::place(note.diagnostic));
  return outcome;
}

}  // namespace

TEST_CASE("a policy is read with its profiles over the defaults") {
  const PolicyOutcome read = read_policy(
      "exclude-newer = \"2026-03-01\"\n"
      "channel-priority = \"flexible\"\n"
      "[platforms.linux-64-cuda12]\n"
      "subdir = \"linux-64\"\n"
      "virtual-packages = [\"__cuda=12.9\", \"__glibc=2.36\"]\n"
      "[platforms.linux-64]\n");
  REQUIRE(read.mistakes.empty());
  CHECK(read.notes.empty());
  CHECK(read.policy.exclude_newer == "2026-03-01");
  CHECK(read.policy.channel_priority == ChannelPriority::flexible);
  REQUIRE(read.policy.platforms.size() == 2);
  CHECK(read.policy.platforms[0].name == "linux-64");
  const auto& cuda = read.policy.platforms[1];
  CHECK(cuda.subdir == "linux-64");
  const auto version_of = [&cuda](std::string_view name) -> std::string {
    for (const auto& package : cuda.virtual_packages) {
      if (package.name == name) return package.version;
    }
    return "absent";
  };
  CHECK(version_of("__cuda") == "12.9");
  CHECK(version_of("__glibc") == "2.36");
  CHECK(version_of("__unix") == "0");
}

TEST_CASE("a date without quotes is a date all the same") {
  CHECK(read_policy("exclude-newer = 2026-03-01\n").policy.exclude_newer == "2026-03-01");
  CHECK(read_policy("exclude-newer = 2026-03-01T10:00:00Z\n").policy.exclude_newer == "2026-03-01T10:00:00Z");
}

TEST_CASE("what is to be done about an unknown class of hardware, however it is spelled") {
  CHECK(read_policy("").policy.unknown_class_fails == std::nullopt);
  for (const char* key : {"unknown-class", "unknown_class", "[probe]\nunknown-class", "[probe]\nunknown_class"}) {
    INFO(key);
    const PolicyOutcome read = read_policy(std::string(key) + " = \"fail\"\n");
    CHECK(read.notes.empty());
    CHECK(read.policy.unknown_class_fails == true);
    CHECK(read_policy(std::string(key) + " = \"notice\"\n").policy.unknown_class_fails == false);
  }
  CHECK(read_policy("[probe]\nunknown-class = \"fial\"\n").mistakes == Texts{"invalid-policy 2:17 6"});
  CHECK(read_policy("[probe]\nunknown-class = true\n").mistakes == Texts{"not-text 2:17 4"});
  CHECK(read_policy("probe = \"fail\"\n").mistakes == Texts{"invalid-policy 1:9 6"});
  CHECK(read_policy("[probe]\nunknown-clas = \"fail\"\n").notes == Texts{"unknown-key 2:1 12"});
  CHECK(read_policy("unknown-class = \"fail\"\n[probe]\nunknown-class = \"notice\"\n").mistakes ==
        Texts{"invalid-policy 3:17 8"});
}

TEST_CASE("which index a name must come from, and which PyPI projects a conda package is") {
  const PolicyOutcome read = read_policy(
      "[pypi.index]\nIn_House = \"https://packages.example.org/simple\"\n"
      "[pypi.mapping]\npytorch-nightly = \"Torch\"\nour-opencv = [\"opencv-python\", \"opencv_python_headless\"]\ntool "
      "= []\n");
  CHECK(read.mistakes.empty());
  CHECK(read.notes.empty());
  CHECK(read.policy.pypi_indexes ==
        std::map<std::string, std::string>{{"in-house", "https://packages.example.org/simple"}});
  CHECK(read.policy.pypi_mapping ==
        std::map<std::string, std::vector<std::string>>{
            {"our-opencv", {"opencv-python", "opencv-python-headless"}}, {"pytorch-nightly", {"torch"}}, {"tool", {}}});
  CHECK(read_policy("[pypi.index]\nx = \"packages\"\n").mistakes == Texts{"invalid-policy 2:5 10"});
  CHECK(read_policy("[pypi.mapping]\nx = \"-\"\n").mistakes == Texts{"invalid-policy 2:5 3"});
  CHECK(read_policy("[pypi]\nindx = {}\n").notes == Texts{"unknown-key 2:1 4"});
  CHECK(read_policy("[pypi]\nindex = 1\n").mistakes == Texts{"invalid-policy 2:9 1"});
}

TEST_CASE("unknown keys of a policy are warnings, wrong values errors with their places") {
  CHECK(read_policy("exclude-newr = \"2026-03-01\"\n[gate]\nx = 1\n").notes ==
        Texts{"unknown-key 1:1 12", "unknown-key 2:2 4"});
  CHECK(read_policy("exclude-newer = \"tomorrow\"\nchannel-priority = \"strickt\"\n").mistakes ==
        Texts{"invalid-time 1:17 10", "invalid-policy 2:20 9"});
  CHECK(read_policy("[platforms.x]\n").mistakes == Texts{"invalid-policy 1:12 1"});
  CHECK(read_policy("[platforms.x]\nsubdir = \"linux64\"\n").mistakes == Texts{"unknown-platform 2:10 9"});
  CHECK(read_policy("[platforms.linux-64]\nsubdir = \"osx-64\"\n").mistakes == Texts{"invalid-policy 1:12 8"});
  CHECK(read_policy("[platforms.x]\nsubdir = \"linux-64\"\nvirtual-packages = [\"cuda 12\", 3]\n").mistakes.size() ==
        2);
  CHECK(read_policy("platforms = 3\n").mistakes == Texts{"invalid-policy 1:13 1"});
  CHECK(read_policy("a = \n").mistakes.at(0).substr(0, 14) == "malformed-toml");
}

TEST_CASE("a header without a name is a mistake") {
  for (const char* text : {"[ = 1]\n", "[ = {x = [\n", "[.]\n", "[ ]\n", "= 1\n"}) {
    INFO(text);
    CHECK(read_policy(text).mistakes.at(0).substr(0, 14) == "malformed-toml");
  }
}
