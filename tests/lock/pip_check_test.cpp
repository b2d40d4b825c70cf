#include <functional>

#include "pip_fixtures.h"
#include "support/catch.h"

using namespace envlock_test;

namespace {

const std::string kEnvironmentWithPip = kPipEnvironment;

std::string findings(const lock::Lock& lock, const lock::FreshnessInput& input = pip_freshness()) {
  std::string all;
  for (const core::Diagnostic& each : lock::check(lock, spec_of(kEnvironmentWithPip), input)) {
    all += each.code + ": " + each.what;
    for (const std::string& why : each.why) all += " | " + why;
    all += "\n";
  }
  return all;
}

std::string findings_after(const std::function<void(lock::Lock&)>& change) {
  lock::Lock lock = pip_lock();
  change(lock);
  return findings(lock);
}

lock::LockedDistribution& named(lock::Lock& lock, const std::string& name) {
  for (lock::LockedDistribution& each : lock.distributions) {
    if (each.name == name) return each;
  }
  throw std::out_of_range(name);
}

lock::FreshnessInput asking(const std::function<void(lock::PipInput&)>& change) {
  lock::PipInput input = pip_input();
  change(input);
  return pip_freshness(input);
}

}  // namespace

TEST_CASE("a lock with a pip section is fresh for what it was made of") {
  CHECK(findings(pip_lock()) == "");
}

TEST_CASE("lines that were added, removed or changed make the lock stale") {
  CHECK(findings(pip_lock(), asking([](auto& input) { input.lines.push_back(pip_line("filelock")); })) ==
        "stale-request: `filelock` is not in the lock\n");
  CHECK(findings(pip_lock(), asking([](auto& input) { input.lines.push_back(pip_line("nltk>=3")); })) ==
        "unmet-request: `nltk>=3` is not met by the lock | the lock was not made for it | linux-64 locks no `nltk` | "
        "linux-aarch64 locks no `nltk`\n");
  CHECK(findings(pip_lock(), asking([](auto& input) { input.lines.erase(input.lines.begin() + 2); })) ==
        "stale-request: `torch<3` is no longer asked for | the lock was made for it\n");
  CHECK(findings(pip_lock(), asking([](auto& input) { input.lines[2].text = "torch<2"; }))
            .starts_with("unmet-request: `torch<2` is not met by the lock | the lock was not made for it | linux-64 "
                         "locks torch 2.5.1 | linux-aarch64 locks torch 2.5.1\n"));
  CHECK(findings(pip_lock(), asking([](auto& input) { input.lines[0].category = "main"; })) ==
        "stale-request: `wandb` is not in the lock\n"
        "stale-request: `wandb` (category dev) is no longer asked for | the lock was made for it\n");
  CHECK(findings(pip_lock(), small_input()).find("`wandb` (category dev) is no longer asked for") != std::string::npos);
}

TEST_CASE("a line names its place") {
  const auto all = lock::check(small_lock(kPipEnvironment), spec_of(kEnvironmentWithPip), pip_freshness());
  REQUIRE(all.size() == 3);
  CHECK(all[0].what == "`wandb` (category dev) is not in the lock");
  CHECK(all[0].where->line == 9);
}

TEST_CASE("options and indexes of pip count") {
  CHECK(findings(pip_lock(), asking([](auto& input) { input.options.pre = true; })) ==
        "stale-option: `--pre` is given now, and the lock was made without it\n");
  CHECK(findings(pip_lock(), asking([](auto& input) { input.options.indexes.push_back("https://u:p@own.example"); })) ==
        "stale-option: the list of indexes of `pip:` is another now: https://pypi.org/simple, "
        "https://***:***@own.example | the lock was made with: https://pypi.org/simple\n");
  CHECK(findings(pip_lock(), asking([](auto& input) { input.options.mapping["x"] = {}; })) ==
        "stale-option: `--pypi-mapping` of `pip:` is another now: x: nothing | the lock was made with: none\n");
}

TEST_CASE("a flag that the lock was made with is named, with the command that checks it so") {
  lock::PipInput input = pip_input();
  input.options.allow_build = true;
  const auto all = lock::check(pip_lock(input), spec_of(kPipEnvironment), pip_freshness());
  REQUIRE(all.size() == 1);
  CHECK(all[0].code == "stale-option");
  CHECK(all[0].what == "the lock was made with `--allow-build`, which is not given now");
  CHECK(all[0].hints[0] == "check it as it was made: `envlock lock --check --allow-build`");
}

