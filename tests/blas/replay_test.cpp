#include "envlock/blas/replay.h"

#include "envlock/blas/cublas.h"

#include "support/catch.h"

using namespace envlock;
using blas::Change;

namespace {

std::vector<std::string> causes_of(const std::vector<Change>& changes) {
  std::vector<std::string> causes;
  for (const Change& change : changes) causes.push_back(change.cause);
  return causes;
}

}  // namespace

TEST_CASE("variables that steer are those that choose code, and numbers of threads that nobody else set") {
  CHECK(blas::steering_variables({{"HOME", "/root"},
                                  {"OPENBLAS_CORETYPE", "Haswell"},
                                  {"MKL_CBWR", ""},
                                  {"OMP_NUM_THREADS", "1"},
                                  {"OPENBLAS_NUM_THREADS", "4"}},
                                 1) ==
        std::map<std::string, std::string>{{"OPENBLAS_CORETYPE", "Haswell"}, {"OPENBLAS_NUM_THREADS", "4"}});
}

TEST_CASE("variables are put back to what they were when the run was accepted") {
  probe::AcceptedTier accepted;
  accepted.variables = {{"BLIS_ARCH_TYPE", "3"}, {"MKL_CBWR", "AVX2"}, {"OPENBLAS_CORETYPE", "Zen"}};
  const probe::TierRun now;
  const blas::Situation situation{
      .now = &now,
      .accepted = &accepted,
      .environment = {{"MKL_CBWR", "AVX2"}, {"NPY_DISABLE_CPU_FEATURES", "FMA3"}, {"OPENBLAS_CORETYPE", "Haswell"}},
      .isa = {}};
  const std::vector<Change> changes = blas::changed_variables(situation);
  CHECK(causes_of(changes) ==
        std::vector<std::string>{
            "`BLIS_ARCH_TYPE=3` was set when the baseline was accepted, and is not now",
            "`NPY_DISABLE_CPU_FEATURES=FMA3` is set, and was not when the baseline was accepted",
            "`OPENBLAS_CORETYPE=Haswell` is set, and was `OPENBLAS_CORETYPE=Zen` when the baseline was accepted"});
  CHECK(changes[0].variables.at("BLIS_ARCH_TYPE") == "3");
  CHECK(changes[1].variables.at("NPY_DISABLE_CPU_FEATURES") == std::nullopt);
  CHECK(changes[2].variables.at("OPENBLAS_CORETYPE") == "Zen");
}

TEST_CASE("changes are combined where they do not contradict each other") {
  const Change kernel{.variables = {{"OPENBLAS_CORETYPE", "Zen"}}, .elsewhere = {}, .cause = "k", .remedy = "kernel"};
  const Change other{.variables = {{"OPENBLAS_CORETYPE", "Haswell"}}, .elsewhere = {}, .cause = "o", .remedy = "other"};
  const Change threads{.variables = {}, .threads = 2, .elsewhere = {}, .cause = "t", .remedy = "threads"};
  const Change foreign{.variables = {{"MKL_CBWR", "AVX512"}}, .elsewhere = "avx512f", .cause = "f", .remedy = ""};
  CHECK_FALSE(blas::combined({kernel, other}));
  CHECK_FALSE(blas::combined({threads, threads}));
  CHECK_FALSE(blas::combined({kernel, foreign}));
  const std::optional<Change> both = blas::combined({threads, kernel});
  REQUIRE(both);
  CHECK(both->threads == 2);
  CHECK(both->variables.at("OPENBLAS_CORETYPE") == "Zen");
  CHECK(both->cause == "t; and k");
  CHECK(both->remedy == "threads; and kernel");
  CHECK(blas::same(*both, *blas::combined({kernel, threads})));
}

TEST_CASE("the kernel that the baseline names comes first, then what the library has besides, then threads") {
  probe::TierRun now;
  now.details = {{"library", "lib/libopenblas.so.0"}, {"kernel", "Zen"}};
  probe::AcceptedTier accepted;
  accepted.details = {{"kernel", "Nehalem"}};
  const std::vector<Change> changes =
      blas::suspects({.now = &now, .accepted = &accepted, .environment = {}, .isa = {"avx", "avx2"}});
  REQUIRE(changes.size() > 4);
  CHECK(changes.front().variables.at("OPENBLAS_CORETYPE") == "Nehalem");
  CHECK(changes.back().threads == 4);
  CHECK(changes.back().remedy ==
        "variables: {OPENBLAS_NUM_THREADS: 4, OMP_NUM_THREADS: 4}  in environment.yml, then lock");
  for (const Change& change : changes) {
    const auto kernel = change.variables.find("OPENBLAS_CORETYPE");
    if (kernel != change.variables.end() && kernel->second == "SkylakeX") CHECK(change.elsewhere == "avx512f");
    if (kernel != change.variables.end() && kernel->second == "Haswell") CHECK(change.elsewhere.empty());
  }
}

TEST_CASE("cuBLAS's workspace steers where it is not the usual one, and suspects leave out what is set already") {
  CHECK(blas::steering_variables({{"CUBLAS_WORKSPACE_CONFIG", ":4096:8"}}, 1).empty());
  CHECK(blas::steering_variables({{"CUBLAS_WORKSPACE_CONFIG", ":16:8"}}, 1).size() == 1);
  const probe::TierRun now{.tier = "cublas", .subject = "sgemm"};
  std::vector<std::string> remedies;
  for (const Change& change :
       blas::cublas_suspects({.now = &now,
       .environment = {{"CUBLAS_WORKSPACE_CONFIG", ":4096:8"}, {"CUBLAS_EMULATE_SINGLE_PRECISION", "0"}},
       .isa = {}})) {
    remedies.push_back(change.remedy);
  }
  CHECK(remedies == std::vector<std::string>{
                        "variables: {NVIDIA_TF32_OVERRIDE: \"0\"}  in environment.yml, then lock",
                        "variables: {CUBLAS_WORKSPACE_CONFIG: \":16:8\"}  in environment.yml, then lock",
                        "variables: {CUBLAS_WORKSPACE_CONFIG: \":4096:2:16:8\"}  in environment.yml, then lock"});
}
