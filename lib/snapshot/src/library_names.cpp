#include "library_names.h"

#include <algorithm>
#include <array>

#include "envlock/core/text.h"

namespace envlock::snapshot {
namespace {

struct Entry {
  std::string_view stem;
  LibraryKind kind;
};

constexpr LibraryKind kOpenblas{"blas", "openblas", "openblas", "OpenBLAS ", true};

// By stem: what stands between "lib" and ".so".
constexpr std::array kEntries = {
    Entry{"blas", {"blas", "netlib", "libblas", "", true, true}},
    Entry{"cblas", {"blas", "netlib", "libcblas", "", true, true}},
    Entry{"lapack", {"lapack", "netlib", "liblapack", "", true, true}},
    Entry{"lapacke", {"lapack", "netlib", "liblapacke", "", true, true}},
    Entry{"mkl_rt", {"blas", "mkl", "mkl", "Math Kernel Library Version "}},
    Entry{"blis", {"blas", "blis", "blis", ""}},
    Entry{"blis-mt", {"blas", "blis", "blis", ""}},
    Entry{"flexiblas", {"blas", "flexiblas", "flexiblas", ""}},
    Entry{"satlas", {"blas", "atlas", "atlas", "", true}},
    Entry{"tatlas", {"blas", "atlas", "atlas", "", true}},
    Entry{"atlas", {"blas", "atlas", "atlas", "", true}},
    Entry{"vecLibFort-ng", {"blas", "accelerate", "", ""}},
    Entry{"nvblas", {"blas", "nvblas", "cublas", "", true}},
    Entry{"cublas", {"cublas", "cublas", "cublas", "", true}},
    Entry{"cublasLt", {"cublas", "cublasLt", "cublas", "", true}},
    Entry{"cudnn", {"cudnn", "cudnn", "cudnn", "", true}},
    Entry{"cudart", {"cudart", "cudart", "cudart|cuda-runtime", "", true}},
    Entry{"nvrtc", {"nvrtc", "nvrtc", "nvrtc", "", true}},
    Entry{"nccl", {"nccl", "nccl", "nccl", "NCCL version ", true}},
    Entry{"cufft", {"fft", "cufft", "cufft", "", true}},
    Entry{"fftw3", {"fft", "fftw", "fftw", "fftw-"}},
    Entry{"fftw3f", {"fft", "fftw", "fftw", "fftw-"}},
    Entry{"cusolver", {"solver", "cusolver", "cusolver", "", true}},
    Entry{"cusparse", {"sparse", "cusparse", "cusparse", "", true}},
    Entry{"cusparseLt", {"sparse", "cusparseLt", "cusparselt", "", true}},
    Entry{"curand", {"random", "curand", "curand", "", true}},
    Entry{"cutensor", {"tensor", "cutensor", "cutensor", "", true}},
    Entry{"dnnl", {"dnn", "onednn", "onednn|mkl-dnn", "", true}},
    Entry{"gomp", {"openmp", "gomp", "gomp", "GCC: ("}},
    Entry{"omp", {"openmp", "omp", "openmp", ""}},
    Entry{"iomp5", {"openmp", "iomp5", "openmp", ""}},
    Entry{"torch_cpu", {"framework", "torch_cpu", "torch", ""}},
    Entry{"torch_cuda", {"framework", "torch_cuda", "torch", ""}},
    Entry{"tensorflow_framework", {"framework", "tensorflow", "tensorflow", ""}},
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Behind "lib", split where the ending begins: "gomp-a34b3233" and "1.0.0".
struct Parts {
  std::string_view stem;
  std::string_view tail;
};
std::optional<Parts> parts_of(std::string_view file_name) {
  if (!file_name.starts_with("lib")) return std::nullopt;
  file_name.remove_prefix(3);
  if (file_name.ends_with(".dylib")) return Parts{file_name.substr(0, file_name.size() - 6), {}};
  for (std::size_t at = file_name.find(".so"); at != std::string_view::npos; at = file_name.find(".so", at + 1)) {
    const std::string_view rest = file_name.substr(at + 3);
    if (rest.empty()) return Parts{file_name.substr(0, at), {}};
    if (rest.size() > 1 && rest[0] == '.' && is_digit(rest[1])) return Parts{file_name.substr(0, at), rest.substr(1)};
  }
  return std::nullopt;
}

/// auditwheel puts eight digits of a hash behind the stem: "gomp-a34b3233".
std::string_view without_hash(std::string_view stem) {
  const bool has_hash = stem.size() > 9 && stem[stem.size() - 9] == '-' && is_hex(stem.substr(stem.size() - 8));
  return has_hash ? stem.substr(0, stem.size() - 9) : stem;
}

/// "openblasp-r0.3.28", and with a hash in the middle "openblas64_p-r0-0cf96a72.3.23.dev".
std::string openblas_version(std::string_view stem) {
  const std::size_t at = stem.find("-r");
  if (at == std::string_view::npos || at + 2 >= stem.size() || !is_digit(stem[at + 2])) return {};
  std::string version(stem.substr(at + 2));
  const std::size_t hash = version.find('-');
  if (hash != std::string::npos) version.erase(hash, std::min<std::size_t>(9, version.size() - hash));
  return version;
}

}  // namespace

std::optional<LibraryFile> library_file(std::string_view file_name) {
  const std::optional<Parts> parts = parts_of(file_name);
  if (!parts) return std::nullopt;
  std::string_view stem = parts->stem;
  if (stem.starts_with("openblas") || stem.starts_with("scipy_openblas")) {
    return LibraryFile{kOpenblas, openblas_version(stem)};
  }
  std::string_view version = parts->tail;
  // "cudart.12" of a .dylib: the version stands before the ending.
  if (const std::size_t dot = stem.find('.'); dot != std::string_view::npos && version.empty()) {
    version = stem.substr(dot + 1);
    stem = stem.substr(0, dot);
  }
  stem = without_hash(stem);
  const auto found =
      std::find_if(kEntries.begin(), kEntries.end(), [&](const Entry& entry) { return entry.stem == stem; });
  if (found == kEntries.end()) return std::nullopt;
  return LibraryFile{found->kind, found->kind.version_in_name ? std::string(version) : std::string()};
}

bool is_own_package(const LibraryKind& kind, std::string_view package) {
  if (kind.owner.empty()) return false;
  const std::vector<std::string_view> words = core::split(kind.owner, '|');
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return package.find(word) != std::string_view::npos; });
}

}  // namespace envlock::snapshot
