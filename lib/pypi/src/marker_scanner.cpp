#include "marker_scanner.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ascii.h"
#include "envlock/core/text.h"
#include "envlock/pypi/name.h"
#include "marker_tree.h"

namespace envlock::pypi {
namespace {

constexpr int kMaxDepth = 64;

constexpr std::array<std::pair<std::string_view, MarkerOperator>, 8> kSigns{{{"===", MarkerOperator::arbitrary},
                                                                             {"==", MarkerOperator::equal},
                                                                             {"~=", MarkerOperator::compatible},
                                                                             {"!=", MarkerOperator::not_equal},
                                                                             {"<=", MarkerOperator::less_equal},
                                                                             {">=", MarkerOperator::greater_equal},
                                                                             {"<", MarkerOperator::less},
                                                                             {">", MarkerOperator::greater}}};

void normalize(MarkerComparison& comparison) {
  MarkerValue& left = comparison.left;
  MarkerValue& right = comparison.right;
  if (left.is_extra && right.is_text()) right.text = normalize_name(right.text);
  if (right.is_extra && left.is_text()) left.text = normalize_name(left.text);
  if (holds_versions(left) && right.is_text()) comparison.clause = parse_single_clause(comparison.op, right.text);
}

/// What went wrong stands in `problem` as soon as a function gives false.
class MarkerScanner {
 public:
  MarkerScanner(std::string_view text, std::size_t begin) : text_(text), at_(begin) {}

  std::optional<Problem> scan(MarkerNode& root) {
    if (!any(root, 0)) return problem_;
    if (at_ != text_.size()) return Problem{at_, "want `and`, `or` or the end of the marker"};
    return std::nullopt;
  }

 private:
  bool fail(std::size_t at, std::string why) {
    problem_ = Problem{at, std::move(why)};
    return false;
  }
  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  /// The letters, digits, "_" and "." from here on.
  std::string_view peek_word() const {
    const auto is_part = [](char c) { return ascii::is_alphanumeric(c) || c == '_' || c == '.'; };
    const std::string_view rest = text_.substr(at_);
    return rest.substr(0, static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_part) - rest.begin()));
  }
  bool take_word(std::string_view word) {
    if (peek_word() != word) return false;
    at_ += word.size();
    skip_spaces();
    return true;
  }

  bool any(MarkerNode& node, int depth) { return joined(node, MarkerNode::Kind::any, depth); }
  bool all(MarkerNode& node, int depth) { return joined(node, MarkerNode::Kind::all, depth); }

  /// "A or B or C" of "and"s, or "A and B and C" of single ones. A child of the same kind gives its own children.
  bool joined(MarkerNode& node, MarkerNode::Kind kind, int depth) {
    std::vector<MarkerNode> children;
    do {
      MarkerNode child;
      if (!(kind == MarkerNode::Kind::any ? all(child, depth) : single(child, depth))) return false;
      if (child.kind == kind) {
        std::move(child.children.begin(), child.children.end(), std::back_inserter(children));
      } else {
        children.push_back(std::move(child));
      }
    } while (take_word(kind == MarkerNode::Kind::any ? "or" : "and"));
    if (children.size() == 1) {
      MarkerNode only = std::move(children.front());
      node = std::move(only);
    } else {
      node.kind = kind;
      node.children = std::move(children);
    }
    return true;
  }

  bool single(MarkerNode& node, int depth) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != '(') return comparison(node.comparison);
    if (depth == kMaxDepth) return fail(at_, "parentheses nest more than 64 deep");
    const std::size_t begin = at_++;
    if (!any(node, depth + 1)) return false;
    if (at_ == text_.size()) return fail(begin, "this `(` has no `)`");
    if (text_[at_] != ')') return fail(at_, "want `and`, `or` or `)`");
    ++at_;
    skip_spaces();
    return true;
  }

  bool comparison(MarkerComparison& comparison) {
    if (!value(comparison.left) || !op(comparison.op) || !value(comparison.right)) return false;
    normalize(comparison);
    return true;
  }

  bool value(MarkerValue& value) {
    if (at_ == text_.size()) return fail(at_, "want a variable or a text in quotes");
    if (text_[at_] == '"' || text_[at_] == '\'') return quoted(value);
    const std::string_view word = peek_word();
    if (word.empty()) return fail(at_, "want a variable or a text in quotes");
    const std::optional<MarkerValue> variable = find_marker_variable(word);
    if (!variable) return fail(at_, "`" + core::printable(word, 40) + "` is no variable of markers");
    value = *variable;
    at_ += word.size();
    skip_spaces();
    return true;
  }

  bool quoted(MarkerValue& value) {
    const std::size_t begin = at_;
    const std::size_t end = text_.find(text_[begin], begin + 1);
    if (end == std::string_view::npos) return fail(begin, "this quote is not closed");
    value = MarkerValue{};
    value.text = text_.substr(begin + 1, end - begin - 1);
    for (std::size_t i = begin; i < end; ++i) {
      const auto byte = static_cast<unsigned char>(text_[i]);
      if (byte == '\\' || byte < ' ' || byte == 0x7f) {
        return fail(i, "a text in quotes holds no backslash and no control character");
      }
    }
    at_ = end + 1;
    skip_spaces();
    return true;
  }

  bool op(MarkerOperator& op) {
    const auto* sign = std::find_if(kSigns.begin(), kSigns.end(),
                                    [&](const auto& pair) { return text_.substr(at_).starts_with(pair.first); });
    if (sign != kSigns.end()) {
      op = sign->second;
      at_ += sign->first.size();
      skip_spaces();
      return true;
    }
    const std::size_t begin = at_;
    const bool negated = peek_word() == "not";
    if (negated) at_ += 3;
    const std::size_t behind_not = at_;
    skip_spaces();
    if ((negated && at_ == behind_not) || !take_word("in")) {
      return fail(begin, "want one of `==`, `!=`, `<=`, `>=`, `<`, `>`, `~=`, `===`, `in` and `not in`");
    }
    op = negated ? MarkerOperator::not_in : MarkerOperator::in;
    return true;
  }

  std::string_view text_;
  std::size_t at_;
  Problem problem_;
};

}  // namespace

std::optional<Problem> scan_marker(std::string_view text, std::size_t begin, Marker& marker) {
  MarkerNode root;
  if (auto problem = MarkerScanner(text, begin).scan(root)) return problem;
  marker = MarkerAccess::make(std::move(root));
  return std::nullopt;
}

std::string_view format(MarkerOperator op) {
  if (op == MarkerOperator::in) return "in";
  if (op == MarkerOperator::not_in) return "not in";
  return std::find_if(kSigns.begin(), kSigns.end(), [&](const auto& pair) { return pair.second == op; })->first;
}

}  // namespace envlock::pypi