TEST_CASE("what a distribution requires must be there, of a fitting version, under the markers of its platform") {
  CHECK(findings_after([](auto& lock) { named(lock, "wandb").requires_dist.push_back("click"); }) ==
        "unmet-depend: wandb 0.18.5 needs `click` | the platform locks no `click` | on linux-64, linux-aarch64\n");
  CHECK(findings_after([](auto& lock) { named(lock, "wandb").requires_dist.push_back("filelock<3"); }) ==
        "unmet-depend: wandb 0.18.5 needs `filelock<3` | the platform locks filelock 3.16.1 | on linux-64, "
        "linux-aarch64\n");
  CHECK(
      findings_after([](auto& lock) { named(lock, "wandb").requires_dist.push_back("numpy>=2"); })
          .find("unmet-depend: wandb 0.18.5 needs `numpy>=2` | the platform has numpy 1.26.4 from the conda part | on "
                "linux-64, linux-aarch64\n") != std::string::npos);
}

TEST_CASE("markers and extras decide what a distribution requires") {
  const auto after = [](const std::string& text) {
    return findings_after([&](auto& lock) { named(lock, "wandb").requires_dist.push_back(text); });
  };
  CHECK(after("click ; sys_platform == 'win32'") == "");
  CHECK(after("click ; extra == 'media'") == "");
  CHECK(after("click ; platform_machine == 'aarch64'").ends_with("| on linux-aarch64\n"));
  CHECK(after("click ; python_full_version >= '3.12.7'").ends_with("| on linux-64, linux-aarch64\n"));
  CHECK(after("click ; python_full_version > '3.12.7'") == "");
  lock::PipInput input = pip_input();
  input.lines[1].text = "torch[opt,test]>=2";
  CHECK(findings(pip_lock(input), pip_freshness(input)).find("torch 2.5.1 needs `pytest ; extra == \"test\"`") !=
        std::string::npos);
}

TEST_CASE("a wheel must fit the locked python and the platform") {
  CHECK(findings_after([](auto& lock) { named(lock, "wandb").requires_python = ">=3.13"; }) ==
        "unmet-depend: wandb 0.18.5 needs python `>=3.13` | python 3.12.7 is locked | on linux-64, linux-aarch64\n");
  CHECK(findings_after([](auto& lock) { named(lock, "wandb").file = "wandb-0.18.5-cp311-cp311-win_amd64.whl"; }) ==
        "wheel-unfit: `wandb-0.18.5-cp311-cp311-win_amd64.whl` is not for this platform and its python | python "
        "3.12.7 is locked | on linux-64, linux-aarch64\n");
}

TEST_CASE("what no line reaches, and wrong categories and extras, are found") {
  CHECK(findings_after([](auto& lock) {
          lock.platforms[0].distributions[1].extras.clear();
        }).starts_with("wrong-extras: torch 2.5.1 stands with the wrong extras | `opt` is asked for | on linux-64\n"));
  CHECK(findings_after([](auto& lock) { lock.platforms[0].distributions[1].categories = {"dev"}; }) ==
        "wrong-category: torch 2.5.1 stands in the wrong category | lines of `main` reach it | on linux-64\n");
  CHECK(findings_after([](auto& lock) {
          lock.distributions.push_back(distribution("zipp", "3.20.0", "py3-none-any"));
          lock.platforms[1].distributions.push_back({lock.distributions.size() - 1, {}, {"main"}});
        }) == "unreachable-package: zipp 3.20.0 is locked, but no line of `pip:` asks for it | on linux-aarch64\n");
}

TEST_CASE("what the conda part brings must not be locked a second time") {
  lock::PipInput input = pip_input();
  input.lines.push_back(pip_line("numpy"));
  lock::Lock lock = pip_lock(input);
  CHECK(findings(lock, pip_freshness(input)) == "");
  lock.distributions.push_back(distribution("numpy", "1.26.4", "cp312-cp312-manylinux_2_17_x86_64"));
  lock.platforms[0].distributions.push_back({lock.distributions.size() - 1, {}, {"main"}});
  CHECK(findings(lock, pip_freshness(input))
            .find("provided-twice: numpy 1.26.4 is locked, and the conda part brings it too") != std::string::npos);
}

