#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envlock/core/text.h"
#include "envlock/verify/verify.h"

namespace envlock::verify {

/// A name from outside, fit for a sentence: "`lib/x`".
inline std::string in_quotes(std::string_view name) {
  return "`" + core::printable(name) + "`";
}

/// "1 file", "12 files".
inline std::string count_of(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

/// The first few of `names` quoted, then how many more: "`a`, `b` and 3 more".
std::string few_of(const std::vector<std::string>& names, std::size_t most = 5);

/// What is to be done about a package whose files are not right.
class Advice {
 public:
  Advice(const VerifyOptions& options, bool against_lock) : options_(options), against_lock_(against_lock) {}
  /// Puts a package back as it should be.
  std::vector<std::string> reinstall(const std::string& package) const;
  /// The verification again, with further words.
  std::string again(const std::string& words) const;

 private:
  const VerifyOptions& options_;
  bool against_lock_;
};

/// Sorts by group, package, path, code, sentence.
void sort_findings(std::vector<Finding>& findings);

}  // namespace envlock::verify
