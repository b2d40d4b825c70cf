#include "cublas_library.h"

#include <dlfcn.h>

#include <array>
#include <cstring>
#include <utility>

#include "envlock/core/text.h"

namespace envlock::blas::cublas {
namespace {

constexpr std::array<std::pair<Status, const char*>, 9> kStatusNames = {{{1, "NOT_INITIALIZED"},
                                                                         {3, "ALLOC_FAILED"},
                                                                         {7, "INVALID_VALUE"},
                                                                         {8, "ARCH_MISMATCH"},
                                                                         {11, "MAPPING_ERROR"},
                                                                         {13, "EXECUTION_FAILED"},
                                                                         {14, "INTERNAL_ERROR"},
                                                                         {15, "NOT_SUPPORTED"},
                                                                         {16, "LICENSE_ERROR"}}};

std::string name_of(Status status) {
  for (const auto& [number, name] : kStatusNames) {
    if (number == status) return std::string("CUBLAS_STATUS_") + name;
  }
  return "status " + std::to_string(status);
}

void* open(const std::filesystem::path& path) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library != nullptr) return library;
  const char* const words = dlerror();
  throw Failure(words == nullptr ? "the dynamic linker refuses it" : core::printable(words, 400));
}

template <typename Function>
bool look_up(void* library, const char* symbol, Function*& function) {
  void* const address = dlsym(library, symbol);
  static_assert(sizeof function == sizeof address);
  std::memcpy(&function, &address, sizeof address);
  return address != nullptr;
}

template <typename Function>
void need(void* library, const char* symbol, Function*& function) {
  if (!look_up(library, symbol, function)) throw Failure(std::string("it has no function `") + symbol + "`");
}

/// The file that a function really comes from.
template <typename Function>
std::filesystem::path origin_of(Function* function) {
  void* address = nullptr;
  std::memcpy(&address, &function, sizeof address);
  Dl_info info{};
  if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(info.dli_fname, error);
  return error ? std::filesystem::path(info.dli_fname) : real;
}

}  // namespace

void check(Status status, const char* call) {
  if (status != kSuccess) throw Failure(std::string("`") + call + "` answered " + name_of(status));
}

Loaded load(const CublasLibrary& library, bool need_lt) {
  void* const lt = library.cublaslt.empty() ? nullptr : open(library.cublaslt);
  void* const cublas = open(library.cublas);
  Loaded loaded;
#define ENVLOCK_CUBLAS_LOAD(name, symbol, result, parameters) need(cublas, #symbol, loaded.functions.name);
  ENVLOCK_CUBLAS_FUNCTIONS(ENVLOCK_CUBLAS_LOAD)
#undef ENVLOCK_CUBLAS_LOAD
  look_up(cublas, "cublasSetWorkspace_v2", loaded.functions.set_workspace);
  if (library.function == "cublasGemmEx") need(cublas, "cublasGemmEx", loaded.functions.gemm_ex);
  loaded.origin = origin_of(loaded.functions.sgemm);
  if (!need_lt) return loaded;
  if (lt == nullptr) throw Failure("there is no libcublasLt beside it");
#define ENVLOCK_CUBLAS_LOAD(name, symbol, result, parameters) need(lt, #symbol, loaded.lt.name);
  ENVLOCK_CUBLASLT_FUNCTIONS(ENVLOCK_CUBLAS_LOAD)
#undef ENVLOCK_CUBLAS_LOAD
  loaded.lt_origin = origin_of(loaded.lt.multiply);
  return loaded;
}

std::string format_version(int version) {
  return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

}  // namespace envlock::blas::cublas