TEST_CASE("lines without a python are a finding") {
  lock::Lock lock = pip_lock();
  for (lock::LockedPackage& each : lock.packages) {
    if (each.record.name == "python") each.record.name = "cobra";
  }
  CHECK(findings(lock).find("pip-without-python: ") != std::string::npos);
}

TEST_CASE("a file newer than the cut-off is found") {
  CHECK(findings_after([](auto& lock) {
          named(lock, "wandb").upload_time = 1767225600000;
        }).starts_with("newer-than-cut-off: wandb 0.18.5 is newer"));
}

TEST_CASE("a constraint bounds what is there and asks for nothing") {
  lock::PipInput input = pip_input();
  input.lines.push_back(pip_line("filelock<4"));
  input.lines.push_back(pip_line("nltk<3"));
  for (std::size_t i = 3; i < 5; ++i) input.lines[i].constraint = true;
  const lock::Lock lock = pip_lock(input);
  CHECK(findings(lock, pip_freshness(input)) == "");
  CHECK(use_of(lock, "linux-64", "filelock").categories == std::vector<std::string>{"dev", "main"});
  input.lines[3].text = "filelock<3";
  CHECK(findings(lock, pip_freshness(input)).find("the constraint `filelock<3` is not met by the lock") !=
        std::string::npos);
}

TEST_CASE("hashes of a line must be those of the locked file") {
  lock::PipInput input = pip_input();
  input.lines[0].hashes = {"sha256:" + core::format(core::sha256("wandb-0.18.5-py3-none-any.whl"))};
  CHECK(findings(pip_lock(input), pip_freshness(input)) == "");
  input.lines[0].hashes = {"sha256:" + std::string(64, '0')};
  CHECK(findings(pip_lock(input), pip_freshness(input)).find("locks a file of wandb 0.18.5 with another hash") !=
        std::string::npos);
}

TEST_CASE("folders, repositories and archives are met by their place") {
  lock::PipInput input = pip_input();
  std::vector<lock::PlatformSolution> all = pip_solutions();
  lock::LockedDistribution folder{.source = lock::LockedDistribution::Source::directory};
  folder.name = "ours";
  folder.version = "1.0";
  folder.url = "./ours";
  folder.editable = true;
  folder.requires_dist = {"filelock"};
  lock::LockedDistribution repository{.source = lock::LockedDistribution::Source::vcs};
  repository.name = "theirs";
  repository.version = "2.0";
  repository.url = "ssh://git@host.example/theirs.git";
  repository.commit = std::string(40, 'a');
  for (lock::PlatformSolution& each : all) {
    each.distributions.push_back({folder, {}});
    each.distributions.push_back({repository, {}});
  }
  const auto line = [](lock::PipLine::Kind kind, std::string text) {
    lock::PipLine result = pip_line(std::move(text));
    result.kind = kind;
    return result;
  };
  input.lines.push_back(line(lock::PipLine::Kind::directory, "-e ./ours"));
  input.lines.push_back(line(lock::PipLine::Kind::vcs, "theirs @ git+ssh://git@host.example/theirs.git@main"));
  const lock::Lock lock = pip_lock(input, all);
  CHECK(lock.distributions.size() == 6);
  CHECK(findings(lock, pip_freshness(input)) == "");
  CHECK(lock::parse(lock::format(lock), "envlock.lock") == lock);

  input.lines[3].text = "-e ours";
  input.lines[4].text = "theirs @ git+ssh://host.example/theirs.git@main";
  CHECK(findings(lock, pip_freshness(input)).find("unmet-request") == std::string::npos);
  input.lines[3].text = "./ours";
  CHECK(findings(lock, pip_freshness(input)).find("linux-64 locks it with `-e`") != std::string::npos);
  input.lines[4].text = "theirs @ git+ssh://git@host.example/theirs.git@" + std::string(40, 'b');
  CHECK(findings(lock, pip_freshness(input)).find("locks commit `aaaa") != std::string::npos);
  input.lines[4].text = "theirs @ git+ssh://git@host.example/fork.git@main";
  CHECK(findings(lock, pip_freshness(input)).find("linux-64 locks theirs 2.0 from `ssh://") != std::string::npos);
}
