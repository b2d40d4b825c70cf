// Times the gemm of the kernels beside an OpenBLAS, in one process, turn by turn; each number is the best of many runs.
//
//   bench_gemm PATH/TO/libopenblas.so [--isa avx512|avx2|scalar] [--threads 1,2] [--rounds 20] [--only TEXT]
//
// The library may also be named by ENVLOCK_OPENBLAS. Its symbols may carry the prefix of the scipy-openblas32 package.
#include <dlfcn.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "envlock/kernels/cpu_kernels.h"
#include "envlock/kernels/gemm.h"

namespace {

using envlock::kernels::Gemm;
using envlock::kernels::GemmForm;
using envlock::kernels::GemmFunctions;

constexpr int kRowMajor = 101;
constexpr int kNoTrans = 111;
constexpr int kTrans = 112;

struct OpenBlas {
  using Sgemm = void (*)(int, int, int, int, int, int, float, const float*, int, const float*, int, float, float*, int);
  Sgemm sgemm = nullptr;
  void (*set_threads)(int) = nullptr;
  const char* (*core)() = nullptr;
  const char* (*config)() = nullptr;
};

template <class Function>
bool find(void* library, const char* name, Function& function) {
  const std::string prefixed = std::string("scipy_") + name;
  void* symbol = dlsym(library, name);
  if (symbol == nullptr) symbol = dlsym(library, prefixed.c_str());
  static_assert(sizeof function == sizeof symbol);
  std::memcpy(&function, &symbol, sizeof symbol);
  return symbol != nullptr;
}

/// Keeps this thread on the first processor that the process may use, and its other threads, ours and OpenBLAS's, on
/// the next ones in turn. A scheduler may otherwise wake two threads on one core and leave them there for a whole
/// sample.
void pin_threads(int threads) {
  static const cpu_set_t all = [] {
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    return set;
  }();
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &all)) cpus.push_back(cpu);
  std::size_t others = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    const int id = std::stoi(task.path().filename().string());
    const std::size_t index = id == getpid() ? 0 : 1 + others++ % static_cast<std::size_t>(std::max(1, threads - 1));
    cpu_set_t chosen;
    CPU_ZERO(&chosen);
    CPU_SET(cpus[index % cpus.size()], &chosen);
    sched_setaffinity(id, sizeof chosen, &chosen);
  }
}

/// Threads that spin a while for work and then wait, so that a short gemm does not pay for waking them.
class Pool {
 public:
  explicit Pool(int threads) {
    for (int part = 1; part < threads; ++part) workers_.emplace_back([this, part] { work(part); });
  }
  ~Pool() {
    job_ = nullptr;
    turn_.fetch_add(1);
    turn_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Calls job(part) for every part at once, and waits for all.
  void run(const std::function<void(int)>& job) {
    if (!workers_.empty()) {
      job_ = &job;
      left_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
      turn_.fetch_add(1, std::memory_order_release);
      turn_.notify_all();
    }
    job(0);
    while (left_.load(std::memory_order_acquire) != 0) pause();
  }

 private:
  /// Never yields: each thread has a processor of its own, and what it gave away there it would not get back in time.
  static void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  void work(int part) {
    int seen = 0;
    for (;;) {
      int now = turn_.load(std::memory_order_acquire);
      for (int spin = 0; now == seen && spin < 20000; ++spin) {
        pause();
        now = turn_.load(std::memory_order_acquire);
      }
      if (now == seen) {
        turn_.wait(seen, std::memory_order_acquire);
        continue;
      }
      seen = now;
      if (job_ == nullptr) return;
      (*job_)(part);
      left_.fetch_sub(1, std::memory_order_release);
    }
  }
  const std::function<void(int)>* job_ = nullptr;
  alignas(64) std::atomic<int> turn_{0};
  alignas(64) std::atomic<int> left_{0};
  std::vector<std::thread> workers_;
};

struct AlignedFree {
  void operator()(float* p) const { std::free(p); }
};
using Floats = std::unique_ptr<float[], AlignedFree>;

Floats floats(std::size_t count) {
  const std::size_t bytes = (count * sizeof(float) + 4095) / 4096 * 4096 + 4096;
  float* p = static_cast<float*>(std::aligned_alloc(4096, bytes));
  if (p == nullptr) throw std::bad_alloc();
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < bytes / sizeof(float); ++i) {
    state = state * 1664525u + 1013904223u;
    p[i] = static_cast<float>(static_cast<int>(state >> 8) - (1 << 23)) / static_cast<float>(1 << 23);
  }
  return Floats(p);
}

struct Case {
  const char* group;
  GemmForm form;
  int M, N, K;
  int lda, ldb, ldc;  ///< 0: dense
  int repeat;         ///< calls on separate matrices, one after another, as attention makes them
};

