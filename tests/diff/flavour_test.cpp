#include "../../lib/diff/src/flavour.h"

#include "diff_support.h"
#include "support/catch.h"

using namespace envlock::diff;
using envlock_test::inventory;
using envlock_test::item;
using envlock_test::only_change;
using envlock_test::wheel;

TEST_CASE("build strings and local versions say for what a build is") {
  for (const char* build :
       {"cuda118py310h1_0", "py3.10_cuda11.8_cudnn8.7.0_0", "gpu_py39_0", "cuda", "py310_cu118_0"}) {
    INFO(build);
    CHECK(flavour_of_build(item("x", "1", build)) == Flavour::cuda);
  }
  for (const char* build : {"cpu_mkl_py39_1", "py3.10_cpu_0", "h1234_0_cpu", "cpu"}) {
    INFO(build);
    CHECK(flavour_of_build(item("x", "1", build)) == Flavour::cpu);
  }
  for (const char* build : {"py310hcub1_0", "h5cpu67_0", "pyhd8ed1ab_0", "cu_0", ""}) {
    INFO(build);
    CHECK(flavour_of_build(item("x", "1", build)) == Flavour::unknown);
  }
  CHECK(flavour_of_build(wheel("torch", "2.3.0+cu121")) == Flavour::cuda);
  CHECK(flavour_of_build(wheel("torch", "2.3.0+cpu")) == Flavour::cpu);
}

TEST_CASE("dependencies say it where the build does not") {
  CHECK(flavour_of(item("x", "1", "h_0", {"cuda-version >=12,<13"})) == Flavour::cuda);
  CHECK(flavour_of(item("x", "1", "h_0", {"__cuda"})) == Flavour::cuda);
  CHECK(flavour_of(item("x", "1", "h_0", {"cpuonly"})) == Flavour::cpu);
  CHECK(flavour_of(item("x", "1", "h_0", {"pytorch-mutex 1.0 cuda"})) == Flavour::cuda);
  CHECK(flavour_of(wheel("torch", "2.3.0", {"nvidia-cublas-cu12==12.1; extra == 'x'"})) == Flavour::cuda);
  CHECK(flavour_of(item("x", "1", "h_0", {"libcuda-like"})) == Flavour::unknown);
}

TEST_CASE("a CUDA build that becomes a CPU build is told, both ways") {
  const Item cuda = item("pytorch", "2.5.1", "cuda126_py312_0");
  const Item cpu = item("pytorch", "2.5.1", "cpu_generic_py312_0");
  const Change down = only_change(cuda, cpu);
  CHECK(down.cpu_build);
  CHECK(down.flavour_from == Flavour::cuda);
  CHECK(down.flavour_to == Flavour::cpu);
  CHECK(only_change(cpu, cuda).cpu_build);
  CHECK_FALSE(only_change(cuda, item("pytorch", "2.5.1", "cuda128_py312_0")).cpu_build);
}

TEST_CASE("a build that stops to speak of CUDA is a CPU build only where dependencies agree") {
  const Item cuda = item("faiss", "1.8", "py312_cuda_0");
  const Item plain = item("faiss", "1.9", "py312_0");
  CHECK(only_change(cuda, plain).cpu_build);
  CHECK_FALSE(only_change(cuda, item("faiss", "1.9", "py312_0", {"cuda-version >=12"})).cpu_build);
  Inventory from = inventory("a", {cuda});
  Inventory to = inventory("b", {plain});
  from.knows_depends = to.knows_depends = false;
  CHECK_FALSE(compare(from, to).changes.front().change().cpu_build);
  // cudnn says nothing in its build; needing CUDA no more does not make it a CPU build.
  CHECK_FALSE(only_change(item("cudnn", "8.0", "h_0", {"cudatoolkit"}), item("cudnn", "9.0")).cpu_build);
}

TEST_CASE("x-gpu that went and x or x-cpu that came are one package with two names") {
  for (const char* name : {"onnxruntime", "onnxruntime-cpu"}) {
    const Diff diff = compare(inventory("a", {item("onnxruntime-gpu", "1.0")}), inventory("b", {item(name, "1.0")}));
    INFO(name);
    REQUIRE(diff.changes.size() == 2);
    CHECK(diff.changes[0].change().cpu_build);
    CHECK(diff.changes[1].change().cpu_build);
  }
  const Diff both_added = compare(inventory("a", {}), inventory("b", {item("x-gpu", "1"), item("x", "1")}));
  for (const ChangeGroup& group : both_added.changes) CHECK_FALSE(group.change().cpu_build);
}
