#include <random>

#include "pip_fixtures.h"
#include "support/catch.h"
#include "support/golden.h"

using namespace envlock_test;

TEST_CASE("a lock with a pip section is written as the golden file shows, and read back") {
  const lock::Lock lock = pip_lock();
  const std::string text = lock::format(lock);
  CHECK(compare_with_golden("lock/pip.lock", text) == "");
  CHECK(lock::parse(text, "envlock.lock") == lock);
}

TEST_CASE("that a distribution was yanked is kept") {
  std::vector<lock::PlatformSolution> all = pip_solutions();
  all[0].distributions[1].distribution.yanked = true;
  const std::string text = lock::format(pip_lock(pip_input(), {all[0]}));
  const lock::Lock read = lock::parse(text, "envlock.lock");
  CHECK(std::count_if(read.distributions.begin(), read.distributions.end(),
                      [](const auto& each) { return each.yanked; }) == 1);
}

TEST_CASE("a lock without a pip section has no word of it") {
  const std::string text = lock::format(small_lock());
  CHECK(text.find("pip_requests") == std::string::npos);
  CHECK(text.find("distributions") == std::string::npos);
}

TEST_CASE("categories and extras are those of the lines that reach a distribution") {
  const lock::Lock lock = pip_lock();
  CHECK(use_of(lock, "linux-64", "torch").extras == std::vector<std::string>{"opt"});
  CHECK(use_of(lock, "linux-64", "torch").categories == std::vector<std::string>{"main"});
  CHECK(use_of(lock, "linux-64", "wandb").categories == std::vector<std::string>{"dev"});
  CHECK(use_of(lock, "linux-aarch64", "filelock").categories == std::vector<std::string>{"dev", "main"});
}

TEST_CASE("conda packages that a pip line needs are in its category") {
  const lock::Lock lock = pip_lock();
  for (const lock::PlatformPackage& each : lock.platforms[0].packages) {
    const std::string& name = lock.packages[each.package].record.name;
    INFO(name);
    const bool needed = name == "python" || name == "setuptools" || name == "tzdata";
    const bool in_dev = each.categories == std::vector<std::string>{"dev", "main"};
    CHECK(in_dev == needed);
  }
}

TEST_CASE("a distribution that no line reaches is left out") {
  std::vector<lock::PlatformSolution> all = pip_solutions();
  all[0].distributions.push_back({distribution("pytest", "8.3.3", "py3-none-any"), {}});
  CHECK(pip_lock(pip_input(), all) == pip_lock());
}

TEST_CASE("the order of lines and picks does not matter, nor a line that stands twice") {
  std::mt19937 random(7);
  const std::string want = lock::format(pip_lock());
  for (int round = 0; round < 20; ++round) {
    lock::PipInput input = pip_input();
    input.lines.push_back(input.lines.front());
    input.places.clear();
    std::shuffle(input.lines.begin(), input.lines.end(), random);
    std::vector<lock::PlatformSolution> all = pip_solutions();
    std::shuffle(all.begin(), all.end(), random);
    for (lock::PlatformSolution& each : all) {
      std::shuffle(each.distributions.begin(), each.distributions.end(), random);
    }
    REQUIRE(lock::format(pip_lock(input, all)) == want);
  }
}

TEST_CASE("what could not be read again is not made") {
  const auto refusal = [](const std::function<void(lock::LockedDistribution&)>& damage) -> std::string {
    std::vector<lock::PlatformSolution> all = pip_solutions();
    damage(all[0].distributions[0].distribution);
    try {
      pip_lock(pip_input(), all);
    } catch (const core::Error& error) {
      return error.what();
    }
    return {};
  };
  CHECK(refusal([](auto& each) { each.sha256.reset(); }).starts_with("hash-missing: "));
  CHECK(refusal([](auto& each) { each.file = "../x.whl"; }).starts_with("record-invalid: "));
  CHECK(refusal([](auto& each) { each.version = "2.5"; }).starts_with("record-invalid: "));
  CHECK(refusal([](auto& each) { each.name = "Torch"; }).starts_with("record-invalid: "));
  CHECK(refusal([](auto& each) { each.index.clear(); }).starts_with("record-invalid: "));
}

TEST_CASE("credentials do not enter a lock") {
  lock::PipInput input = pip_input();
  input.options.indexes = {"https://user:secret@host.example/simple"};
  std::vector<lock::PlatformSolution> all = pip_solutions();
  for (lock::PlatformSolution& each : all) {
    for (lock::PickedDistribution& picked : each.distributions) {
      picked.distribution.index = "https://user:secret@host.example/simple";
      picked.distribution.url = "https://user:secret@host.example/files/" + picked.distribution.file;
    }
  }
  const std::string text = lock::format(pip_lock(input, all));
  CHECK(text.find("secret") == std::string::npos);
  CHECK(text.find("https://host.example/simple") != std::string::npos);
}

