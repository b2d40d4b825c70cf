// A cursor into a result that knows its path, so that every complaint names the place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "envlock/core/digest.h"

namespace envlock::torch {

/// "the answer of the environment's python is not what the program writes".
[[noreturn]] void throw_malformed(const std::string& why);

/// A text of bounded depth and number of values, in which no object has a key twice.
/// Throws: Error "torch-result-malformed", as all here do.
nlohmann::json parse_result(std::string_view text);

class ResultNode {
 public:
  ResultNode(const nlohmann::json& value, std::string path) : value_(&value), path_(std::move(path)) {}

  ResultNode member(const char* key) const;
  /// Calls `use` with each element of an array of at most `most`.
  template <typename Use>
  void each(std::size_t most, const Use& use) const {
    expect(value_->is_array() && value_->size() <= most, "an array of at most " + std::to_string(most));
    for (std::size_t i = 0; i < value_->size(); ++i) {
      use(ResultNode((*value_)[i], path_ + "[" + std::to_string(i) + "]"));
    }
  }
  std::size_t size() const { return value_->size(); }

  int integer(int least, int most) const;
  double seconds() const;
  /// Fit to be shown; what is longer than `most` is cut.
  std::string text(int most) const;
  /// A word of visible ASCII, as it enters digests.
  std::string name() const;
  core::Sha256 digest() const;
  /// 8 hexadecimal digits in lower case.
  std::uint32_t bits() const;

  void expect(bool holds, const std::string& wanted) const;

 private:
  const nlohmann::json* value_;
  std::string path_;
};

}  // namespace envlock::torch
