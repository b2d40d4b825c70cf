#include "envlock/blas/compute.h"

#include <cstdlib>

#include "support/catch.h"
#include "support/temporary_folder.h"

using namespace envlock;

namespace {

/// A library with a plain product; empty where there is no compiler.
std::filesystem::path plain_library(const envlock_test::TemporaryFolder& folder) {
  const std::filesystem::path library = folder.path() / "libplain.so";
  const std::string code =
      "void cblas_sgemm(int o, int ta, int tb, int m, int n, int k, float x, const float* a, int lda, const float* b, "
      "int ldb, float y, float* c, int ldc) { for (int i = 0; i < m; ++i) for (int j = 0; j < n; ++j) { float s = 0; "
      "for (int l = 0; l < k; ++l) s += (ta == 111 ? a[i * lda + l] : a[l * lda + i]) * (tb == 111 ? b[l * ldb + j] : "
      "b[j * ldb + l]); c[i * ldc + j] = x * s; } }";
  const std::string command =
      "printf '%s' '" + code + "' | cc -x c - -O2 -shared -fPIC -o '" + library.string() + "' 2>/dev/null";
  return std::system(command.c_str()) == 0 ? library : std::filesystem::path();
}

std::vector<std::string> names_of(const probe::TierRun& run) {
  std::vector<std::string> names;
  for (const probe::Section& section : run.sections) names.push_back(section.name);
  return names;
}

}  // namespace

TEST_CASE("nothing is computed after a battery that is not the one that is looked for") {
  const envlock_test::TemporaryFolder folder;
  blas::ComputeOptions options{.library = plain_library(folder), .subject = "plain", .steps = 1};
  if (options.library.empty()) return;
  options.battery = core::Sha256{};
  const probe::TierRun stopped = blas::compute(options);
  CHECK(names_of(stopped) == std::vector<std::string>{"integers", "battery"});
  options.battery = stopped.sections.back().record.root;
  const probe::TierRun went_on = blas::compute(options);
  CHECK(names_of(went_on) == std::vector<std::string>{"integers", "battery", "alignment", "rows", "training"});
  CHECK(went_on.sections[1] == stopped.sections[1]);
}