const char* form_name(GemmForm form) {
  return form == GemmForm::nn ? "NN" : form == GemmForm::nt ? "NT" : "TN";
}

std::vector<Case> cases() {
  std::vector<Case> all;
  constexpr GemmForm kForms[] = {GemmForm::nn, GemmForm::nt, GemmForm::tn};
  for (const int size : {256, 512, 1024})
    for (const GemmForm form : kForms) all.push_back({"square", form, size, size, size, 0, 0, 0, 1});
  struct Layer {
    const char* group;
    int rows, out, in;
  };
  // Forward is rows x out x in (NT), the gradient of the input rows x in x out (NN), of the weight out x in x rows
  // (TN).
  constexpr Layer kLayers[] = {{"quick", 256, 192, 64},      {"quick", 256, 64, 64},      {"quick", 256, 256, 64},
                               {"quick", 256, 64, 256},      {"standard", 512, 384, 128}, {"standard", 512, 128, 128},
                               {"standard", 512, 512, 128},  {"standard", 512, 128, 512}, {"standard", 512, 1024, 128},
                               {"standard", 512, 128, 1024}, {"standard", 512, 256, 128}, {"gpu", 2048, 768, 256},
                               {"gpu", 2048, 1024, 256},     {"gpu", 2048, 256, 1024}};
  for (const Layer& l : kLayers) {
    all.push_back({l.group, GemmForm::nt, l.rows, l.out, l.in, 0, 0, 0, 1});
    all.push_back({l.group, GemmForm::nn, l.rows, l.in, l.out, 0, 0, 0, 1});
    all.push_back({l.group, GemmForm::tn, l.out, l.in, l.rows, 0, 0, 0, 1});
  }
  for (const auto& [T, D, C] : {std::array{64, 16, 64}, std::array{128, 32, 128}, std::array{256, 64, 256}}) {
    all.push_back({"attention", GemmForm::nt, T, T, D, 3 * C, 3 * C, 0, 16});
    all.push_back({"attention", GemmForm::nn, T, D, T, 0, 3 * C, C, 16});
    all.push_back({"attention", GemmForm::tn, T, D, T, 0, C, 3 * C, 16});
  }
  return all;
}

struct Settings {
  std::string library;
  std::string isa;  ///< empty: the widest
  std::vector<int> threads = {1, 2};
  int rounds = 20;
  std::string only;
};

