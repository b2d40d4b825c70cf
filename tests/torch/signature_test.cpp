#include "envlock/torch/signature.h"

#include <algorithm>

#include "support/catch.h"

using namespace envlock;

namespace {

core::Sha256 root(std::uint8_t byte) {
  core::Sha256 digest;
  digest.bytes.fill(byte);
  return digest;
}

probe::TierRun run_with(const std::vector<std::pair<std::string, std::uint8_t>>& ops) {
  std::vector<probe::OpInfo> infos;
  std::vector<core::Sha256> roots;
  for (const auto& [name, byte] : ops) {
    infos.push_back({name, probe::ElementType::f32, {1}});
    roots.push_back(root(byte));
  }
  probe::SectionBuilder builder("ops", infos, {});
  builder.add(roots);
  probe::TierRun run;
  run.tier = "torch";
  run.subject = "as-found";
  run.sections.push_back(builder.finish());
  return run;
}

std::vector<std::string> values_of(const std::vector<torch::Setting>& settings, const std::string& variable) {
  std::vector<std::string> values;
  for (const torch::Setting& setting : settings) {
    const auto found = setting.variables.find(variable);
    if (found != setting.variables.end() && setting.variables.size() == 1) values.push_back(found->second);
  }
  return values;
}

}  // namespace

TEST_CASE("the components of the ops that differ are named once each, and ops of one side only are not") {
  const probe::TierRun before =
      run_with({{"reduce.sum", 1}, {"math.exp", 2}, {"math.log", 3}, {"gemm.mm", 4}, {"old.op", 5}});
  const probe::TierRun now =
      run_with({{"new.op", 9}, {"reduce.sum", 1}, {"math.exp", 7}, {"math.log", 7}, {"gemm.mm", 7}});
  const probe::AcceptedTier accepted = probe::accept(before, {});
  CHECK(torch::differing_components(accepted.sections.front(), now.sections.front()) ==
        std::vector<std::string>{"gemm", "math"});
  CHECK(torch::differing_components(accepted.sections.front(), before.sections.front()).empty());
}

TEST_CASE("what is tried again follows from the components") {
  probe::TierRun now;
  now.tier = "torch";
  now.threads = 2;

  SECTION("on a GPU what its libraries read, and nothing of the processor") {
    now.details = {{"device", "cuda:0"}};
    const auto products = torch::settings_to_try({"gemm"}, now, {});
    CHECK(values_of(products, "NVIDIA_TF32_OVERRIDE") == std::vector<std::string>{"0"});
    CHECK(values_of(products, "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE") == std::vector<std::string>{"1"});
    CHECK(values_of(products, "CUBLAS_WORKSPACE_CONFIG") ==
          std::vector<std::string>{":4096:8", ":16:8", ":4096:2:16:8"});
    CHECK(values_of(products, "ATEN_CPU_CAPABILITY").empty());
    CHECK(values_of(products, "TORCH_CUDNN_V8_API_DISABLED").empty());
    const auto convolutions = torch::settings_to_try({"conv"}, now, {});
    CHECK(convolutions.front().variables == std::map<std::string, std::string>{{"NVIDIA_TF32_OVERRIDE", "0"}});
    CHECK(values_of(convolutions, "TORCH_CUDNN_V8_API_DISABLED") == std::vector<std::string>{"1"});
    CHECK(values_of(convolutions, "CUBLAS_WORKSPACE_CONFIG").empty());
    CHECK(torch::settings_to_try({"math", "reduce"}, now, {}).empty());
  }

  SECTION("nothing, where no op differs") {
    CHECK(torch::settings_to_try({}, now, {}).empty());
  }
  SECTION("ATen's capability, the accepted one first") {
    const auto settings = torch::settings_to_try({"softmax"}, now, {{"kernel", "AVX2"}});
    CHECK(values_of(settings, "ATEN_CPU_CAPABILITY") == std::vector<std::string>{"avx2", "avx512", "default"});
    CHECK(settings.front().needs == "avx2");
    CHECK(values_of(settings, "MKL_CBWR").empty());
  }
  SECTION("threads, where sums differ") {
    const auto settings = torch::settings_to_try({"norm", "reduce"}, now, {});
    CHECK(settings.front().threads == 1);
    CHECK(torch::settings_to_try({"reduce", "softmax"}, now, {}).front().threads == 0);
    const auto one = std::find_if(settings.begin(), settings.end(), [](const auto& each) { return each.threads == 1; });
    CHECK(one != settings.end());
    CHECK(std::none_of(settings.begin(), settings.end(), [](const auto& each) { return each.threads == 2; }));
  }
  SECTION("oneDNN under both of its names") {
    const auto settings = torch::settings_to_try({"conv"}, now, {});
    CHECK(settings.front().variables.size() == 2);
    CHECK(settings.front().variables.begin()->first == "DNNL_MAX_CPU_ISA");
  }
  SECTION("the BLAS that is mapped, or built in") {
    now.mapped.push_back({"/usr/lib/libopenblas.so.0", true, {}});
    CHECK(values_of(torch::settings_to_try({"gemm"}, now, {}), "OPENBLAS_CORETYPE").size() == 6);
    CHECK(values_of(torch::settings_to_try({"gemm"}, now, {}), "MKL_CBWR").empty());
    now.details.emplace_back("mkl", "True");
    CHECK(values_of(torch::settings_to_try({"gemm"}, now, {}), "MKL_CBWR").size() == 3);
    CHECK(values_of(torch::settings_to_try({"gemm"}, now, {}), "OPENBLAS_CORETYPE").empty());
  }
  SECTION("all three together, last") {
    CHECK(torch::settings_to_try({"gemm"}, now, {}).back().variables.size() == 4);
  }
  SECTION("numpy without the newer instruction sets that it uses") {
    now.tier = "numpy";
    now.details.emplace_back("kernel", "SSE42 AVX2 FMA3 AVX512F AVX512_SKX");
    CHECK(values_of(torch::settings_to_try({"math"}, now, {}), "NPY_DISABLE_CPU_FEATURES") ==
          std::vector<std::string>{"AVX512F AVX512_SKX", "AVX2 FMA3 AVX512F AVX512_SKX"});
    CHECK(values_of(torch::settings_to_try({"math"}, now, {{"kernel", "SSE42 AVX2 FMA3 AVX512F"}}),
                    "NPY_DISABLE_CPU_FEATURES")
              .front() == "AVX512_SKX");
  }
}
