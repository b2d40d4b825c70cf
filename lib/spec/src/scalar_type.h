#pragma once

#include <string_view>

#include "yaml_tree.h"

namespace envlock::spec {

/// What YAML 1.1 (PyYAML, hence conda-lock) takes a scalar for. YAML 1.2 tools differ for `yes`, `on` and `1_0`.
enum class ScalarType { text, null, boolean, integer, floating, date };

/// A plain scalar's text by the rules of YAML 1.1.
ScalarType plain_scalar_type(std::string_view text);
/// The type of a scalar node: its tag, its quotes, else its text.
ScalarType scalar_type(const Node& node);
/// "a number", "a boolean" ..., for messages.
std::string_view describe(ScalarType type);
/// True when YAML 1.1 alone (not 1.2) sees something other than text: yes, no, on, off, 1_000, 12:30, 0755.
bool only_in_yaml_1_1(std::string_view text);

}  // namespace envlock::spec
