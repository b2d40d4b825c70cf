#include <algorithm>
#include <cstring>
#include <functional>
#include <set>

#include "operands.h"
#include "sections.h"

namespace envlock::blas {
namespace {

constexpr int kPlaces = 16;           // 4 bytes apart: each address modulo 64
constexpr int kLength = 1031;         // of the vectors: longer than every unrolled loop, and no multiple of one
constexpr int kRows = 129;            // of the matrix
constexpr int kColumns = 257;         // of the matrix
constexpr std::uint32_t kFirst = 64;  // number of the first operand

/// `compute` at every place: it is given where the operand begins, and where its results go.
struct Function {
  std::string name;
  int results = 1;
  std::function<void(std::size_t offset, float* out)> compute;
};

std::vector<std::uint32_t> bits_of(const Floats& floats, std::size_t first, std::size_t count) {
  const auto words = floats.words().subspan(first, count);
  return {words.begin(), words.end()};
}

class Sweep {
 public:
  Sweep(const Product& product, const VectorFunctions& vectors, probe::TierRun& run)
      : product_(product), vectors_(vectors), run_(run) {}

  void compute() {
    for (const Function& function : functions()) try_everywhere(function);
    if (infos_.empty()) return;
    probe::SectionBuilder section("alignment", std::move(infos_), {});
    section.add(roots_);
    run_.sections.push_back(section.finish());
  }

 private:
  /// A copy of an operand that begins `offset` floats after a page.
  static Floats moved(const Floats& floats, std::size_t offset) {
    Floats copy(floats.size(), offset * sizeof(float));
    std::memcpy(copy.data(), floats.data(), floats.size() * sizeof(float));
    return copy;
  }
  static Floats operand(std::size_t count, std::uint32_t number) {
    Floats floats(count);
    fill_uniform(floats, kFirst + number);
    return floats;
  }

  std::vector<Function> functions() {
    std::vector<Function> all;
    if (vectors_.sasum) {
      all.push_back(
          {"sasum", 1, [&](std::size_t at, float* out) { *out = vectors_.sasum(kLength, moved(x_, at).data()); }});
    }
    if (vectors_.snrm2) {
      all.push_back(
          {"snrm2", 1, [&](std::size_t at, float* out) { *out = vectors_.snrm2(kLength, moved(x_, at).data()); }});
    }
    if (vectors_.sdot) {
      all.push_back({"sdot", 1, [&](std::size_t at, float* out) {
                       *out = vectors_.sdot(kLength, moved(x_, at).data(), moved(y_, at).data());
                     }});
    }
    if (vectors_.sgemv) {
      all.push_back({"sgemv", kRows, [&](std::size_t at, float* out) {
                       vectors_.sgemv(kRows, kColumns, moved(a_, at).data(), x_.data(), out);
                     }});
    }
    all.push_back({"sgemm", kRows * 17, [&](std::size_t at, float* out) {
                     const Floats a = moved(a_, at);
                     product_({kernels::GemmForm::nn, kRows, 17, kColumns, a.data(), kColumns, b_.data(), 17, out, 17});
                   }});
    return all;
  }

  void try_everywhere(const Function& function) {
    const auto results = static_cast<std::size_t>(function.results);
    Floats out(results * kPlaces);
    std::set<std::vector<std::uint32_t>> distinct;
    for (std::size_t place = 0; place < kPlaces; ++place) {
      function.compute(place, out.data() + place * results);
      distinct.insert(bits_of(out, place * results, results));
    }
    infos_.push_back({function.name, probe::ElementType::f32, {kPlaces, function.results}});
    roots_.push_back(digest_of(out.words()));
    if (distinct.size() > 1) {
      run_.variations.push_back({{"alignment", -1, function.name}, static_cast<int>(distinct.size()), kPlaces});
    }
  }

  const Product& product_;
  const VectorFunctions& vectors_;
  probe::TierRun& run_;
  Floats x_ = operand(kLength, 0);
  Floats y_ = operand(kLength, 1);
  Floats a_ = operand(static_cast<std::size_t>(kRows) * kColumns, 2);
  Floats b_ = operand(static_cast<std::size_t>(kColumns) * 17, 3);
  std::vector<probe::OpInfo> infos_;
  std::vector<core::Sha256> roots_;
};

}  // namespace

void compute_alignment(const Product& product, const VectorFunctions& vectors, probe::TierRun& run) {
  Sweep(product, vectors, run).compute();
}

void compute_rows(const Product& product, std::size_t shift, probe::TierRun& run) {
  constexpr Shape kShape = {kernels::GemmForm::nn, 64, 192, 256};
  constexpr std::uint32_t kNumber = 96;
  std::vector<probe::OpInfo> infos;
  std::vector<core::Sha256> roots;
  std::set<core::Sha256> distinct;
  for (const int rows : {64, 1, 7}) {
    Operands operands(kShape, shift);
    fill_uniform(operands.a, kNumber);
    fill_uniform(operands.b, kNumber + 1);
    for (int first = 0; first < kShape.M; first += rows) {
      kernels::Gemm gemm = operands.gemm();
      gemm.M = std::min(rows, kShape.M - first);
      gemm.a += static_cast<std::ptrdiff_t>(first) * gemm.lda;
      gemm.c += static_cast<std::ptrdiff_t>(first) * gemm.ldc;
      product(gemm);
    }
    infos.push_back({"rows." + std::to_string(rows), probe::ElementType::f32, {kShape.M, kShape.N}});
    roots.push_back(digest_of(operands.c.words()));
    distinct.insert(roots.back());
  }
  if (distinct.size() > 1) {
    run.variations.push_back(
        {{"rows", -1, "sgemm"}, static_cast<int>(distinct.size()), static_cast<int>(infos.size())});
  }
  probe::SectionBuilder section("rows", std::move(infos), {});
  section.add(roots);
  run.sections.push_back(section.finish());
}

}  // namespace envlock::blas
