#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "envlock/conda/match_spec.h"
#include "string_pattern.h"

namespace envlock::conda {

/// A condition on versions: a clause, or several joined.
struct VersionSpec::Node {
  enum class Kind : unsigned char {
    any,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    starts_with,
    not_starts_with,
    compatible,
    glob,
    regular_expression,
    all_of,
    any_of
  };
  Kind kind = Kind::any;
  std::string literal;  ///< lower case: the version, the glob or the expression
  Version version;
  std::optional<Version> stem;  ///< of `~=`: the version without its last part
  std::shared_ptr<const re2::RE2> expression;
  std::vector<Node> children;

  /// False when `text` is no version.
  bool set_version(std::string_view text);
};

/// As VersionSpec::parse for a part of a larger text that begins at `offset`; sets `leniency` when the text is not as
/// CEP 29 wants it, to what is odd. Throws: SpecFailure.
VersionSpec parse_version_spec(std::string_view text, std::size_t offset, const char*& leniency);
/// Null when it matches everything.
const VersionSpec::Node* root_of(const VersionSpec& spec);

}  // namespace envlock::conda
