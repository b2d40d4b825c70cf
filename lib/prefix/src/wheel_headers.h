#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace envlock::prefix {

/// The "Key: value" lines at the head of a METADATA, PKG-INFO or WHEEL file, up to the first empty line.
class Headers {
 public:
  explicit Headers(std::string_view text);
  /// The first of that name, case ignored; "" when there is none.
  std::string first(std::string_view key) const;
  std::vector<std::string> all(std::string_view key) const;

 private:
  std::vector<std::pair<std::string, std::string>> lines_;  ///< lower case key, trimmed value
};

}  // namespace envlock::prefix
