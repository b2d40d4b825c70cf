#include <algorithm>

#include "envlock/snapshot/snapshot.h"
#include "support/catch.h"

using namespace envlock;

namespace {

core::Sha256 digest(const std::string& seed) {
  return core::sha256(seed);
}

snapshot::SnapshotPackage conda_package(const std::string& name) {
  snapshot::SnapshotPackage package;
  package.name = name;
  package.version = "1.2.3";
  package.build = "h0_0";
  package.channel = "https://conda.example/forge";
  package.subdir = "linux-64";
  package.file_name = name + "-1.2.3-h0_0.conda";
  package.sha256 = digest(name);
  package.md5 = core::md5(name);
  package.root = digest(name + " root");
  package.depends = {"libc", "zlib >=1.2,<2.0a0"};
  return package;
}

/// Everything that a snapshot can hold, in the spellings that are hard to write.
snapshot::Snapshot full() {
  snapshot::Environment environment;
  environment.subdir = "linux-64";
  environment.variables = {{"EMPTY", ""}, {"QUOTED", "a \"b\" \\ c\n\t\x01 é"}};
  environment.packages = {conda_package("alpha"), conda_package("alpha"), conda_package("beta"),
                          conda_package("gamma")};
  environment.packages[1].version = "1.2.4";
  environment.packages[1].file_name = "";
  environment.packages[1].subdir = "";
  environment.packages[2].channel = "";
  environment.packages[2].file_name = "beta-1.2.3-h0_0.tar.bz2";
  environment.packages[2].subdir = "noarch";
  environment.packages[2].requested = true;
  environment.packages[3].sha256.reset();
  environment.packages[3].md5.reset();
  environment.packages[3].root.reset();
  environment.packages[3].depends.clear();
  environment.packages[3].channel = "https://conda.example/a";
  snapshot::SnapshotPackage wheel;
  wheel.kind = snapshot::SnapshotPackage::Kind::pypi;
  wheel.name = "wheel-of-its-own";
  wheel.version = "0.1";
  wheel.editable = true;
  wheel.commit = "0123456789abcdef";
  wheel.channel = "https://pypi.example/x.whl";
  wheel.sha256 = digest("wheel");
  environment.packages.push_back(wheel);
  environment.libraries = {
      {"blas", "openblas", "0.3.28", "lib/libopenblasp-r0.3.28.so", "libopenblas", {"libblas.so.3", "libcblas.so.3"}},
      {"cudnn", "cudnn", "", "lib/libcudnn.so.9", "", {}}};
  environment.lock = digest("lock");
  environment.root = digest("environment");

  snapshot::Machine machine;
  machine.cpu = "A processor";
  machine.architecture = "x86_64";
  machine.microarchitecture = "zen4";
  machine.isa = {"avx2", "fma"};
  machine.caches = {{"L1d", 32768}, {"L3", 33554432}};
  machine.processors = 16;
  machine.cpu_quota = 2.5;
  machine.memory_bytes = 1ull << 63;
  machine.memory_limit_bytes = 1024;
  machine.kernel = "6.1.0";
  machine.distribution = "A distribution";
  machine.glibc = "2.36";
  machine.nvidia_driver = "550.54.15";
  machine.cuda_of_driver = "12.4";
  machine.cuda_toolkit = "12.9.1";
  machine.gpus = {{"GPU-1", "A GPU", "9.0", 132, 85899345920, true, "off"}, {}, {"GPU-3", "", "", {}, {}, false, "on"}};
  machine.virtual_packages = {{"__cuda", "12.4", "0"}, {"__unix", "0", "0"}};
  machine.environment = {{"CUDA_VISIBLE_DEVICES", ""}, {"OMP_NUM_THREADS", "8"}};
  return {environment, machine};
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

core::Diagnostic complaint(const std::string& text) {
  try {
    snapshot::parse(text, "a.json");
  } catch (const core::Error& error) {
    return error.diagnostics().front();
  }
  FAIL("it was read: " << text.substr(0, 200));
  return {};
}

}  // namespace

TEST_CASE("what is written is read as it was, and written as it was read") {
  const snapshot::Snapshot all = full();
  const std::string text = snapshot::format(all);
  CHECK(snapshot::parse(text, "a.json") == all);
  CHECK(snapshot::format(snapshot::parse(text, "a.json")) == text);
  CHECK(snapshot::is_snapshot(text));

  for (const snapshot::Snapshot& part :
       {snapshot::Snapshot{}, snapshot::Snapshot{all.environment, {}}, snapshot::Snapshot{{}, all.machine},
        snapshot::Snapshot{snapshot::Environment{.subdir = "linux-64"}, snapshot::Machine{}}}) {
    CHECK(snapshot::parse(snapshot::format(part), "a.json") == part);
  }
}

TEST_CASE("a mistake is told with its line and its path") {
  const std::string text = snapshot::format(full());
  const core::Diagnostic found = complaint(with(text, "\"processors\": 16", "\"processors\": \"16\""));
  CHECK(found.code == "snapshot-invalid");
  CHECK(found.what == "`machine.processors` must be a whole number from 0 to 2147483647");
  REQUIRE(found.where.has_value());
  CHECK(found.where->file == "a.json");
  const std::size_t at = text.find("\"processors\"");
  CHECK(found.where->line == 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  CHECK(found.where->text == "    \"processors\": \"16\",");

  // The last member of an object: no comma stands between the number and the end of the line.
  CHECK(complaint("{\n\"format\": \"envlock-snapshot\",\n\"version\": -1\n}").where->line == 3);
}

TEST_CASE("what format would not write is refused") {
  const std::string text = snapshot::format(full());
  const std::pair<const char*, const char*> edits[] = {
      {"\"requested\": true", "\"requested\": false"},
      {"\"requested\": true", "\"requested\": true, \"more\": 1"},
      {"\"name\": \"beta\"", "\"name\": \"aaaa\""},
      {"\"name\": \"beta\"", "\"name\": \"\""},
      {"\"name\": \"beta\", ", ""},
      {"\"channel\": 1", "\"channel\": 2"},
      {"\"version\": 1,", "\"version\": 1, \"version\": 1,"},
      {"\"subdir\": \"linux-64\"", "\"subdir\": null"},
      {"\"isa\": [\"avx2\", \"fma\"]", "\"isa\": [\"fma\", \"avx2\"]"},
      {"\"isa\": [\"avx2\", \"fma\"]", "\"isa\": [\"fma\", \"fma\"]"},
      {"\"isa\": [\"avx2\", \"fma\"]", "\"isa\": [\"fma\", 2]"},
      {"\"L1d\": 32768", "\"L1d\": 1e3"},
      {"\"L1d\": 32768", "\"L9\": 32768"},
      {"\"mig\": \"on\"", "\"mig\": \"maybe\""},
      {"\"__unix=0=0\"", "\"__unix\""},
      {"\"__unix=0=0\"", "\"unix=0=0\""},
      {"\"__unix=0=0\"", "\"__cuda=12.4=0\""},
      {"\"OMP_NUM_THREADS\": \"8\"", "\"OMP_NUM_THREADS\": 8"},
      {"\"CUDA_VISIBLE_DEVICES\"", "\"ZZZ\""},
      {"\"cpu_quota_thousandths\": 2500", "\"cpu_quota_thousandths\": 18446744073709551615"},
      {"\"path\": \"lib/libcudnn.so.9\"", "\"path\": [[[[[[[[[[]]]]]]]]]]"},
      {"\"role\": \"cudnn\"", "\"role\": \"aaa\""},
      {"\"memory_bytes\": 9223372036854775808", "\"memory_bytes\": 18446744073709551616"},
      {"\"provides\": [\"libblas.so.3\", \"libcblas.so.3\"]", "\"provides\": [\"b\", \"a\"]"},
  };
  for (const auto& [from, to] : edits) {
    CAPTURE(from, to);
    CHECK(complaint(with(text, from, to)).code == "snapshot-invalid");
  }
  const std::string hash = core::format(digest("lock"));
  std::string capitals = hash;
  std::transform(capitals.begin(), capitals.end(), capitals.begin(), [](unsigned char c) { return std::toupper(c); });
  CHECK(complaint(with(text, hash, capitals)).code == "snapshot-invalid");
  CHECK(complaint(with(text, hash, hash + "0")).code == "snapshot-invalid");
}

TEST_CASE("a text that is no snapshot is told so, wherever it stops") {
  const std::string text = snapshot::format(full());
  for (std::size_t size = 0; size + 2 < text.size(); size += 1 + size / 7) {
    CAPTURE(size);
    CHECK(complaint(text.substr(0, size)).code == "snapshot-invalid");
  }
  for (const char* other : {"", "[]", "null", "{}", "\xff\xfe", "{\"format\": \"envlock.lock\", \"version\": 1}",
                            "{\"format\": 1, \"version\": 1}", "\"envlock-snapshot\""}) {
    CHECK(complaint(other).code == "snapshot-invalid");
    CHECK(!snapshot::is_snapshot(other));
  }
  CHECK(complaint(std::string(100000, '[')).code == "snapshot-invalid");
  CHECK(complaint(text + text).code == "snapshot-invalid");
}

TEST_CASE("another version is told as such") {
  const std::string text = "{\"format\": \"envlock-snapshot\", \"version\": 2, \"new\": []}";
  CHECK(complaint(text).code == "snapshot-version");
  CHECK(complaint(text).hints == std::vector<std::string>{"read it with a newer envlock"});
  CHECK(snapshot::is_snapshot(text));
}

TEST_CASE("what was computed is told without places outside the environment, and without time") {
  probe::Computed computed;
  computed.reference.facts.seconds = 3;
  computed.reference.facts.environment = {{"LD_PRELOAD", "/home/ann/lib/tool.so"}};
  probe::TierRun run;
  run.seconds = 2;
  run.trouble = "cannot open /home/ann/x.so";
  run.details = {{"library", "/home/ann/lib/libblas.so.3"}, {"kernel", "Haswell"}};
  run.mapped = {{"lib/libopenblas.so.0", false, {}}, {"/opt/secret/libfoo.so", true, {}}};
  computed.tiers = {run};
  snapshot::make_public(computed);
  CHECK(computed.reference.facts.seconds == 0);
  CHECK(computed.reference.facts.environment.front().second == "tool.so");
  CHECK(computed.tiers.front().seconds == 0);
  CHECK(computed.tiers.front().trouble == "cannot open ***");
  CHECK(computed.tiers.front().details.front().second == "***/libblas.so.3");
  CHECK(computed.tiers.front().details.back().second == "Haswell");
  CHECK(computed.tiers.front().mapped.front().path == "lib/libopenblas.so.0");
  CHECK(computed.tiers.front().mapped.back().path == "***/libfoo.so");
}
