// The names under which libraries offer the product of two float matrices. Wheels and builds with 64-bit integers put
// something before and behind the usual ones, so that two libraries can live in one process.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::blas {

/// "scipy_cblas_sgemm64_" is of C's interface, with prefix "scipy_" and suffix "64_"; of "sgemm_" the suffix is "_".
struct GemmName {
  bool is_c = false;
  std::string prefix;
  std::string suffix;

  bool has_long_integers() const { return suffix.find("64") != std::string::npos; }
  bool operator==(const GemmName&) const = default;
};

/// Absent for names that only look like it: sgemm_beta_HASWELL, cblas_sgemm_batch, mkl_blas__sgemm.
std::optional<GemmName> parse_gemm_name(std::string_view symbol);
bool is_gemm_name(std::string_view symbol);

/// The one to call: C's interface before Fortran's, usual names before others, then by length and letters. Empty when
/// there is none among them.
std::string best_gemm_name(const std::vector<std::string>& symbols);

/// What a library that offers `symbol` may call the same product in C's interface, best first.
std::vector<std::string> c_names_beside(std::string_view symbol);

}  // namespace envlock::blas
