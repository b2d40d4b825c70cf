#pragma once

#include <string>
#include <vector>

namespace envlock::archive {

/// A file to put into a wheel.
struct WheelMember {
  std::string path;  ///< relative, with forward slashes, each once
  std::string bytes;
  bool executable = false;
};

/// The bytes of a wheel (PEP 427: a zip) with these files in their order, stored as they are. The same members give the
/// same bytes: every file is of 1980-01-01 and has mode 644 or 755.
/// Throws: core::Error "archive-too-large" for what a plain zip cannot hold (65,535 files, 4 GiB).
std::string write_wheel(const std::vector<WheelMember>& members);

}  // namespace envlock::archive
