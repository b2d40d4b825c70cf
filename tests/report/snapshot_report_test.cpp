#include "envlock/report/snapshot_report.h"

#include <algorithm>

#include "support/catch.h"

using namespace envlock;

namespace {

snapshot::Snapshot sample() {
  snapshot::Environment environment;
  environment.subdir = "linux-64";
  environment.packages.resize(3);
  environment.packages[2].kind = snapshot::SnapshotPackage::Kind::pypi;
  environment.variables = {{"OMP_NUM_THREADS", "4"}};
  environment.libraries = {{"blas", "openblas", "0.3.28", "lib/libopenblasp-r0.3.28.so", "libopenblas", {}},
                           {"openmp", "gomp", "", "lib/libgomp.so.1", "", {}}};
  snapshot::Machine machine;
  machine.cpu = "Intel(R) Xeon(R) Gold 6248";
  machine.architecture = "x86_64";
  machine.microarchitecture = "cascadelake";
  machine.isa = {"avx2", "avx512f", "fma"};
  machine.caches = {{"L1d", 49152}, {"L2", 1048576}, {"L3", 1000000}};
  machine.processors = 8;
  machine.cpu_quota = 2.5;
  machine.memory_bytes = 33'563'201'536;
  machine.memory_limit_bytes = 4'294'967'296;
  machine.kernel = "6.1.0-18-amd64";
  machine.distribution = "Debian GNU/Linux 12 (bookworm)";
  machine.glibc = "2.36";
  machine.nvidia_driver = "550.54.15";
  machine.cuda_of_driver = "12.4";
  machine.cuda_toolkit = "12.9.1";
  machine.gpus = {
      {"GPU-1", "NVIDIA H100", "9.0", 132, 85'899'345'920, true, "off"}, {}, {"", "A", "", {}, {}, false, "on"}};
  machine.environment = {{"CUDA_VISIBLE_DEVICES", ""}, {"OMP_NUM_THREADS", "8"}};
  return {environment, machine};
}

}  // namespace

TEST_CASE("a snapshot is summed up in a line a fact") {
  CHECK(report::text_snapshot(sample(), {}) ==
        "environment  linux-64, 2 packages and 1 distribution of pip's kind\n"
        "blas         openblas 0.3.28  lib/libopenblasp-r0.3.28.so\n"
        "openmp       gomp  lib/libgomp.so.1\n"
        "variables    OMP_NUM_THREADS=4\n"
        "\n"
        "machine    Intel(R) Xeon(R) Gold 6248, cascadelake, 8 processors, a quota of 2.50\n"
        "isa        avx2 avx512f fma\n"
        "caches     L1d 48 KiB, L2 1 MiB, L3 976 KiB\n"
        "memory     33.6 GB, a limit of 4.3 GB\n"
        "system     Debian GNU/Linux 12 (bookworm), kernel 6.1.0-18-amd64, glibc 2.36\n"
        "nvidia     driver 550.54.15, CUDA 12.4 by the driver, toolkit 12.9.1\n"
        "gpu 0      NVIDIA H100, sm 9.0, 132 multiprocessors, 85.9 GB, ECC, GPU-1\n"
        "gpu 1      says nothing of itself\n"
        "gpu 2      A, no ECC, MIG\n"
        "variables  CUDA_VISIBLE_DEVICES=, OMP_NUM_THREADS=8\n");
}

TEST_CASE("what is not known is left out, and long facts are wrapped under themselves") {
  snapshot::Machine machine;
  machine.isa = {"avx2", "avx512bw", "avx512f", "avx512vl", "fma", "sse4_2"};
  CHECK(report::text_snapshot({std::nullopt, machine}, {.color = false, .width = 40}) ==
        "machine  0 processors\n"
        "isa      avx2 avx512bw avx512f avx512vl\n"
        "         fma sse4_2\n");
  CHECK(report::text_snapshot({}, {}) == "");
}

TEST_CASE("a hostile snapshot does not reach the terminal as it is") {
  snapshot::Snapshot hostile = sample();
  const std::string evil = "\x1b[2J\n";
  hostile.environment->subdir = hostile.environment->libraries[0].role = hostile.environment->libraries[1].path = evil;
  hostile.machine->cpu = hostile.machine->isa[0] = hostile.machine->gpus[0].name = hostile.machine->kernel = evil;
  hostile.machine->environment = {{evil, evil}};
  hostile.machine->caches[0].first = evil;
  const std::string text = report::text_snapshot(hostile, {});
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 15);
}
