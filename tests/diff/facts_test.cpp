#include "../../lib/diff/src/facts.h"

#include "diff_support.h"
#include "support/catch.h"

using namespace envlock::diff;
using envlock_test::inventory;
using envlock_test::item;
namespace snapshot = envlock::snapshot;

namespace {

snapshot::Machine machine() {
  snapshot::Machine made;
  made.cpu = "A 1000";
  made.architecture = "x86_64";
  made.microarchitecture = "zen4";
  made.isa = {"avx2", "avx512f", "fma"};
  made.caches = {{"L1d", 32768}, {"L2", 1048576}};
  made.processors = 8;
  made.memory_bytes = std::uint64_t{64} << 30;
  made.kernel = "6.1.0";
  made.glibc = "2.36";
  made.nvidia_driver = "550.54.15";
  made.cuda_of_driver = "12.4";
  made.gpus = {{.uuid = "GPU-1", .name = "H100", .compute_capability = "9.0", .multiprocessors = 132}};
  made.virtual_packages = {{"__cuda", "12.4", "0"}, {"__glibc", "2.36", "0"}};
  made.environment = {{"OMP_NUM_THREADS", "8"}};
  return made;
}

FactChange fact_of(const std::vector<FactChange>& facts, const std::string& what) {
  for (const FactChange& fact : facts) {
    if (fact.what == what) return fact;
  }
  throw std::runtime_error("no row " + what);
}

}  // namespace

TEST_CASE("a machine does not differ from itself, nor from one with other GPUs of the same kind") {
  snapshot::Machine other = machine();
  CHECK(compare_machines(machine(), other).empty());
  other.gpus.front().uuid = "GPU-2";
  other.memory_bytes -= std::uint64_t{1} << 30;
  CHECK(compare_machines(machine(), other).empty());
}

TEST_CASE("instructions that are gained and lost stand on their sides") {
  snapshot::Machine other = machine();
  other.isa = {"amx", "avx2", "fma"};
  const FactChange fact = fact_of(compare_machines(machine(), other), "instructions");
  CHECK(fact.group == "cpu");
  CHECK(fact.from == "avx512f");
  CHECK(fact.to == "amx");
}

TEST_CASE("every row of a machine is compared") {
  snapshot::Machine other = machine();
  other.cpu = "B";
  other.caches = {{"L2", 524288}};
  other.processors = 4;
  other.cpu_quota = 3.5;
  other.memory_bytes = std::uint64_t{32} << 30;
  other.memory_limit_bytes = std::uint64_t{16} << 30;
  other.kernel = "5.10";
  other.glibc = "2.28";
  other.nvidia_driver = "535.1";
  other.gpus.push_back(other.gpus.front());
  other.environment = {{"CUBLAS_WORKSPACE_CONFIG", ""}};
  const std::vector<FactChange> facts = compare_machines(machine(), other);
  CHECK(fact_of(facts, "L1d cache").from == "32 KiB");
  CHECK(fact_of(facts, "L1d cache").to.empty());
  CHECK(fact_of(facts, "L2 cache").from == "1 MiB");
  CHECK(fact_of(facts, "L2 cache").to == "512 KiB");
  CHECK(fact_of(facts, "processors").to == "4");
  CHECK(fact_of(facts, "quota").to == "3.5");
  CHECK(fact_of(facts, "memory").from == "64 GiB");
  CHECK(fact_of(facts, "limit").to == "16 GiB");
  CHECK(fact_of(facts, "kernel").to == "5.10");
  CHECK(fact_of(facts, "glibc").from == "2.36");
  CHECK(fact_of(facts, "NVIDIA driver").group == "driver");
  CHECK(fact_of(facts, "GPUs").to == "2 × H100 (capability 9.0, 132 SMs)");
  CHECK(fact_of(facts, "OMP_NUM_THREADS").to.empty());
  CHECK(fact_of(facts, "CUBLAS_WORKSPACE_CONFIG").to == "''");
}

