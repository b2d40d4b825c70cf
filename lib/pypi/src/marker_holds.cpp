#include <algorithm>

#include "envlock/core/text.h"
#include "marker_tree.h"

namespace envlock::pypi {
namespace {

/// Texts have no order: what is "at least" another is the other.
bool compare_texts(const std::string& left, MarkerOperator op, const std::string& right) {
  switch (op) {
    case MarkerOperator::equal:
    case MarkerOperator::less_equal:
    case MarkerOperator::greater_equal:
    case MarkerOperator::arbitrary:
      return left == right;
    case MarkerOperator::not_equal:
      return left != right;
    case MarkerOperator::in:
      return right.find(left) != std::string::npos;
    case MarkerOperator::not_in:
      return right.find(left) == std::string::npos;
    case MarkerOperator::less:
    case MarkerOperator::greater:
    case MarkerOperator::compatible:
      return false;
  }
  return false;
}

bool compare_versions(const std::string& left, const Clause& clause) {
  if (clause.op == Operator::arbitrary) return core::to_lower(left) == clause.arbitrary;
  const std::optional<Version> version = Version::try_parse(left);
  return version && clause.contains(*version);
}

class Evaluation {
 public:
  Evaluation(const MarkerEnvironment& environment, std::span<const std::string> extras)
      : environment_(environment), extras_(extras) {}

  bool holds(const MarkerNode& node) const {
    const auto child_holds = [&](const MarkerNode& child) { return holds(child); };
    switch (node.kind) {
      case MarkerNode::Kind::comparison:
        return holds(node.comparison);
      case MarkerNode::Kind::all:
        return std::all_of(node.children.begin(), node.children.end(), child_holds);
      case MarkerNode::Kind::any:
        return std::any_of(node.children.begin(), node.children.end(), child_holds);
    }
    return false;
  }

 private:
  const std::string& text_of(const MarkerValue& value) const {
    return value.variable == nullptr ? value.text : environment_.*value.variable;
  }

  bool holds(const MarkerComparison& comparison) const {
    if (comparison.left.is_extra || comparison.right.is_extra) return holds_of_extras(comparison);
    const std::string& left = text_of(comparison.left);
    const std::string& right = text_of(comparison.right);
    if (comparison.clause) return compare_versions(left, *comparison.clause);
    const MarkerValue& variable = comparison.left.is_text() ? comparison.right : comparison.left;
    if (holds_versions(variable) && !comparison.right.is_text()) {
      if (const auto clause = parse_single_clause(comparison.op, right)) return compare_versions(left, *clause);
    }
    return compare_texts(left, comparison.op, right);
  }

  /// "extra" is each of the extras: "==" asks for one that is, "!=" and "not in" for none that is. Without extras it is
  /// an empty text.
  bool holds_of_extras(const MarkerComparison& comparison) const {
    MarkerOperator op = comparison.op;
    const bool negated = op == MarkerOperator::not_equal || op == MarkerOperator::not_in;
    if (op == MarkerOperator::not_equal) op = MarkerOperator::equal;
    if (op == MarkerOperator::not_in) op = MarkerOperator::in;
    const auto is_one = [&](const std::string& extra) {
      return comparison.left.is_extra ? compare_texts(extra, op, text_of(comparison.right))
                                      : compare_texts(text_of(comparison.left), op, extra);
    };
    const bool any = extras_.empty() ? is_one("") : std::any_of(extras_.begin(), extras_.end(), is_one);
    return any != negated;
  }

  const MarkerEnvironment& environment_;
  std::span<const std::string> extras_;
};

}  // namespace

bool Marker::holds(const MarkerEnvironment& environment, std::span<const std::string> extras) const {
  return !state_ || Evaluation(environment, extras).holds(state_->root);
}

}  // namespace envlock::pypi
