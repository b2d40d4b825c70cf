// Which BLAS the programs of a prefix would load. Nothing is loaded or run: ELF files are read, and the dynamic
// linker's search is followed (ld.so(8)).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "envlock/core/diagnostic.h"

namespace envlock::blas {

/// A library that exports a matrix product (cblas_sgemm, sgemm_, or such a name with a prefix or suffix).
struct Library {
  std::filesystem::path path;  ///< absolute, links resolved
  std::string name;            ///< the name under which it is asked for: "libcblas.so.3"
  /// Who would load it, sorted: "numpy", "torch", "scipy", and "scikit-learn", which has scipy's; empty: nobody was
  /// found.
  std::vector<std::string> users;
  std::string symbol;    ///< "cblas_sgemm", "scipy_cblas_sgemm64_", or only Fortran's "sgemm_"
  bool ilp64 = false;    ///< its integers have 64 bits
  bool outside = false;  ///< it lies outside the prefix
  /// From the user's file to this one, each relative to the prefix or, outside it, absolute; as they were found, so
  /// that a link to this file ("lib/libcblas.so.3") comes before it.
  std::vector<std::string> chain;

  bool operator==(const Library&) const = default;
};

struct FindOptions {
  std::filesystem::path prefix;
  /// LD_LIBRARY_PATH and LD_PRELOAD of the environment that is asked about, as colon-separated texts.
  std::string ld_library_path;
  std::string ld_preload;
  /// The dynamic linker's index of libraries, which comes before the folders; empty: there is none. Tests set both.
  std::filesystem::path loader_cache = "/etc/ld.so.cache";
  /// Where the dynamic linker looks after all else.
  std::vector<std::filesystem::path> system_folders = {
      "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"};
};

/// The libraries, each once, by the first of its users (numpy, torch, scipy, then libraries in lib/ that nobody uses),
/// then by path. A file that is no sound ELF file of this machine's kind is passed over, with a note where it stood in
/// the way. A user that has its BLAS linked in statically (PyPI's torch with MKL) gives no library and the note
/// "blas-built-in"; one whose function nobody has, the warning "blas-not-found".
std::vector<Library> find_libraries(const FindOptions& options, core::Notes& notes);

}  // namespace envlock::blas
