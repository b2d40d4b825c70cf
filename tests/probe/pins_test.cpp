#include "envlock/probe/pins.h"

#include "support/catch.h"

using namespace envlock;
using probe::Chooser;
using probe::HardwareClass;
using probe::TierRun;

namespace {

TierRun blas_of(const std::string& library, const std::string& kernel, const std::string& number = "") {
  TierRun run{.tier = "blas", .subject = "numpy"};
  run.details = {{"library", "lib/" + library}};
  if (!kernel.empty()) run.details.emplace_back("kernel", kernel);
  if (!number.empty()) run.details.emplace_back("kernel_number", number);
  return run;
}

TierRun torch_with_mkl() {
  TierRun run{.tier = "torch", .subject = "as-found"};
  run.details = {{"kernel", "AVX2"}, {"mkl", "True"}, {"mkldnn", "True"}};
  return run;
}

HardwareClass zen4() {
  return {.architecture = "x86_64",
          .vendor = "AuthenticAMD",
          .isa = {"avx", "avx2", "avx512_bf16", "avx512f", "bmi2", "f16c", "fma", "sse4_1", "sse4_2", "ssse3"},
          .l2_bytes = 1 << 20,
          .threads = 1,
          .gpus = {}};
}

}  // namespace

TEST_CASE("what chooses its code by the processor is told from files and from what they say of themselves") {
  TierRun wrapped = blas_of("libblas.so.3", "Haswell");
  wrapped.details.emplace_back("config", "OpenBLAS 0.3.21 DYNAMIC_ARCH");
  TierRun numpy{.tier = "numpy", .subject = "numpy"};
  numpy.mapped = {{"lib/python3.11/site-packages/numpy.libs/libscipy_openblas64_.so", false, {}}};
  CHECK(probe::dispatch_of({wrapped}).choosers == std::vector{Chooser::openblas});
  CHECK(probe::dispatch_of({numpy, wrapped}).choosers == std::vector{Chooser::openblas, Chooser::numpy});
  CHECK(probe::dispatch_of({torch_with_mkl()}).choosers == std::vector{Chooser::mkl, Chooser::aten, Chooser::onednn});
  CHECK(probe::dispatch_of({blas_of("libblis.so.4", "zen3", "6")}).choosers == std::vector{Chooser::blis});
  CHECK(probe::dispatch_of({blas_of("libnetlib.so.3", "")}).choosers.empty());
  CHECK(probe::dispatch_of({blas_of("libnetlib.so.3", "")}).unknown.empty());
  CHECK(probe::dispatch_of({blas_of("libarmpl.so", "")}).unknown == std::vector<std::string>{"libarmpl.so"});
}

TEST_CASE("pins are for AVX2 where the processor has it, and for processors of every maker") {
  const probe::Dispatch dispatch = probe::dispatch_of({torch_with_mkl(), blas_of("libopenblas.so.0", "Zen")});
  const std::vector<probe::Pin> pins = probe::propose_pins(dispatch, zen4());
  CHECK(pins == std::vector<probe::Pin>{{Chooser::openblas, "OPENBLAS_CORETYPE", "Haswell"},
                                        {Chooser::mkl, "MKL_CBWR", "COMPATIBLE"},
                                        {Chooser::aten, "ATEN_CPU_CAPABILITY", "avx2"},
                                        {Chooser::onednn, "ONEDNN_MAX_CPU_ISA", "AVX2"},
                                        {Chooser::onednn, "DNNL_MAX_CPU_ISA", "AVX2"}});
  HardwareClass old = zen4();
  old.isa = {"sse4_1", "sse4_2", "ssse3"};
  CHECK(probe::propose_pins(dispatch, old).front().value == "Nehalem");
  HardwareClass arm = zen4();
  arm.architecture = "aarch64";
  CHECK(probe::propose_pins(dispatch, arm).empty());
  CHECK(probe::took_pin(pins[0], blas_of("libopenblas.so.0", "Haswell")) == true);
  CHECK(probe::took_pin(pins[0], blas_of("libopenblas.so.0", "Cooperlake")) == false);
  CHECK(probe::took_pin(pins[0], torch_with_mkl()) == std::nullopt);
  CHECK(probe::took_pin(pins[2], torch_with_mkl()) == true);
}

TEST_CASE("a class is reduced only when nothing chooses freely any more") {
  const probe::Dispatch openblas = probe::dispatch_of({blas_of("libopenblas.so.0", "Haswell")});
  CHECK(probe::reduced_class(zen4(), openblas, {}) == std::nullopt);
  CHECK(probe::reduced_class(zen4(), openblas, {{"OPENBLAS_CORETYPE", "Foo"}}) == std::nullopt);
  const auto haswell = probe::reduced_class(zen4(), openblas, {{"OPENBLAS_CORETYPE", "haswell"}});
  REQUIRE(haswell);
  CHECK(haswell->vendor.empty());
  CHECK(haswell->l2_bytes == 0);
  CHECK(haswell->isa == std::vector<std::string>{"avx", "avx2", "bmi2", "f16c", "fma", "sse4_1", "sse4_2", "ssse3"});
  CHECK(probe::reduced_class(zen4(), openblas, {{"OPENBLAS_CORETYPE", "Nehalem"}})->isa ==
        std::vector<std::string>{"sse4_1", "sse4_2", "ssse3"});

  const probe::Dispatch torch = probe::dispatch_of({torch_with_mkl()});
  std::map<std::string, std::string> variables{
      {"ATEN_CPU_CAPABILITY", "avx2"}, {"MKL_CBWR", "COMPATIBLE"}, {"ONEDNN_MAX_CPU_ISA", "AVX2"}};
  CHECK(probe::reduced_class(zen4(), torch, variables) == std::nullopt);
  variables["DNNL_MAX_CPU_ISA"] = "AVX2";
  const auto pinned = probe::reduced_class(zen4(), torch, variables);
  REQUIRE(pinned);
  CHECK(pinned->vendor.empty());
  CHECK(pinned->l2_bytes == zen4().l2_bytes);
  variables["MKL_CBWR"] = "AVX2,STRICT";
  CHECK(probe::reduced_class(zen4(), torch, variables)->vendor == "AuthenticAMD");

  probe::Dispatch unknown = openblas;
  unknown.unknown = {"libarmpl.so"};
  CHECK(probe::reduced_class(zen4(), unknown, {{"OPENBLAS_CORETYPE", "Haswell"}}) == std::nullopt);
}

TEST_CASE("a reduced class covers the machines that differ in what does not matter any more") {
  const probe::Dispatch openblas = probe::dispatch_of({blas_of("libopenblas.so.0", "Haswell")});
  const HardwareClass reduced = *probe::reduced_class(zen4(), openblas, {{"OPENBLAS_CORETYPE", "Haswell"}});
  HardwareClass haswell = zen4();
  haswell.vendor = "GenuineIntel";
  haswell.l2_bytes = 256 << 10;
  haswell.isa = reduced.isa;
  CHECK(probe::covers(reduced, zen4()));
  CHECK(probe::covers(reduced, haswell));
  CHECK(probe::reduced_class(haswell, openblas, {{"OPENBLAS_CORETYPE", "Haswell"}}) == reduced);
  HardwareClass threads = zen4();
  threads.threads = 2;
  CHECK_FALSE(probe::covers(reduced, threads));
  HardwareClass old = zen4();
  old.isa = {"sse4_1"};
  CHECK_FALSE(probe::covers(reduced, old));
}
