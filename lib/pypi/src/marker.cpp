#include "envlock/pypi/marker.h"

#include <algorithm>
#include <array>

#include "envlock/core/text.h"
#include "marker_scanner.h"
#include "marker_tree.h"
#include "specifiers_scanner.h"

namespace envlock::pypi {
namespace {

using Variable = std::string MarkerEnvironment::*;

struct NamedVariable {
  std::string_view name;
  Variable variable;
  bool holds_versions = false;
};

constexpr std::array<NamedVariable, 11> kVariables{
    {{"os_name", &MarkerEnvironment::os_name},
     {"sys_platform", &MarkerEnvironment::sys_platform},
     {"platform_machine", &MarkerEnvironment::platform_machine},
     {"platform_python_implementation", &MarkerEnvironment::platform_python_implementation},
     {"platform_release", &MarkerEnvironment::platform_release, true},
     {"platform_system", &MarkerEnvironment::platform_system},
     {"platform_version", &MarkerEnvironment::platform_version},
     {"python_version", &MarkerEnvironment::python_version, true},
     {"python_full_version", &MarkerEnvironment::python_full_version, true},
     {"implementation_name", &MarkerEnvironment::implementation_name},
     {"implementation_version", &MarkerEnvironment::implementation_version, true}}};

/// Names of before PEP 508.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kOldNames{
    {{"os.name", "os_name"},
     {"sys.platform", "sys_platform"},
     {"platform.version", "platform_version"},
     {"platform.machine", "platform_machine"},
     {"platform.python_implementation", "platform_python_implementation"},
     {"python_implementation", "platform_python_implementation"}}};

constexpr std::string_view kExtra = "extra";

bool is_unknown(const MarkerValue& value) {
  return value.variable == &MarkerEnvironment::platform_release ||
         value.variable == &MarkerEnvironment::platform_version;
}

template <typename Predicate>
bool any_comparison(const MarkerNode& node, const Predicate& predicate) {
  if (node.kind == MarkerNode::Kind::comparison) return predicate(node.comparison);
  return std::any_of(node.children.begin(), node.children.end(),
                     [&](const MarkerNode& child) { return any_comparison(child, predicate); });
}

std::string format(const MarkerValue& value) {
  if (!value.is_text()) return value.text;
  const char quote = value.text.find('"') == std::string::npos ? '"' : '\'';
  return quote + value.text + quote;
}

}  // namespace

std::optional<MarkerValue> find_marker_variable(std::string_view name) {
  const auto* old =
      std::find_if(kOldNames.begin(), kOldNames.end(), [&](const auto& pair) { return pair.first == name; });
  if (old != kOldNames.end()) name = old->second;
  MarkerValue value;
  value.text = name;
  value.is_extra = name == kExtra;
  if (value.is_extra) return value;
  const auto* known =
      std::find_if(kVariables.begin(), kVariables.end(), [&](const NamedVariable& each) { return each.name == name; });
  if (known == kVariables.end()) return std::nullopt;
  value.variable = known->variable;
  return value;
}

bool holds_versions(const MarkerValue& value) {
  return value.variable != nullptr && std::any_of(kVariables.begin(), kVariables.end(), [&](const NamedVariable& each) {
           return each.holds_versions && each.variable == value.variable;
         });
}

std::optional<Clause> parse_single_clause(MarkerOperator op, std::string_view version) {
  if (op == MarkerOperator::in || op == MarkerOperator::not_in) return std::nullopt;
  if (version.find(',') != std::string_view::npos) return std::nullopt;
  Specifiers specifiers;
  const std::string text = std::string(format(op)) + std::string(version);
  if (scan_specifiers(text, specifiers) || specifiers.clauses().size() != 1) return std::nullopt;
  return specifiers.clauses().front();
}

std::string format(const MarkerNode& node) {
  if (node.kind == MarkerNode::Kind::comparison) {
    return format(node.comparison.left) + ' ' + std::string(format(node.comparison.op)) + ' ' +
           format(node.comparison.right);
  }
  std::vector<std::string> parts;
  for (const MarkerNode& child : node.children) {
    // "and" binds closer than "or".
    const bool needs_parentheses = child.kind == MarkerNode::Kind::any;
    parts.push_back(needs_parentheses ? '(' + format(child) + ')' : format(child));
  }
  return core::join(parts, node.kind == MarkerNode::Kind::all ? " and " : " or ");
}

Marker MarkerAccess::make(MarkerNode root) {
  auto state = std::make_shared<Marker::State>();
  state->text = pypi::format(root);
  state->asks_for_unknown = any_comparison(root, [](const MarkerComparison& comparison) {
    return is_unknown(comparison.left) || is_unknown(comparison.right);
  });
  state->asks_for_extra = any_comparison(
      root, [](const MarkerComparison& comparison) { return comparison.left.is_extra || comparison.right.is_extra; });
  state->root = std::move(root);
  Marker marker;
  marker.state_ = std::move(state);
  return marker;
}

Marker Marker::parse(std::string_view text) {
  Marker marker;
  if (const std::optional<Problem> problem = scan_marker(text, 0, marker)) {
    throw_invalid("invalid-marker", "is not an environment marker of PEP 508", text, *problem,
                  "write a marker such as `python_version >= \"3.9\" and sys_platform == \"linux\"`");
  }
  return marker;
}

bool Marker::asks_for_unknown() const {
  return state_ && state_->asks_for_unknown;
}

bool Marker::asks_for_extra() const {
  return state_ && state_->asks_for_extra;
}

std::string Marker::format() const {
  return state_ ? state_->text : std::string();
}

bool Marker::operator==(const Marker& other) const {
  return state_ == other.state_ || format() == other.format();
}

}  // namespace envlock::pypi
