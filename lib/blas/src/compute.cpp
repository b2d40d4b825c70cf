#include "envlock/blas/compute.h"

#include <dlfcn.h>

#include <chrono>

#include "envlock/core/diagnostic.h"
#include "envlock/core/file.h"
#include "envlock/core/text.h"
#include "envlock/probe/machine.h"
#include "loaded_library.h"
#include "tier_work.h"

namespace envlock::blas {
namespace {

/// Files that were deleted since they were mapped, or are none at all, are left out.
void add_digests(const std::filesystem::path& prefix, std::vector<probe::MappedFile>& files) {
  std::erase_if(files, [&](probe::MappedFile& file) {
    try {
      file.sha256 = core::sha256(core::read_file(file.outside ? std::filesystem::path(file.path) : prefix / file.path));
      return false;
    } catch (const core::Error&) {
      return true;
    }
  });
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
    run_.canaries_before = check_canaries();
    std::string trouble;
    stage("loading");
    const auto library = LoadedLibrary::open(options_.library, options_.symbol, options_.ilp64, trouble);
    check_environment(run_);
    if (!library) {
      bool outside = false;
      run_.details.emplace_back("library", from_prefix(options_.library, options_.prefix, outside));
      run_.outcome = probe::TierRun::Outcome::unusable;
      run_.trouble = trouble;
      run_.stage = "loading";
      return std::move(run_);
    }
    describe(*library);
    compute_sections(library->product(), library->vectors(),
                     {.size = options_.size,
                      .steps = options_.steps,
                      .shift = options_.shift,
                      .stage = options_.stage,
                      .operand_error = 0,
                      .battery = options_.battery},
                     run_);
    check_environment(run_);  // a library may change it in its first call
    run_.mapped = newly_mapped(mapped, options_.prefix);
    add_digests(options_.prefix, run_.mapped);
    probe::seal(run_);
    run_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return std::move(run_);
  }

 private:
  void stage(std::string_view name) const {
    if (options_.stage) options_.stage(name);
  }

  void describe(const LoadedLibrary& library) {
    bool outside = false;
    run_.details.emplace_back("library", from_prefix(library.origin(), options_.prefix, outside));
    run_.details.emplace_back("function", options_.symbol);
    run_.details.emplace_back("integers", options_.ilp64 ? "64 bits" : "32 bits");
    run_.details.insert(run_.details.end(), library.description().begin(), library.description().end());
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
  probe::TierRun found;
  check_environment(found);
  check.canaries = std::move(found.canaries_after);
  check.fp_settings = std::move(found.fp_settings);
  check.mapped = mapped_code();
  return check;
}

}  // namespace envlock::blas
