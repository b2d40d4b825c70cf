#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "envlock/pypi/marker.h"
#include "envlock/pypi/version.h"

namespace envlock::pypi {

/// One side of a comparison: a variable, or a text.
struct MarkerValue {
  std::string MarkerEnvironment::*variable = nullptr;
  bool is_extra = false;
  std::string text;  ///< of a text; the canonical name of a variable

  bool is_text() const { return variable == nullptr && !is_extra; }
};

enum class MarkerOperator {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  compatible,
  arbitrary,
  in,
  not_in
};

struct MarkerComparison {
  MarkerValue left;
  MarkerOperator op = MarkerOperator::equal;
  MarkerValue right;
  /// The operator and the right text as a clause, where the left is a variable that holds versions.
  std::optional<Clause> clause;
};

/// A comparison, or several nodes joined by "and" or "or". An "and" holds no "and", an "or" no "or".
struct MarkerNode {
  enum class Kind { comparison, all, any };
  Kind kind = Kind::comparison;
  MarkerComparison comparison;
  std::vector<MarkerNode> children;
};

struct Marker::State {
  MarkerNode root;
  std::string text;  ///< canonical
  bool asks_for_unknown = false;
  bool asks_for_extra = false;
};

struct MarkerAccess {
  static Marker make(MarkerNode root);
};

/// The variable of a name, old ones too. Absent: it is none.
std::optional<MarkerValue> find_marker_variable(std::string_view name);
/// Those that hold versions, as PEP 508 and its successor list them.
bool holds_versions(const MarkerValue& value);
/// "python_version >= '3.8'" asks what ">=3.8" asks. Absent: it makes no clause of PEP 440, so texts are compared.
std::optional<Clause> parse_single_clause(MarkerOperator op, std::string_view version);
std::string_view format(MarkerOperator op);
std::string format(const MarkerNode& node);

}  // namespace envlock::pypi
