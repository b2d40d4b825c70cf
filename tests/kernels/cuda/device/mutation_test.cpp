// The PTX text that ships, damaged on purpose: the interpreter's checks, the policy at loading, the self-test or the
// digests must notice each of these. A check that lets one through is no check.
#include <map>
#include <regex>
#include <set>
#include <string>

#include "device/on_device.h"
#include "envlock/kernels/cuda_ptx.h"
#include "envlock/probe/cpu_backend.h"
#include "envlock/probe/cuda.h"

using namespace envlock::probe;
using namespace envlock_test;

namespace {

/// Small, but with a tail in every dimension, sums of more than 32 terms, and rows that no block of rows divides. Two
/// steps: in the first, weights of 1, biases of 0 and moments of 0 hide what a fused multiply-add does.
const Size kSize{"odd", 1, 67, 36, 3, 1, 40, 128, 2, 0.5f};

enum class SelfTest { run, skip };

std::vector<StepResult> run(Backend& backend) {
  std::vector<StepResult> results = {backend.start()};
  Schedule schedule(kSize);
  for (int step = 0; step < kSize.steps; ++step) results.push_back(backend.step(schedule.next()));
  return results;
}

/// What becomes of a run with this text: "same" digests as on the processor, "different" ones, or an error's code.
std::string fate(const std::string& ptx, SelfTest self_test) {
  static const Plan plan = make_plan(kSize);
  static const std::vector<StepResult> expected = run(*make_cpu_backend(plan, {}));
  try {
    const auto gpu =
        make_cuda_backend(plan, {.device = 0, .digests = true, .ptx = ptx, .self_test = self_test == SelfTest::run});
    const std::vector<StepResult> found = run(*gpu);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i].roots != expected[i].roots) return "different";
    }
    return "same";
  } catch (const envlock::core::Error& error) {
    return error.diagnostics().front().code;
  }
}

/// The text with the body of one kernel replaced by change(body).
template <typename Change>
std::string changed(const std::string& kernel, const Change& change) {
  const std::string text(envlock::kernels::cuda::ptx());
  const std::size_t begin = text.find(".entry " + kernel + "(");
  REQUIRE(begin != std::string::npos);
  const std::size_t end = text.find("\n}\n", begin);
  const std::string body = text.substr(begin, end - begin);
  const std::string other = change(body);
  CHECK(other != body);
  return text.substr(0, begin) + other + text.substr(end);
}

int count(const std::string& kernel, const std::string& what) {
  const std::string text(envlock::kernels::cuda::ptx());
  const std::size_t begin = text.find(".entry " + kernel + "(");
  const std::size_t end = text.find("\n}\n", begin);
  int found = 0;
  for (std::size_t at = text.find(what, begin); at < end; at = text.find(what, at + 1)) ++found;
  return found;
}

/// Replaces occurrence number `which` of a pattern.
std::string replace_nth(const std::string& body, const std::regex& pattern, int which, const std::string& by) {
  auto match = std::sregex_iterator(body.begin(), body.end(), pattern);
  std::advance(match, which);
  REQUIRE(match != std::sregex_iterator());
  const auto at = static_cast<std::size_t>(match->position());
  return body.substr(0, at) + match->format(by) + body.substr(at + static_cast<std::size_t>(match->length()));
}

const std::regex kBarrier(R"(\tbar\.sync \t0;\n)");
const std::regex kFma(R"(\tfma\.rn\.f32 \t(\S+), (\S+), (\S+), (\S+);)");
const std::string kMulThenAdd = "\tmul.rn.f32 \t%unfused, $2, $3;\n\tadd.rn.f32 \t$1, %unfused, $4;";

std::string with_register(std::string body) {
  return std::regex_replace(body, std::regex(R"(\t\.reg \.f32 )"), "\t.reg .f32 \t%unfused;\n\t.reg .f32 ",
                            std::regex_constants::format_first_only);
}

