#include <algorithm>
#include <bit>
#include <type_traits>

#include "cublas_products.h"
#include "envlock/blas/shapes.h"

namespace envlock::blas::cublas {
namespace {

/// A descriptor that is given back.
class Owned {
 public:
  explicit Owned(Status (*destroy)(Descriptor)) : destroy_(destroy) {}
  ~Owned() {
    if (descriptor_ != nullptr) destroy_(descriptor_);
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  Descriptor* out() { return &descriptor_; }
  Descriptor get() const { return descriptor_; }

 private:
  Status (*destroy_)(Descriptor);
  Descriptor descriptor_ = nullptr;
};

/// What the address is a multiple of; algorithms that load wide words ask for no more than 256.
std::uint32_t alignment_of(const float* address) {
  return std::min<std::uint32_t>(256,
                                 std::uint32_t{1} << std::countr_zero(std::bit_cast<std::uintptr_t>(address) | 256));
}

/// How a stored matrix, row-major, looks to a library of the other order.
struct Stored {
  int rows = 0;  ///< that it sees
  int columns = 0;
  int ld = 0;
};

void make_layout(const LtFunctions& functions, const Stored& matrix, Owned& layout) {
  check(functions.create_layout(layout.out(), kReal32, static_cast<std::uint64_t>(matrix.rows),
                                static_cast<std::uint64_t>(matrix.columns), matrix.ld),
        "cublasLtMatrixLayoutCreate");
}

}  // namespace

LtMatmul::LtMatmul(const LtFunctions& functions, probe::CudaWorkplace& gpu, const Workspace& workspace)
    : functions_(functions),
      operands_(std::make_shared<DeviceOperands>(gpu)),
      workspace_(workspace),
      stream_(gpu.stream()) {
  check(functions.create(&handle_), "cublasLtCreate");
}

Product LtMatmul::product() {
  return [this](const kernels::Gemm& gemm) {
    operands_->run(gemm, [&](const DevicePointers& pointers) { multiply(gemm, pointers); });
  };
}

/// The transposed of c is b's times a's: its first matrix is our b, its second our a.
void LtMatmul::multiply(const kernels::Gemm& g, const DevicePointers& at) {
  const LtFunctions& f = functions_;
  const bool turned_b = g.form == kernels::GemmForm::nt;
  const bool turned_a = g.form == kernels::GemmForm::tn;
  Owned product(f.destroy_product), first(f.destroy_layout), second(f.destroy_layout), result(f.destroy_layout);
  check(f.create_product(product.out(), kCompute32, kReal32), "cublasLtMatmulDescCreate");
  const auto set_product = [&](ProductAttribute attribute, std::int32_t value) {
    check(f.set_product(product.get(), attribute, &value, sizeof value), "cublasLtMatmulDescSetAttribute");
  };
  set_product(transpose_a, turned_b ? transposed : as_it_is);
  set_product(transpose_b, turned_a ? transposed : as_it_is);
  make_layout(f, {turned_b ? g.K : g.N, turned_b ? g.N : g.K, g.ldb}, first);
  make_layout(f, {turned_a ? g.M : g.K, turned_a ? g.K : g.M, g.lda}, second);
  make_layout(f, {g.N, g.M, g.ldc}, result);

  Owned preference(f.destroy_preference);
  check(f.create_preference(preference.out()), "cublasLtMatmulPreferenceCreate");
  const auto prefer = [&](PreferenceAttribute attribute, auto value) {
    check(f.set_preference(preference.get(), attribute, &value, sizeof value), "cublasLtMatmulPreferenceSetAttribute");
  };
  prefer(most_workspace, std::uint64_t{workspace_.bytes});
  prefer(alignment_a, alignment_of(at.b));
  prefer(alignment_b, alignment_of(at.a));
  prefer(alignment_c, alignment_of(at.c));
  prefer(alignment_d, alignment_of(at.c));

  Heuristic found{};
  int count = 0;
  check(f.find_algorithm(handle_, product.get(), first.get(), second.get(), result.get(), result.get(),
                         preference.get(), 1, &found, &count),
        "cublasLtMatmulAlgoGetHeuristic");
  const std::string name = name_of(Shape{g.form, g.M, g.N, g.K});
  if (count < 1) throw Failure("`cublasLtMatmulAlgoGetHeuristic` knows no algorithm for " + name);
  check(found.state, "cublasLtMatmulAlgoGetHeuristic");
  if (!algorithms_.contains(name)) algorithms_[name] = describe(found.algorithm);
  const float one = 1, zero = 0;
  void* const memory = std::bit_cast<void*>(static_cast<std::uintptr_t>(workspace_.address));
  check(f.multiply(handle_, product.get(), &one, at.b, first.get(), at.a, second.get(), &zero, at.c, result.get(), at.c,
                   result.get(), &found.algorithm, memory, workspace_.bytes, stream_),
        "cublasLtMatmul");
}

std::string LtMatmul::describe(const Algorithm& algorithm) const {
  std::string words;
  const auto add = [&](const char* name, AlgorithmAttribute attribute, auto value) {
    std::size_t written = 0;
    const Status status = functions_.algorithm_attribute(&algorithm, attribute, &value, sizeof value, &written);
    if (status != kSuccess) return;  // an older library has fewer
    words += (words.empty() ? "" : ", ") + std::string(name) + " " + std::to_string(value);
  };
  add("id", algorithm_id, std::int32_t{0});
  add("tile", tile, std::uint32_t{0});
  add("stages", stages, std::uint32_t{0});
  add("split-K", split_k, std::int32_t{0});
  add("reduction", reduction_scheme, std::uint32_t{0});
  add("swizzling", swizzling, std::uint32_t{0});
  add("option", custom_option, std::uint32_t{0});
  add("inner shape", inner_shape, std::uint16_t{0});
  add("cluster", cluster_shape, std::uint16_t{0});
  return words;
}

Facts LtMatmul::facts() const {
  Facts facts = {{"version", format_version(static_cast<int>(functions_.version()))}};
  for (const Shape& shape : battery_shapes()) {
    const auto found = algorithms_.find(name_of(shape));
    if (found != algorithms_.end()) facts.emplace_back("algorithm " + found->first, found->second);
  }
  return facts;
}

}  // namespace envlock::blas::cublas
