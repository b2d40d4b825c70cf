#include "envlock/blas/compute.h"

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <iterator>

#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/probe/cpu_backend.h"
#include "envlock/probe/machine.h"
#include "sections.h"

namespace envlock::blas {
namespace {

constexpr int kCheckedThreads = 2;  // the caller's, and one that was made afterwards
constexpr int kBoundedSteps = 2;    // the steps whose every product is held against the bound

std::string from_prefix(const std::filesystem::path& file, const std::filesystem::path& prefix, bool& outside) {
  std::error_code error;
  const std::filesystem::path root = std::filesystem::weakly_canonical(prefix, error);
  const std::filesystem::path relative = file.lexically_relative(root);
  outside = prefix.empty() || error || relative.empty() || *relative.begin() == "..";
  return outside ? file.string() : relative.string();
}

/// What was mapped since, but for the dynamic linker's own.
std::vector<probe::MappedFile> newly_mapped(const std::vector<std::string>& before,
                                            const std::filesystem::path& prefix) {
  const std::vector<std::string> now = mapped_code();
  std::vector<std::string> added;
  std::set_difference(now.begin(), now.end(), before.begin(), before.end(), std::back_inserter(added));
  std::vector<probe::MappedFile> files;
  for (const std::string& path : added) {
    probe::MappedFile file;
    file.path = from_prefix(path, prefix, file.outside);
    try {
      file.sha256 = core::sha256(core::read_file(path));
    } catch (const core::Error&) {
      continue;  // deleted since it was mapped, or no file at all
    }
    files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

class Computation {
 public:
  explicit Computation(const ComputeOptions& options) : options_(options) {
    run_.tier = "blas";
    run_.subject = options.subject;
    run_.spec = probe::kTiersVersion;
    run_.threads = options.threads;
    run_.environment = probe::numeric_environment();
  }

  probe::TierRun run() {
    const auto begin = std::chrono::steady_clock::now();
    const std::vector<std::string> mapped = mapped_code();
    run_.canaries_before = probe::run_canaries(kCheckedThreads);
    std::string trouble;
    stage("loading");
    const auto library = LoadedLibrary::open(options_.library, options_.symbol, options_.ilp64, trouble);
    check_environment();
    if (!library) {
      bool outside = false;
      run_.details.emplace_back("library", from_prefix(options_.library, options_.prefix, outside));
      run_.outcome = probe::TierRun::Outcome::unusable;
      run_.trouble = trouble;
      run_.stage = "loading";
      return std::move(run_);
    }
    describe(*library);
    compute(*library);
    check_environment();  // a library may change it in its first call
    run_.mapped = newly_mapped(mapped, options_.prefix);
    probe::seal(run_);
    run_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return std::move(run_);
  }

 private:
  void stage(std::string_view name) const {
    if (options_.stage) options_.stage(name);
  }

  void check_environment() {
    run_.canaries_after = probe::run_canaries(kCheckedThreads);
    run_.fp_settings = probe::found_fp_settings(kCheckedThreads);
  }

  void describe(const LoadedLibrary& library) {
    bool outside = false;
    run_.details.emplace_back("library", from_prefix(library.origin(), options_.prefix, outside));
    run_.details.emplace_back("function", options_.symbol);
    run_.details.emplace_back("integers", options_.ilp64 ? "64 bits" : "32 bits");
    run_.details.insert(run_.details.end(), library.description().begin(), library.description().end());
  }

  void compute(const LoadedLibrary& library) {
    const Product& product = library.product();
    const probe::Plan plan = probe::make_plan(probe::find_size(options_.size));
    const int steps = options_.steps == 0 ? plan.size.steps : std::min(options_.steps, plan.size.steps);
    Reference reference;
    stage("integers");
    compute_integers(product, reference, options_.shift, run_);
    stage("battery");
    compute_battery(product, reference, options_.shift, run_);
    stage("alignment");
    compute_alignment(library, run_);
    stage("rows");
    compute_rows(product, options_.shift, run_);
    stage("bounds");
    check_training_bounds(product, plan, std::min(steps, kBoundedSteps), run_);
    stage("order");
    run_.orders = read_sum_orders(product, {});
    stage("training");
    compute_training(product, plan, steps, run_);
  }

  const ComputeOptions& options_;
  probe::TierRun run_;
};

}  // namespace

probe::TierRun compute(const ComputeOptions& options) {
  return Computation(options).run();
}

LoadCheck load_and_check(const std::filesystem::path& library) {
  LoadCheck check;
  check.loaded = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL) != nullptr;
  if (!check.loaded) {
    const char* const words = dlerror();
    check.trouble = words == nullptr ? "the dynamic linker refuses it" : core::printable(words, 400);
  }
  check.canaries = probe::run_canaries(kCheckedThreads);
  check.fp_settings = probe::found_fp_settings(kCheckedThreads);
  check.mapped = mapped_code();
  return check;
}

}  // namespace envlock::blas