TEST_CASE("__cuda is the driver's, and the row says what mamba would read from the toolkit") {
  snapshot::Machine other = machine();
  other.cuda_of_driver = "12.9";
  other.virtual_packages[0].version = "12.9";
  other.cuda_toolkit = "11.8";
  const std::vector<FactChange> facts = compare_machines(machine(), other);
  const FactChange fact = fact_of(facts, "__cuda");
  CHECK(fact.group == "cuda");
  CHECK(fact.from == "12.4");
  CHECK(fact.to == "12.9");
  CHECK(fact.remark == "by the driver; of the second mamba would say 11.8, by /usr/local/cuda");
  CHECK(fact_of(facts, "toolkit").to == "11.8");
}

TEST_CASE("where only the toolkits differ, only mamba sees another __cuda") {
  snapshot::Machine other = machine();
  other.cuda_toolkit = "11.8";
  const std::vector<FactChange> facts = compare_machines(machine(), other);
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].what == "toolkit");
  CHECK(facts[0].remark.find("mamba") != std::string::npos);
}

TEST_CASE("what a lock assumes is held against what a machine has") {
  Inventory lock = inventory("lock", {item("x", "1")});
  lock.platforms[0].virtual_packages = {{"__cuda", "12.9", "0"}, {"__glibc", "2.17", "0"}, {"__unix", "0", "0"}};
  Inventory environment = inventory("env", {item("x", "1")});
  environment.kind = SourceKind::snapshot;
  environment.machine = machine();
  environment.platforms[0].virtual_packages = {
      {"__cuda", "12.4", "0"}, {"__glibc", "2.36", "0"}, {"__linux", "6.1", "0"}, {"__unix", "0", "0"}};
  const Diff diff = compare(lock, environment);
  REQUIRE(diff.facts.size() == 1);
  CHECK(diff.facts[0].what == "__cuda");
  CHECK(diff.facts[0].remark == "assumed by the lock; the machine has less");
  // A machine alone has no packages, and no platform is missing for that.
  Inventory bare;
  bare.kind = SourceKind::snapshot;
  bare.machine = machine();
  const Diff with_machine = compare(lock, bare);
  CHECK(with_machine.only_from.empty());
  REQUIRE(with_machine.facts.size() == 2);
  CHECK(with_machine.facts[0].what == "__cuda");
  CHECK(with_machine.facts[1].what == "__unix");
}

TEST_CASE("what two machines have is told once, by the row that says most") {
  Inventory from = inventory("a", {item("x", "1")});
  from.kind = SourceKind::snapshot;
  from.machine = machine();
  from.platforms[0].virtual_packages = from.machine->virtual_packages;
  Inventory to = from;
  to.machine->glibc = "2.28";
  to.machine->virtual_packages[1].version = "2.28";
  to.platforms[0].virtual_packages = to.machine->virtual_packages;
  const Diff diff = compare(from, to);
  REQUIRE(diff.facts.size() == 1);
  CHECK(diff.facts[0].what == "glibc");
}

TEST_CASE("libraries are compared by role") {
  const std::vector<FactChange> facts = compare_libraries(
      {{"blas", "openblas", "0.3.27", "lib/a.so", "libopenblas"}, {"openmp", "gomp", "", "lib/g", ""}},
      {{"blas", "mkl", "2024.2", "lib/b.so", "mkl"}, {"openmp", "gomp", "", "lib/h", ""}});
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].what == "blas");
  CHECK(facts[0].from == "openblas 0.3.27 of libopenblas");
  CHECK(facts[0].to == "mkl 2024.2 of mkl");
  CHECK_FALSE(facts[0].remark.empty());
}

TEST_CASE("variables are compared, and what may be a secret is not shown") {
  const std::vector<FactChange> facts =
      compare_variables({{"A", "1"}, {"HF_TOKEN", "abc"}, {"SAME", "x"}, {"URL", "https://u:pass@host/"}},
                        {{"B", ""}, {"HF_TOKEN", "def"}, {"SAME", "x"}});
  REQUIRE(facts.size() == 4);
  CHECK(fact_of(facts, "A").from == "1");
  CHECK(fact_of(facts, "A").to.empty());
  CHECK(fact_of(facts, "B").to == "''");
  CHECK(fact_of(facts, "HF_TOKEN").from == "***");
  CHECK_FALSE(fact_of(facts, "HF_TOKEN").remark.empty());
  CHECK(fact_of(facts, "URL").from.find("pass") == std::string::npos);
}
