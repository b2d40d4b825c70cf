#include "tier_work.h"

#include <algorithm>
#include <iterator>

#include "envlock/probe/cpu_backend.h"
#include "envlock/probe/machine.h"
#include "sections.h"

namespace envlock::blas {
namespace {

constexpr int kCheckedThreads = 2;  // the caller's, and one that was made afterwards
constexpr int kBoundedSteps = 2;    // the steps whose every product is held against the bound

}  // namespace

void compute_sections(const Product& product, const VectorFunctions& vectors, const SectionOptions& options,
                      probe::TierRun& run) {
  const auto stage = [&](std::string_view name) {
    if (options.stage) options.stage(name);
  };
  const probe::Plan plan = probe::make_plan(probe::find_size(options.size));
  const int steps = options.steps == 0 ? plan.size.steps : std::min(options.steps, plan.size.steps);
  Reference reference(options.operand_error);
  stage("integers");
  compute_integers(product, reference, options.shift, run);
  stage("battery");
  compute_battery(product, reference, options.shift, run);
  if (options.battery && run.sections.back().record.root != *options.battery) return;
  stage("alignment");
  compute_alignment(product, vectors, run);
  stage("rows");
  compute_rows(product, options.shift, run);
  stage("bounds");
  check_training_bounds(product, reference, plan, std::min(steps, kBoundedSteps), run);
  stage("order");
  run.orders = read_sum_orders(product, {});
  stage("training");
  compute_training(product, plan, steps, run);
}

std::vector<probe::Canary> check_canaries() {
  return probe::run_canaries(kCheckedThreads);
}

void check_environment(probe::TierRun& run) {
  run.canaries_after = check_canaries();
  run.fp_settings = probe::found_fp_settings(kCheckedThreads);
}

std::string from_prefix(const std::filesystem::path& file, const std::filesystem::path& prefix, bool& outside) {
  std::error_code error;
  const std::filesystem::path root = std::filesystem::weakly_canonical(prefix, error);
  const std::filesystem::path relative = file.lexically_relative(root);
  outside = prefix.empty() || error || relative.empty() || *relative.begin() == "..";
  return outside ? file.string() : relative.string();
}

std::vector<probe::MappedFile> newly_mapped(const std::vector<std::string>& before,
                                            const std::filesystem::path& prefix) {
  const std::vector<std::string> now = mapped_code();
  std::vector<std::string> added;
  std::set_difference(now.begin(), now.end(), before.begin(), before.end(), std::back_inserter(added));
  std::vector<probe::MappedFile> files;
  for (const std::string& path : added) {
    probe::MappedFile file;
    file.path = from_prefix(path, prefix, file.outside);
    files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

}  // namespace envlock::blas