double now(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// The best time of one call, in seconds, over samples of about 100 microseconds that fill `budget` seconds.
/// One thread's samples of more than a millisecond are measured by what the thread computed, not by the wall clock: on
/// a machine that others use too, they would hardly ever be left alone. (For short samples that clock is too coarse.)
double best_time(const std::function<void()>& call, int threads, double budget) {
  const double begin = now(CLOCK_MONOTONIC);
  const double computed = now(CLOCK_THREAD_CPUTIME_ID);
  call();
  const double first = now(CLOCK_MONOTONIC) - begin;
  const int calls = std::max(1, static_cast<int>(1e-4 / std::max(first, 1e-7)));
  const clockid_t clock = threads == 1 && first > 1e-3 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
  double best = threads == 1 && first > 1e-3 ? now(CLOCK_THREAD_CPUTIME_ID) - computed : first;
  while (now(CLOCK_MONOTONIC) - begin < budget) {
    const double start = now(clock);
    for (int i = 0; i < calls; ++i) call();
    best = std::min(best, (now(clock) - start) / calls);
  }
  return best;
}

void run_case(const Case& c, const GemmFunctions& functions, const OpenBlas& blas, int threads, Pool& pool,
              int rounds) {
  const bool a_transposed = c.form == GemmForm::tn;
  const bool b_transposed = c.form == GemmForm::nt;
  Gemm gemm{c.form, c.M, c.N, c.K};
  gemm.lda = c.lda != 0 ? c.lda : a_transposed ? c.M : c.K;
  gemm.ldb = c.ldb != 0 ? c.ldb : b_transposed ? c.K : c.N;
  gemm.ldc = c.ldc != 0 ? c.ldc : c.N;
  const auto count = [](int rows, int ld) { return static_cast<std::size_t>(rows) * static_cast<std::size_t>(ld); };
  const std::size_t a_count = count(a_transposed ? c.K : c.M, gemm.lda);
  const std::size_t b_count = count(b_transposed ? c.N : c.K, gemm.ldb);
  const std::size_t c_count = count(c.M, gemm.ldc);
  const auto repeat = static_cast<std::size_t>(c.repeat);
  const Floats a = floats(a_count * repeat);
  const Floats b = floats(b_count * repeat);
  const Floats ours = floats(c_count * repeat);
  const Floats theirs = floats(c_count * repeat);
  std::vector<Floats> workspaces;
  for (int part = 0; part < threads; ++part) workspaces.push_back(floats(functions.workspace_floats(gemm, threads)));

  const auto run_ours = [&] {
    for (std::size_t r = 0; r < repeat; ++r) {
      Gemm one = gemm;
      one.a = a.get() + r * a_count;
      one.b = b.get() + r * b_count;
      one.c = ours.get() + r * c_count;
      if (threads == 1) {
        functions.run(one, 0, 1, workspaces[0].get());
      } else {
        pool.run(
            [&](int part) { functions.run(one, part, threads, workspaces[static_cast<std::size_t>(part)].get()); });
      }
    }
  };
  const auto run_theirs = [&] {
    for (std::size_t r = 0; r < repeat; ++r)
      blas.sgemm(kRowMajor, a_transposed ? kTrans : kNoTrans, b_transposed ? kTrans : kNoTrans, c.M, c.N, c.K, 1.0f,
                 a.get() + r * a_count, gemm.lda, b.get() + r * b_count, gemm.ldb, 0.0f, theirs.get() + r * c_count,
                 gemm.ldc);
  };
  blas.set_threads(threads);
  run_theirs();
  pin_threads(threads);
  double our_best = 1e9;
  double their_best = 1e9;
  for (int round = 0; round < rounds; ++round) {
    // OpenBLAS's threads keep yielding for a tenth of a second after their work, which would take a core from ours.
    // Both sides begin rested, which also puts them alike in the eyes of the scheduler.
    if (threads > 1) usleep(250000);
    our_best = std::min(our_best, best_time(run_ours, threads, 3e-3));
    if (threads > 1) usleep(250000);
    their_best = std::min(their_best, best_time(run_theirs, threads, 3e-3));
  }
  double worst = 0;
  for (std::size_t i = 0; i < c_count; ++i)
    worst = std::max(worst, static_cast<double>(std::fabs(ours[i] - theirs[i])));
  const double flops = 2.0 * c.M * c.N * c.K * c.repeat;
  std::printf("%-9s | %4d x %4d x %4d | %s | %d | %7.1f | %7.1f | %5.2f%s\n", c.group, c.M, c.N, c.K, form_name(c.form),
              threads, flops / our_best * 1e-9, flops / their_best * 1e-9, their_best / our_best,
              worst < 1e-3 ? "" : "  (results differ!)");
  std::fflush(stdout);
}

Settings parse(int argc, char** argv) {
  Settings settings;
  if (const char* path = std::getenv("ENVLOCK_OPENBLAS")) settings.library = path;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.rfind("--", 0) != 0 || i + 1 == argc) {
      settings.library = word;
      continue;
    }
    const std::string value = argv[++i];
    if (word == "--isa") settings.isa = value;
    if (word == "--rounds") settings.rounds = std::atoi(value.c_str());
    if (word == "--only") settings.only = value;
    if (word == "--threads") {
      settings.threads.clear();
      for (const char* p = value.c_str(); *p != '\0'; p += std::strcspn(p, ","), p += *p == ',')
        settings.threads.push_back(std::atoi(p));
    }
  }
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = parse(argc, argv);
  void* library = settings.library.empty() ? nullptr : dlopen(settings.library.c_str(), RTLD_NOW | RTLD_LOCAL);
  OpenBlas blas;
  if (library == nullptr || !find(library, "cblas_sgemm", blas.sgemm) ||
      !find(library, "openblas_set_num_threads", blas.set_threads) ||
      !find(library, "openblas_get_corename", blas.core) || !find(library, "openblas_get_config", blas.config)) {
    std::fprintf(stderr, "name an OpenBLAS with cblas: bench_gemm PATH or ENVLOCK_OPENBLAS=PATH\n");
    return 2;
  }
  const GemmFunctions* functions = nullptr;
  std::string name;
  for (const envlock::kernels::CpuKernels* usable : envlock::kernels::usable_cpu_kernels()) {
    if (!settings.isa.empty() && settings.isa != usable->name) continue;
    functions = &usable->gemm;
    name = usable->name;
  }
  if (functions == nullptr) {
    std::fprintf(stderr, "this machine cannot run %s\n", settings.isa.c_str());
    return 2;
  }
  std::printf("%s, core %s; ours: %s\n", blas.config(), blas.core(), name.c_str());
  std::printf("group     |   M  x   N  x   K  | form | threads | ours GF/s | OpenBLAS GF/s | ratio\n");
  for (const int threads : settings.threads) {
    Pool pool(threads);
    for (const Case& c : cases()) {
      if (threads > 1 && c.repeat > 1) continue;  // attention is split between threads by head
      const std::string text = std::string(c.group) + " " + form_name(c.form) + " " + std::to_string(c.M) + "x" +
                               std::to_string(c.N) + "x" + std::to_string(c.K);
      if (text.find(settings.only) != std::string::npos) run_case(c, *functions, blas, threads, pool, settings.rounds);
    }
  }
}
