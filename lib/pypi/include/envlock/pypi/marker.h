#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace envlock::pypi {

/// The values that markers ask for. Source: PEP 508, "Environment Markers".
struct MarkerEnvironment {
  std::string os_name;                         ///< "posix"
  std::string sys_platform;                    ///< "linux"
  std::string platform_machine;                ///< "x86_64", "arm64", "AMD64"
  std::string platform_python_implementation;  ///< "CPython"
  std::string platform_release;                ///< unknown: ""
  std::string platform_system;                 ///< "Linux"
  std::string platform_version;                ///< unknown: ""
  std::string python_version;                  ///< "3.12"
  std::string python_full_version;             ///< "3.12.7"
  std::string implementation_name;             ///< "cpython"
  std::string implementation_version;          ///< "3.12.7"

  bool operator==(const MarkerEnvironment&) const = default;
};

/// Of a conda subdir and the locked python ("3.12.7"), foreign platforms too.
MarkerEnvironment make_marker_environment(std::string_view subdir, std::string_view python_full_version);

/// "python_version < '3.11' and extra == 'test'". A value: cheap to copy.
class Marker {
 public:
  Marker() = default;  ///< holds always
  /// Old variable names (os.name, python_implementation) are taken. Nests at most 64 deep.
  /// Throws: core::Error "invalid-marker" with the column.
  static Marker parse(std::string_view text);

  /// `extras`: normalized names that `extra == "..."` is true for. Comparison of versions where the variable is one
  /// (python_version, python_full_version, implementation_version, platform_release) and the text is a version, else
  /// of texts, which have no order: "<=" and ">=" are "==", "<" and ">" are false. "~=" of texts is false. See
  /// docs/pypi.md.
  bool holds(const MarkerEnvironment& environment, std::span<const std::string> extras = {}) const;
  /// True when it names platform_release or platform_version, which a lock cannot know.
  bool asks_for_unknown() const;
  /// True when it names `extra`: without extras it may not hold, with some it may.
  bool asks_for_extra() const;
  bool always() const { return !state_; }
  /// Canonical: double quotes, single spaces, parentheses only where needed. "" when it holds always.
  std::string format() const;
  bool operator==(const Marker& other) const;  ///< equal canonical text

 private:
  struct State;
  std::shared_ptr<const State> state_;
  friend struct MarkerAccess;
};

}  // namespace envlock::pypi
