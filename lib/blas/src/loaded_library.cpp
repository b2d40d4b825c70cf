#include "loaded_library.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>

#include "envlock/core/text.h"

namespace envlock::blas {
namespace {

// The constants of the C interface.
constexpr int kRowMajor = 101;
constexpr int kNoTranspose = 111;
constexpr int kTranspose = 112;

template <typename Function>
Function* look_up(void* library, const std::string& name) {
  void* const symbol = dlsym(library, name.c_str());
  Function* function = nullptr;
  static_assert(sizeof function == sizeof symbol);
  std::memcpy(&function, &symbol, sizeof symbol);
  return function;
}

/// A name of the same make as the product's: "scipy_cblas_sgemm64_" and "sdot" give "scipy_cblas_sdot64_".
std::string sibling(const std::string& product, const std::string& name) {
  std::string result = product;
  const std::size_t at = result.rfind("sgemm");
  return at == std::string::npos ? name : result.replace(at, std::strlen("sgemm"), name);
}

bool is_c_interface(const std::string& product) {
  return product.find("cblas_") != std::string::npos;
}

bool transposed_a(kernels::GemmForm form) {
  return form == kernels::GemmForm::tn;
}
bool transposed_b(kernels::GemmForm form) {
  return form == kernels::GemmForm::nt;
}

template <typename Int>
Product c_product(void* library, const std::string& name) {
  using Sgemm = void(int, int, int, Int, Int, Int, float, const float*, Int, const float*, Int, float, float*, Int);
  Sgemm* const sgemm = look_up<Sgemm>(library, name);
  if (sgemm == nullptr) return {};
  return [sgemm](const kernels::Gemm& g) {
    sgemm(kRowMajor, transposed_a(g.form) ? kTranspose : kNoTranspose, transposed_b(g.form) ? kTranspose : kNoTranspose,
          g.M, g.N, g.K, 1.0f, g.a, g.lda, g.b, g.ldb, 0.0f, g.c, g.ldc);
  };
}

/// Fortran's matrices lie the other way round: it is asked for the transposed of c, which is b's times a's.
template <typename Int>
Product fortran_product(void* library, const std::string& name) {
  using Sgemm = void(const char*, const char*, const Int*, const Int*, const Int*, const float*, const float*,
                     const Int*, const float*, const Int*, const float*, float*, const Int*);
  Sgemm* const sgemm = look_up<Sgemm>(library, name);
  if (sgemm == nullptr) return {};
  return [sgemm](const kernels::Gemm& g) {
    const char first = transposed_b(g.form) ? 'T' : 'N';
    const char second = transposed_a(g.form) ? 'T' : 'N';
    const Int m = g.N, n = g.M, k = g.K, lda = g.ldb, ldb = g.lda, ldc = g.ldc;
    const float one = 1, zero = 0;
    sgemm(&first, &second, &m, &n, &k, &one, g.b, &lda, g.a, &ldb, &zero, g.c, &ldc);
  };
}

template <typename Int>
VectorFunctions c_vectors(void* library, const std::string& product) {
  using Norm = float(Int, const float*, Int);
  using Dot = float(Int, const float*, Int, const float*, Int);
  using Gemv = void(int, int, Int, Int, float, const float*, Int, const float*, Int, float, float*, Int);
  VectorFunctions functions;
  if (Norm* const f = look_up<Norm>(library, sibling(product, "sasum"))) {
    functions.sasum = [f](int n, const float* x) { return f(n, x, 1); };
  }
  if (Norm* const f = look_up<Norm>(library, sibling(product, "snrm2"))) {
    functions.snrm2 = [f](int n, const float* x) { return f(n, x, 1); };
  }
  if (Dot* const f = look_up<Dot>(library, sibling(product, "sdot"))) {
    functions.sdot = [f](int n, const float* x, const float* y) { return f(n, x, 1, y, 1); };
  }
  if (Gemv* const f = look_up<Gemv>(library, sibling(product, "sgemv"))) {
    functions.sgemv = [f](int M, int N, const float* a, const float* x, float* y) {
      f(kRowMajor, kNoTranspose, M, N, 1.0f, a, N, x, 1, 0.0f, y, 1);
    };
  }
  return functions;
}

template <typename Int>
VectorFunctions fortran_vectors(void* library, const std::string& product) {
  // A function that returns a REAL returns it as a float, or as a double in the f2c convention: only sgemv is safe.
  using Gemv = void(const char*, const Int*, const Int*, const float*, const float*, const Int*, const float*,
                    const Int*, const float*, float*, const Int*);
  VectorFunctions functions;
  if (Gemv* const f = look_up<Gemv>(library, sibling(product, "sgemv"))) {
    functions.sgemv = [f](int M, int N, const float* a, const float* x, float* y) {
      const char transpose = 'T';
      const Int rows = N, columns = M, step = 1;
      const float one = 1, zero = 0;
      f(&transpose, &rows, &columns, &one, a, &rows, x, &step, &zero, y, &step);
    };
  }
  return functions;
}

/// What each library tells of itself, by the function that tells it. All take nothing and return a text.
std::vector<std::pair<std::string, std::string>> describe_itself(void* library, const std::string& product) {
  using Text = const char*();
  std::vector<std::pair<std::string, std::string>> description;
  const auto ask = [&](const char* key, const std::string& name) {
    Text* const function = look_up<Text>(library, name);
    const char* const text = function == nullptr ? nullptr : function();
    if (text != nullptr) description.emplace_back(key, core::printable(core::trim(text), 200));
  };
  const std::size_t at = product.find("cblas_sgemm");
  const std::string before = at == std::string::npos ? "" : product.substr(0, at);
  const std::string after = at == std::string::npos ? "" : product.substr(at + std::strlen("cblas_sgemm"));
  ask("kernel", before + "openblas_get_corename" + after);
  ask("config", before + "openblas_get_config" + after);
  ask("version", "bli_info_get_version_str");
  using ArchId = int();
  using ArchName = const char*(int);
  ArchId* const id = look_up<ArchId>(library, "bli_arch_query_id");
  ArchName* const name = look_up<ArchName>(library, "bli_arch_string");
  if (id != nullptr && name != nullptr) {
    // Asked before it is set up, BLIS takes every BLIS_ARCH_TYPE for a mistake and aborts.
    using SetUp = void();
    if (SetUp* const set_up = look_up<SetUp>(library, "bli_init")) set_up();
    if (const char* const text = name(id())) description.emplace_back("kernel", core::printable(text, 60));
    description.emplace_back("kernel_number", std::to_string(id()));
  }
  using MklVersion = void(char*, int);
  if (MklVersion* const mkl = look_up<MklVersion>(library, "MKL_Get_Version_String")) {
    char text[256] = {};
    mkl(text, sizeof text - 1);
    description.emplace_back("version", core::printable(core::trim(text), 200));
  }
  return description;
}

std::filesystem::path origin_of(void* library, const std::string& symbol) {
  Dl_info info{};
  void* const address = dlsym(library, symbol.c_str());
  if (address == nullptr || dladdr(address, &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(info.dli_fname, error);
  return error ? std::filesystem::path(info.dli_fname) : real;
}

constexpr int kMostCompanions = 16;

/// A wheel's library may find its companions only through the module that asks for it, whose DT_RPATH counts for all
/// that it needs. Loaded alone, they are taken from its own folder, where wheels have them.
void* load(const std::filesystem::path& path, int depth, std::string& trouble) {
  constexpr std::string_view kMissing = ": cannot open shared object file";
  for (int companions = 0;; ++companions) {
    if (void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL); library != nullptr) return library;
    const char* const words = dlerror();
    trouble = words == nullptr ? "the dynamic linker refuses it" : words;
    const std::size_t end = trouble.find(kMissing);
    if (end == std::string::npos || depth == 0 || companions == kMostCompanions) return nullptr;
    const std::filesystem::path companion = path.parent_path() / trouble.substr(0, end);
    std::error_code error;
    if (companion == path || !std::filesystem::exists(companion, error)) return nullptr;
    std::string ignored;
    if (load(companion, depth - 1, ignored) == nullptr) return nullptr;
  }
}

}  // namespace

std::optional<LoadedLibrary> LoadedLibrary::open(const std::filesystem::path& path, const std::string& symbol,
                                                 bool ilp64, std::string& trouble) {
  constexpr int kMostDepth = 4;
  void* const library = load(path, kMostDepth, trouble);
  if (library == nullptr) {
    trouble = core::printable(trouble, 400);
    return std::nullopt;
  }
  LoadedLibrary loaded;
  const bool c = is_c_interface(symbol);
  if (ilp64) {
    loaded.product_ = c ? c_product<std::int64_t>(library, symbol) : fortran_product<std::int64_t>(library, symbol);
    loaded.vectors_ = c ? c_vectors<std::int64_t>(library, symbol) : fortran_vectors<std::int64_t>(library, symbol);
  } else {
    loaded.product_ = c ? c_product<std::int32_t>(library, symbol) : fortran_product<std::int32_t>(library, symbol);
    loaded.vectors_ = c ? c_vectors<std::int32_t>(library, symbol) : fortran_vectors<std::int32_t>(library, symbol);
  }
  if (!loaded.product_) {
    trouble = "it has no function `" + core::printable(symbol, 80) + "`";
    return std::nullopt;
  }
  loaded.origin_ = origin_of(library, symbol);
  loaded.description_ = describe_itself(library, symbol);
  return loaded;
}

std::vector<std::string> mapped_code() {
  std::vector<std::string> files;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const std::size_t path = line.find('/');
    const std::size_t rights = line.find(' ');
    if (path == std::string::npos || rights == std::string::npos || line.size() < rights + 5) continue;
    if (line[rights + 3] == 'x') files.push_back(line.substr(path));
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

}  // namespace envlock::blas
