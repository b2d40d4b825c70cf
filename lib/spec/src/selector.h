#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace envlock::spec {

/// The canonical form of a platform expression: names, `not`, `and`, `or`, no needless parentheses, single spaces.
/// Throws: core::Error "invalid-selector"; `where` holds the column within `text` only.
std::string canonical_selector(std::string_view text);

/// Both must hold; an empty selector always does. Both are canonical.
std::string both_selectors(const std::string& left, const std::string& right);

/// True when some known subdir fulfils both.
bool can_hold_together(const std::string& left, const std::string& right);
/// The known subdirs on which both hold, sorted.
std::vector<std::string> subdirs_where(const std::string& left, const std::string& right);

/// True for a word that an expression knows: a platform name or an operator.
bool is_selector_word(std::string_view word);
/// True for the names of conda-build that an environment file cannot use: py, py37, np, build_platform.
bool is_recipe_only_word(std::string_view word);

}  // namespace envlock::spec