/// Every full tile of k is added from its end to its beginning: the loads of step k take the addresses of step last -
/// k.
std::string reverse_k(const std::string& body) {
  const std::regex load(R"((ld\.shared\.v4\.f32 \t\{[^}]*\}, \[(%rd\d+))(?:\+(\d+))?\])");
  const auto offset_of = [](const std::smatch& match) { return match[3].matched ? std::stoi(match[3]) : 0; };
  std::map<std::string, std::set<int>> offsets;  // by the register that holds the address
  const std::sregex_iterator none;
  for (auto it = std::sregex_iterator(body.begin(), body.end(), load); it != none; ++it) {
    offsets[(*it)[2]].insert(offset_of(*it));
  }
  std::string reversed;
  std::size_t done = 0;
  for (auto it = std::sregex_iterator(body.begin(), body.end(), load); it != none; ++it) {
    const std::set<int>& all = offsets[(*it)[2]];
    if (all.size() < 8) continue;  // the loop over a partial tile
    // Threads that own eight outputs a side load two quads a step: steps are turned, not quads.
    const int quads = all.count(16) != 0 ? 2 : 1;
    const int quad = quads == 2 ? static_cast<int>(std::distance(all.begin(), all.find(offset_of(*it))) % 2) * 16 : 0;
    const int last = *all.rbegin() - 16 * (quads - 1);
    reversed += body.substr(done, static_cast<std::size_t>(it->position()) - done) + (*it)[1].str() + "+" +
                std::to_string(last - (offset_of(*it) - quad) + quad) + "]";
    done = static_cast<std::size_t>(it->position() + it->length());
  }
  return reversed + body.substr(done);
}

const char* const kForms[] = {"nn", "nt", "tn"};

}  // namespace

TEST_CASE("the text that ships is noticed by nothing", "[mutation]") {
  if (!has_cuda_device()) return;
  CHECK(fate(std::string(envlock::kernels::cuda::ptx()), SelfTest::run) == "same");
}

TEST_CASE("a missing barrier is found as a race", "[mutation]") {
  if (!has_cuda_device()) return;
  std::vector<std::pair<std::string, SelfTest>> kernels = {{"envlock_layernorm_weight_gradient", SelfTest::skip},
                                                           {"envlock_sha256_trees", SelfTest::skip},
                                                           {"envlock_clip_scale", SelfTest::skip}};
  for (const std::string form : kForms) {
    kernels.emplace_back("envlock_gemm_" + form + "_32x32", SelfTest::skip);
    kernels.emplace_back("envlock_gemm_" + form + "_64x64", SelfTest::run);
    kernels.emplace_back("envlock_gemm_" + form + "_128x128", SelfTest::run);
  }
  for (const auto& [kernel, self_test] : kernels) {
    const int barriers = count(kernel, "bar.sync");
    CHECK(barriers > 0);
    for (int i = 0; i < barriers; ++i) {
      INFO(kernel << ", barrier " << i);
      const std::string text = changed(kernel, [&](const std::string& b) { return replace_nth(b, kBarrier, i, ""); });
      CHECK(fate(text, self_test) == "cuda-failed");
    }
  }
}

TEST_CASE("a reversed loop over k changes digests", "[mutation]") {
  if (!has_cuda_device()) return;
  for (const std::string form : kForms) {
    INFO(form);
    CHECK(fate(changed("envlock_gemm_" + form + "_32x32", reverse_k), SelfTest::skip) == "different");
    CHECK(fate(changed("envlock_gemm_" + form + "_32x32", reverse_k), SelfTest::run) == "gpu-self-test");
    CHECK(fate(changed("envlock_gemm_" + form + "_64x64", reverse_k), SelfTest::run) == "gpu-self-test");
    CHECK(fate(changed("envlock_gemm_" + form + "_128x128", reverse_k), SelfTest::run) == "gpu-self-test");
  }
}

TEST_CASE("an unfused multiply-add changes digests, wherever it is", "[mutation]") {
  if (!has_cuda_device()) return;
  for (const std::string kernel :
       {"envlock_adamw", "envlock_gelu_forward", "envlock_gelu_backward", "envlock_layernorm_forward",
        "envlock_layernorm_backward", "envlock_layernorm_weight_gradient", "envlock_softmax_backward",
        "envlock_underflow_lanes"}) {
    const int all = count(kernel, "fma.rn.f32");
    CHECK(all > 0);
    for (int i = 0; i < all; ++i) {
      INFO(kernel << ", fma " << i);
      const auto unfuse = [&](const std::string& b) { return with_register(replace_nth(b, kFma, i, kMulThenAdd)); };
      CHECK(fate(changed(kernel, unfuse), SelfTest::skip) == "different");
    }
  }
  for (const std::string form : kForms) {
    INFO(form);
    const auto unfuse = [](const std::string& b) { return with_register(std::regex_replace(b, kFma, kMulThenAdd)); };
    CHECK(fate(changed("envlock_gemm_" + form + "_32x32", unfuse), SelfTest::skip) == "different");
    CHECK(fate(changed("envlock_gemm_" + form + "_64x64", unfuse), SelfTest::run) == "gpu-self-test");
    CHECK(fate(changed("envlock_gemm_" + form + "_128x128", unfuse), SelfTest::run) == "gpu-self-test");
  }
}

