#include "../../lib/blas/src/gemm_names.h"

#include "support/catch.h"

using namespace envlock::blas;
using Texts = std::vector<std::string>;

TEST_CASE("names of a matrix product are told from what only looks like one") {
  CHECK(parse_gemm_name("cblas_sgemm") == GemmName{true, "", ""});
  CHECK(parse_gemm_name("scipy_cblas_sgemm64_") == GemmName{true, "scipy_", "64_"});
  CHECK(parse_gemm_name("cblas_sgemm_64") == GemmName{true, "", "_64"});
  CHECK(parse_gemm_name("sgemm_") == GemmName{false, "", "_"});
  CHECK(parse_gemm_name("sgemm_64_") == GemmName{false, "", "_64_"});
  CHECK(parse_gemm_name("scipy_sgemm_") == GemmName{false, "scipy_", "_"});
  for (const char* name : {"", "sgemm_beta_HASWELL", "cblas_sgemm_batch", "cblas_sgemmt", "cblas_sgemm_pack_get_size",
                           "sgemmt_", "mkl_blas__sgemm", "mkl_blas_sgemm", "ATL_sgemm", "bli_sgemm",
                           "flexiblas_real_sgemm_", "cblas_dgemm", "sgemm_64__", "dsgemm_", "_sgemm_"})
    CHECK(!is_gemm_name(name));
}

TEST_CASE("of several the one to call is C's, usual before renamed") {
  CHECK(best_gemm_name({"sgemm_", "cblas_sgemm64_", "cblas_sgemm"}) == "cblas_sgemm");
  CHECK(best_gemm_name({"sgemm_", "scipy_cblas_sgemm64_"}) == "scipy_cblas_sgemm64_");
  CHECK(best_gemm_name({"sgemm_64_", "sgemm", "sgemm_"}) == "sgemm_");
  CHECK(best_gemm_name({"dgemm_"}).empty());
}

TEST_CASE("C's names beside Fortran's keep the prefix and the width of integers") {
  CHECK(c_names_beside("scipy_sgemm_") == Texts{"scipy_cblas_sgemm", "scipy_cblas_sgemm_"});
  CHECK(c_names_beside("sgemm_64_") == Texts{"cblas_sgemm64_", "cblas_sgemm_64", "cblas_sgemm_64_", "cblas_sgemm64"});
  CHECK(c_names_beside("cblas_sgemm64_") == Texts{"cblas_sgemm64_"});
  CHECK(c_names_beside("dgemm_").empty());
}
