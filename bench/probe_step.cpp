// Times one training step of the probe beside the same step with another library's matrix products, and hashing beside
// OpenSSL's own speed test. Everything is run in turn, many times, and the least time of each is told.
//
//   bench_probe LIBRARY [SIZE]     LIBRARY: a file with cblas_sgemm or scipy_cblas_sgemm
#include <dlfcn.h>
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "envlock/probe/cpu_backend.h"
#include "envlock/probe/digest_tree.h"

namespace {

using namespace envlock;
using Clock = std::chrono::steady_clock;

using Sgemm = void (*)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float* a,
                       int lda, const float* b, int ldb, float beta, float* c, int ldc);
Sgemm sgemm;

std::size_t no_workspace(const kernels::Gemm&, int) {
  return 0;
}

/// The library's product of rows share `part` of the output.
void run_library(const kernels::Gemm& gemm, int part, int parts, float*) {
  constexpr int kRowMajor = 101;
  constexpr int kAsItIs = 111;
  constexpr int kTransposed = 112;
  const int begin = gemm.M * part / parts;
  const int rows = gemm.M * (part + 1) / parts - begin;
  const bool tn = gemm.form == kernels::GemmForm::tn;
  const float* a = gemm.a + static_cast<std::ptrdiff_t>(begin) * (tn ? 1 : gemm.lda);
  sgemm(kRowMajor, tn ? kTransposed : kAsItIs, gemm.form == kernels::GemmForm::nt ? kTransposed : kAsItIs, rows, gemm.N,
        gemm.K, 1.0f, a, gemm.lda, gemm.b, gemm.ldb, 0.0f, gemm.c + static_cast<std::ptrdiff_t>(begin) * gemm.ldc,
        gemm.ldc);
}

void* find(void* library, const std::string& name) {
  if (void* symbol = dlsym(library, name.c_str())) return symbol;
  return dlsym(library, ("scipy_" + name).c_str());
}

/// Opens the library with one thread of its own: the probe's threads share the work.
void open_library(const char* path) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::exit(2);
  }
  sgemm = reinterpret_cast<Sgemm>(find(library, "cblas_sgemm"));
  if (sgemm == nullptr) {
    std::fprintf(stderr, "%s has no cblas_sgemm\n", path);
    std::exit(2);
  }
  if (void* symbol = find(library, "openblas_set_num_threads")) reinterpret_cast<void (*)(int)>(symbol)(1);
  if (void* symbol = find(library, "openblas_get_config")) {
    std::printf("library: %s\n", reinterpret_cast<const char* (*)()>(symbol)());
  }
  if (void* symbol = find(library, "openblas_get_corename")) {
    std::printf("its kernels: %s\n", reinterpret_cast<const char* (*)()>(symbol)());
  }
}

/// One backend that can be asked for a step again and again.
class Runner {
 public:
  Runner(const probe::Plan& plan, const probe::CpuOptions& options)
      : backend_(probe::make_cpu_backend(plan, options)), inputs_(probe::Schedule(plan.size).next()) {
    backend_->start();
  }
  void measure() {
    const Clock::time_point begin = Clock::now();
    backend_->step(inputs_);
    best_ = std::min(best_, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  double milliseconds() const { return best_ * 1e3; }

 private:
  std::unique_ptr<probe::Backend> backend_;
  probe::StepInputs inputs_;
  double best_ = 1e9;
};

void steps(const probe::Plan& plan, int threads, int rounds) {
  probe::CpuOptions ours{.threads = threads, .digests = false};
  probe::CpuOptions library = ours;
  library.gemm = kernels::GemmFunctions{no_workspace, run_library};
  probe::CpuOptions hashed{.threads = threads};
  Runner a(plan, ours);
  Runner b(plan, library);
  Runner c(plan, hashed);
  for (int round = 0; round < rounds; ++round) {
    a.measure();
    b.measure();
    c.measure();
  }
  std::printf(
      "%-10s %d thread%s  ours %8.3f ms   with the library's products %8.3f ms   ratio %5.2f   hashed %8.3f ms\n",
      plan.size.name.c_str(), threads, threads == 1 ? " " : "s", a.milliseconds(), b.milliseconds(),
      a.milliseconds() / b.milliseconds(), c.milliseconds());
}

/// Megabytes a second of one core: chunk digests of a tensor, and OpenSSL's EVP interface on blocks of the same size.
void hashing() {
  const std::vector<std::uint32_t> words(std::size_t{1} << 18, 0x3f800000u);
  double leaves = 1e9;
  double evp = 1e9;
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  for (int round = 0; round < 60; ++round) {
    Clock::time_point begin = Clock::now();
    const auto digests = probe::tensor_leaves(words, probe::ElementType::f32, nullptr);
    leaves = std::min(leaves, std::chrono::duration<double>(Clock::now() - begin).count());
    begin = Clock::now();
    const char* bytes = reinterpret_cast<const char*>(words.data());
    for (std::size_t at = 0; at < words.size() * 4; at += probe::kChunkBytes) {
      unsigned char digest[32];
      EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
      EVP_DigestUpdate(context, bytes + at, probe::kChunkBytes);
      EVP_DigestFinal_ex(context, digest, nullptr);
    }
    evp = std::min(evp, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  EVP_MD_CTX_free(context);
  const double megabytes = static_cast<double>(words.size()) * 4 / 1e6;
  std::printf("hashing    1 core    ours %8.0f MB/s                  openssl's evp %8.0f MB/s   ratio %5.2f\n",
              megabytes / leaves, megabytes / evp, evp / leaves);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_probe LIBRARY [SIZE]\n");
    return 2;
  }
  open_library(argv[1]);
  const probe::Plan plan = probe::make_plan(probe::find_size(argc > 2 ? argv[2] : "quick"));
  const int rounds = plan.size.name == "quick" ? 300 : 30;
  for (const int threads : {1, 2}) steps(plan, threads, rounds);
  hashing();
  return 0;
}
