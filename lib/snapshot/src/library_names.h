// What the file names of numerical libraries tell.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace envlock::snapshot {

/// A library that a snapshot names.
struct LibraryKind {
  std::string_view role;   ///< "cublas"
  std::string_view name;   ///< "cublasLt"
  std::string_view owner;  ///< words of a package's name, split at "|", that make its version the library's
  /// Text before the version somewhere in the file; "" when there is none.
  std::string_view marker;
  bool version_in_name = false;  ///< the file's name ends in the version, not in a number of its interface alone
  bool is_interface = false;     ///< a name that others hide behind: libblas.so.3
};

struct LibraryFile {
  LibraryKind kind;
  std::string version;  ///< as far as the file's name has one: "12.6.4.1", "12", ""
};

/// Of "libcublas.so.12.6.4.1", "libopenblasp-r0.3.28.so", "libgomp-a34b3233.so.1.0.0", "libcudart.12.dylib". Absent for
/// any other name.
std::optional<LibraryFile> library_file(std::string_view file_name);

/// True when the package's version is the library's.
bool is_own_package(const LibraryKind& kind, std::string_view package);

}  // namespace envlock::snapshot
