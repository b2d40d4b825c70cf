// A BLAS loaded into this process, behind one calling convention.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "envlock/blas/sum_order.h"

namespace envlock::blas {

/// The level 1 and 2 functions that are tried at several addresses; empty where the library has none.
struct VectorFunctions {
  std::function<float(int n, const float* x)> sasum;
  std::function<float(int n, const float* x)> snrm2;
  std::function<float(int n, const float* x, const float* y)> sdot;
  /// y (M) = a (M,N) x (N), row-major.
  std::function<void(int M, int N, const float* a, const float* x, float* y)> sgemv;
};

class LoadedLibrary {
 public:
  /// Absent when it cannot be loaded or lacks the symbol; then `trouble` says why. Stays loaded to the end of the
  /// process: a BLAS may have threads that must not lose their code.
  static std::optional<LoadedLibrary> open(const std::filesystem::path& path, const std::string& symbol, bool ilp64,
                                           std::string& trouble);

  const Product& product() const { return product_; }
  const VectorFunctions& vectors() const { return vectors_; }
  /// The file that the product really comes from, as dladdr says.
  const std::filesystem::path& origin() const { return origin_; }
  /// What it tells of itself: "version", "kernel", "config".
  const std::vector<std::pair<std::string, std::string>>& description() const { return description_; }

 private:
  Product product_;
  VectorFunctions vectors_;
  std::filesystem::path origin_;
  std::vector<std::pair<std::string, std::string>> description_;
};

/// Files that are mapped with execute permission into this process, sorted, each once.
std::vector<std::string> mapped_code();

}  // namespace envlock::blas
