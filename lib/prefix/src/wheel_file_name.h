#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace envlock::prefix {

/// The parts of "numpy-1.26.4-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl".
struct WheelFileName {
  std::string name;
  std::string version;
  std::string build;  ///< "" without
  std::string python_tags;
  std::string abi_tags;
  std::string platform_tags;
};
/// Absent for a text that is no wheel's file name. Source: PEP 427.
std::optional<WheelFileName> split_wheel_name(std::string_view file_name);

/// The file name at the end of a URL or path, percent-decoded.
std::string file_name_of_url(std::string_view url);

}  // namespace envlock::prefix