namespace {

std::string edited(const std::string& from, const std::string& to) {
  return mistakes_of(replaced(lock::format(pip_lock()), from, to));
}

}  // namespace

TEST_CASE("every member of the pip section is checked") {
  CHECK(mistakes_of(lock::format(pip_lock())) == "");
  CHECK(edited("\"indexes\"", "\"indices\"").find("`indexes` is missing") != std::string::npos);
  CHECK(
      edited("\"https://pypi.org/simple\"\n", "\"https://u:p@pypi.org/simple\"\n").find("must not hold credentials") !=
      std::string::npos);
  CHECK(edited("\"line\": \"torch<3\"", "\"line\": \"torch<<3\"").find("lock-invalid") != std::string::npos);
  CHECK(edited("\"file\": \"filelock-3.16.1", "\"file\": \"../filelock-3.16.1").find("is no plain file name") !=
        std::string::npos);
  CHECK(edited("\"file\": \"filelock-3.16.1", "\"file\": \"evil-3.16.1").find("is not what the entry says") !=
        std::string::npos);
  CHECK(edited("\"file\": \"filelock-3.16.1", "\"file\": \"filelock-3.16.2").find("is not what the entry says") !=
        std::string::npos);
  CHECK(edited("\"version\": \"3.16.1\"", "\"version\": \"3.16.01\"").find("should be written `3.16.1`") !=
        std::string::npos);
  CHECK(edited("\"name\": \"filelock\"", "\"name\": \"FileLock\"").find("is no normalized name") != std::string::npos);
  CHECK(edited("{\"categories\": [\"dev\", \"main\"]}", "{\"categories\": []}").find("in no category") !=
        std::string::npos);
  CHECK(edited("\"linux-64\": {\"categories\"", "\"linux-46\": {\"categories\"").find("is not one of `platforms`") !=
        std::string::npos);
}

TEST_CASE("hashes, URLs and indexes of distributions are checked, each with its place") {
  const std::string text = lock::format(pip_lock());
  const std::size_t begin = text.find("\"distributions\"");
  const auto changed = [&](const std::string& from, const std::string& to) {
    return mistakes_of(text.substr(0, begin) + replaced(text.substr(begin), from, to));
  };
  CHECK(changed("\"sha256\": \"", "\"sha256\": \"0").find("must be 64 hexadecimal digits") != std::string::npos);
  CHECK(changed("\"sha256\"", "\"sha265\"").find("a lock names every file by its hash") != std::string::npos);
  CHECK(changed("https://files.", "https://u:p@files.").find("holds credentials") != std::string::npos);
  CHECK(changed("\"index\": \"https://pypi.org/simple\"", "\"index\": \"https://evil.example/simple\"")
            .find("is not one of the `indexes` of `pip`") != std::string::npos);
  CHECK(changed("\"index\": \"https://pypi.org/simple\",", "").find("`index` is missing") != std::string::npos);
  CHECK(changed("\"size\": ", "\"size\": -").find("`size` must be a whole number") != std::string::npos);
  CHECK(changed("\"index\": ", "\"source\": \"vcs\", \"index\": ").find("must name a commit") != std::string::npos);
  CHECK(changed("\"index\": ", "\"source\": \"vcs\", \"commit\": \"a1\", \"index\": ").find("has no `file`") !=
        std::string::npos);
}

TEST_CASE("two distributions of one name on a platform are refused, and members without `pip`") {
  lock::Lock twice = pip_lock();
  lock::LockedDistribution other = distribution("filelock", "3.15.0", "py3-none-any");
  twice.distributions.insert(twice.distributions.begin(), other);
  for (lock::LockedPlatform& platform : twice.platforms) {
    for (lock::PlatformDistribution& each : platform.distributions) ++each.distribution;
    platform.distributions.insert(platform.distributions.begin(), {0, {}, {"main"}});
  }
  CHECK(mistakes_of(lock::format(twice)).find("platform `linux-64` has two distributions named `filelock`") !=
        std::string::npos);
  const std::string text = lock::format(small_lock());
  CHECK(mistakes_of(replaced(text, "\"packages\": [", "\"pip_requests\": [], \"packages\": ["))
            .find("a lock without `pip`") != std::string::npos);
}

TEST_CASE("both sides of a merge with distributions are read") {
  const std::string text = lock::format(pip_lock());
  const std::string conflicted =
      replaced(text, "      \"name\": \"wandb\"",
               "<<<<<<< ours\n      \"name\": \"wandb\",\n=======\n>>>>>>> theirs\n      \"name\": \"wandb\"");
  const auto sides = lock::parse_conflicted(conflicted, "envlock.lock");
  REQUIRE(sides);
  CHECK(sides->at(0).distributions == pip_lock().distributions);
  CHECK(sides->at(1) == pip_lock());
}
