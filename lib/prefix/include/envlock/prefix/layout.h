#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/prefix/manifest.h"
#include "envlock/prefix/replacement.h"

namespace envlock::prefix {

/// The python of an environment.
struct Python {
  std::string version;        ///< "3.12"
  std::string site_packages;  ///< "lib/python3.12/site-packages"
  std::string executable;     ///< "bin/python3.12"

  bool operator==(const Python&) const = default;
};
/// From a record's version ("3.12.7") and its python_site_packages_path ("" for the default).
/// Throws: core::Error "package-invalid" for a version without a minor part or an unsafe path.
Python python_of(std::string_view version, std::string_view site_packages_path);

/// Where a path of a package lies in the prefix. Only noarch python packages move: "site-packages/x" to the python's
/// folder, "python-scripts/x" to "bin/x". Source: CEP 17, CEP 32.
std::string target_path(std::string_view path, Noarch noarch, const std::optional<Python>& python);

/// The script that starts an entry point, as the tool named writes it. Source: CEP 32.
std::string entry_point_script(const EntryPoint& entry_point, std::string_view prefix, const Python& python,
                               Dialect dialect = Dialect::conda);
/// The dialect that would have written these bytes. Absent: none.
std::optional<Dialect> matching_entry_point(std::string_view script, const EntryPoint& entry_point,
                                            std::string_view prefix, const Python& python);

/// "lib/python3.12/site-packages/x/__pycache__/y.cpython-312.pyc" of ".../x/y.py".
std::string pyc_path(std::string_view source, const Python& python);

}  // namespace envlock::prefix