TEST_CASE("an unfused sum of squares shows in the partial sums", "[mutation]") {
  if (!has_cuda_device()) return;
  // The digests may hide it: no partial sum is digested, and the root of their sum swallows a last bit.
  namespace ck = envlock::kernels::cuda;
  std::vector<float> x;
  for (int i = 0; i < envlock::kernels::kSumBlock; ++i)
    x.push_back(1.0f + static_cast<float>(i * 7919 % 65521) * 0x1p-17f);
  float expected = 0;
  processor().block_sums({envlock::kernels::BlockSumOf::squares, static_cast<int>(x.size()), x.data(), &expected},
                         {0, 1});
  const auto sum_by = [&](const std::string& ptx) {
    cuda::Session session(0, ptx);
    const cuda::Address x_at = session.allocate(x.size() * 4);
    const cuda::Address sum_at = session.allocate(4);
    session.upload(x_at, x.data(), x.size() * 4);
    cuda::KernelCall call = session.call(
        "envlock_block_sums", {1}, ck::kRowThreads, ck::Launch{},
        envlock::kernels::BlockSums{envlock::kernels::BlockSumOf::squares, static_cast<int>(x.size()),
                                    reinterpret_cast<const float*>(x_at), reinterpret_cast<float*>(sum_at)});
    session.launch(call);
    float sum = 0;
    session.download(&sum, sum_at, 4);
    return sum;
  };
  const auto unfuse = [](const std::string& b) { return with_register(replace_nth(b, kFma, 0, kMulThenAdd)); };
  CHECK(bits(sum_by(std::string(ck::ptx()))) == bits(expected));
  CHECK(bits(sum_by(changed("envlock_block_sums", unfuse))) != bits(expected));
}

TEST_CASE("a tail that is one too long is found", "[mutation]") {
  if (!has_cuda_device()) return;
  // The first such comparison of a kernel that works element by element, or row by row, is its guard.
  for (const std::string kernel :
       {"envlock_embed_forward", "envlock_gelu_forward", "envlock_gelu_backward", "envlock_residual", "envlock_adamw",
        "envlock_layernorm_forward", "envlock_layernorm_backward", "envlock_softmax_forward",
        "envlock_softmax_backward", "envlock_cross_entropy"}) {
    INFO(kernel);
    const auto longer = [&](const std::string& body) {
      return std::regex_replace(body, std::regex(R"(setp\.ge\.s32 )"), "setp.gt.s32 ",
                                std::regex_constants::format_first_only);
    };
    const std::string found = fate(changed(kernel, longer), SelfTest::skip);
    CHECK((found == "cuda-failed" || found == "different"));
  }
  // The loop of a product's last, partial tile of k.
  for (const std::string form : kForms) {
    for (const std::string tile : {"32x32", "64x64", "128x128"}) {
      INFO(form << ' ' << tile);
      const auto longer = [](const std::string& body) {
        const std::size_t loop = body.find(".pragma \"nounroll\"");
        REQUIRE(loop != std::string::npos);
        return body.substr(0, loop) + std::regex_replace(body.substr(loop),
                                                         std::regex(R"((setp\.ne\.s32 \t%p\d+, %r\d+), 0;)"), "$1, -1;",
                                                         std::regex_constants::format_first_only);
      };
      const std::string found = fate(changed("envlock_gemm_" + form + "_" + tile, longer), SelfTest::run);
      CHECK((found == "cuda-failed" || found == "gpu-self-test"));
    }
  }
}

TEST_CASE("approximations are refused before anything runs", "[mutation]") {
  if (!has_cuda_device()) return;
  const std::regex narrowing(R"(\tcvt\.rn\.f32\.f64 \t(\S+), (\S+);)");
  for (const char* kernel : {"envlock_softmax_forward", "envlock_cross_entropy", "envlock_gelu_forward"}) {
    INFO(kernel);
    for (const char* approximation : {"ex2.approx.f32", "ex2.approx.ftz.f32", "tanh.approx.f32"}) {
      const std::string by = std::string("\tcvt.rn.f32.f64 \t$1, $2;\n\t") + approximation + " \t$1, $1;";
      const auto approximate = [&](const std::string& b) { return replace_nth(b, narrowing, 0, by); };
      CHECK(fate(changed(kernel, approximate), SelfTest::skip) == "cuda-failed");
    }
  }
  const auto full_division = [](const std::string& b) {
    return std::regex_replace(b, std::regex("div\\.rn\\.f32"), "div.full.f32");
  };
  CHECK(fate(changed("envlock_layernorm_forward", full_division), SelfTest::skip) == "cuda-failed");
  const auto flushing = [](const std::string& b) {
    return std::regex_replace(b, std::regex("add\\.rn\\.f32"), "add.rn.ftz.f32");
  };
  CHECK(fate(changed("envlock_layernorm_forward", flushing), SelfTest::skip) == "cuda-failed");
}
