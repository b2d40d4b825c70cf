#include "cuda_self_test.h"

#include "cuda_program.h"
#include "envlock/core/diagnostic.h"
#include "envlock/core/digest.h"
#include "envlock/core/text.h"
#include "envlock/kernels/cuda_launch.h"
#include "envlock/kernels/cuda_self_test.h"

namespace envlock::probe::cuda {
namespace {

namespace ck = kernels::cuda;

// Computed by tests/kernels/cuda/self_test_test.cpp, which compares them with the processor it runs on.
constexpr SelfTestPart kParts[] = {
    {"exp", "51f45dd3468081543b72a7f217dbf0658c7b52783168a03e0304ca92fe5264eb"},
    {"log", "6ea3b963d1581ac36952e2b0d8b2e5231612d5b05f2e54ff7e93428aba22ba6c"},
    {"tanh", "8d5c56db641adf80a3e26ff6611e5cda00a87d39852a61ce18682bf534ddc896"},
    {"addition", "111aeee001603587deefe2cbf27cac2d169d10dd9860f61022f4816e3d99b208"},
    {"multiplication", "067fa6059c4340d12addc39860c911214a1fde0f3142e59f8d711bd3eb98c0d5"},
    {"division", "4767156fd20b9ce800d6aaeed9797341feb086a758d7fe32579c38eeabd0b975"},
    {"square root", "99d5f231bfe0e727170b5fda7eba7630c382c5c8e9cd5f846e781288bd115d4c"},
    {"fused multiply-add", "a5352efada321977a35e0dd10ed46188c1731d17b8c336c1d9bda327fca6dc1b"},
    {"conversion", "298ab158bfb9b20e2c0d78e7ec8d66e232ed55fe0e4f832f216136576f49f636"},
    {"matrix product", "2fa746e9007a8f6138c641496119658e730c1be8773e4814e28fd78162ccbff5"},
    {"matrix product with the right side transposed",
     "fed6307bede5df75477122e746f8881c8bb8b2c35cac84ba51cb79ce640a07df"},
    {"matrix product with the left side transposed",
     "7b25df1cedec41589985313bc1d45559c6a03c690d4e4c1ae65548803f198ff8"},
};
static_assert(std::size(kParts) == ck::self_test_rows + 3);

bool is_as_expected(const SelfTestPart& part, std::span<const std::uint32_t> words) {
  const std::string_view bytes(reinterpret_cast<const char*>(words.data()), words.size_bytes());
  return core::format(core::sha256(bytes)) == part.sha256;
}

kernels::Gemm product(kernels::GemmForm form, Address inputs, Address out) {
  using kernels::GemmForm;
  const auto* a = reinterpret_cast<const float*>(inputs);
  return {form,
          ck::kSelfTestM,
          ck::kSelfTestN,
          ck::kSelfTestK,
          a,
          form == GemmForm::tn ? ck::kSelfTestM : ck::kSelfTestK,
          a + ck::kSelfTestCount,
          form == GemmForm::nt ? ck::kSelfTestK : ck::kSelfTestN,
          reinterpret_cast<float*>(out),
          ck::kSelfTestN};
}

}  // namespace

std::span<const SelfTestPart> self_test_parts() {
  return kParts;
}

void run_self_test(Session& session) {
  session.enter();
  std::vector<std::string> wrong;
  std::vector<std::uint32_t> words(static_cast<std::size_t>(ck::self_test_rows) * ck::kSelfTestCount);
  const Address out = session.allocate(words.size() * 4);
  const Address inputs = session.allocate(2 * ck::kSelfTestCount * 4);
  KernelCall samples =
      session.call("envlock_self_test", {ck::kSelfTestCount / ck::kElementThreads}, ck::kElementThreads, ck::Launch{},
                   ck::SelfTest{reinterpret_cast<float*>(out), reinterpret_cast<float*>(inputs)});
  session.launch(samples);
  session.download(words.data(), out, words.size() * 4);
  for (std::size_t row = 0; row < ck::self_test_rows; ++row) {
    const auto results = std::span(words).subspan(row * ck::kSelfTestCount, ck::kSelfTestCount);
    if (!is_as_expected(kParts[row], results)) wrong.emplace_back(kParts[row].name);
  }
  words.resize(static_cast<std::size_t>(ck::kSelfTestM) * ck::kSelfTestN);
  for (const kernels::GemmForm form : {kernels::GemmForm::nn, kernels::GemmForm::nt, kernels::GemmForm::tn}) {
    for (std::size_t tile = 0; tile < std::size(ck::kGemmTiles); ++tile) {
      KernelCall multiply = session.call(gemm_kernel(form, tile), {}, ck::kGemmTiles[tile].threads, ck::Launch{},
                                         product(form, inputs, out), ck::GemmGrid{});
      session.launch(multiply);
      session.download(words.data(), out, words.size() * 4);
      const SelfTestPart& part = kParts[ck::self_test_rows + static_cast<std::size_t>(form)];
      if (!is_as_expected(part, words)) {
        wrong.push_back(std::string(part.name) + " (`" + multiply.kernel + "`)");
      }
    }
  }
  if (wrong.empty()) return;
  throw core::Error({.code = "gpu-self-test",
                     .what = name_of(session.device()) + " computes other bits than IEEE 754 asks for",
                     .where = std::nullopt,
                     .why = {"its self-test differs in: " + core::join(wrong, ", ")},
                     .hints = {"try another NVIDIA driver: it compiles the kernels on this machine",
                               "try another GPU: when only this one differs, it is damaged",
                               "run the probe on the processor: `--device cpu`"}});
}

}  // namespace envlock::probe::cuda
